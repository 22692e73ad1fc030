package io.github.remocap.tensor;

/** Something that runs graphs. Found by {@link java.util.ServiceLoader} through {@link DeviceProvider}, or built in. */
public interface Device {
    /** Name as on the command line, such as {@code cpu} or {@code tornado:opencl:0}. */
    String name();

    /** One line about the hardware and how it is used. */
    String description();

    /** Turns a graph into a program that can run many times. */
    Program compile(Compilation compilation);

    /**
     * Copies what programs made of parameters into the parameters' own memory. To be called before the host reads parameters that open programs
     * update; when the last program that uses a parameter is closed, this happens by itself. Nothing to do where programs work on that memory.
     */
    default void parametersToHost() {
    }

    /** Tells open programs that the host changed parameters. Nothing to do where programs work on the parameters' own memory. */
    default void parametersFromHost() {
    }
}
