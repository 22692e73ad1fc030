package io.github.remocap.tensor;

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
}
