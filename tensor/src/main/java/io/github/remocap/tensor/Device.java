package io.github.remocap.tensor;

/** Something that runs graphs. Found by {@link java.util.ServiceLoader} through {@link DeviceProvider}, or built in. */
public interface Device {
    /** Name as on the command line, such as {@code cpu} or {@code tornado:opencl:0}. */
    String name();

    /** One line about the hardware and how it is used. */
    String description();

    /** Turns a graph into a program that can run many times. */
    Program compile(Compilation compilation);
}
