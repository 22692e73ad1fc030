package io.github.remocap.tensor;

import java.util.List;

/** Makes devices of one kind from what a user writes behind {@code --device}. */
public interface DeviceProvider {
    /** First part of the names that it understands, such as {@code tornado}. */
    String kind();

    /**
     * The device of a name such as {@code tornado:opencl:0}.
     *
     * @throws IllegalArgumentException saying why there is none and what to do
     */
    Device device(String name);

    /** Lines for people: what devices there are, or what is missing and how to get it. */
    List<String> report();

    /** Whether a device of this provider is worth choosing where nobody asks for one by name. */
    boolean isAccelerator(Device device);
}
