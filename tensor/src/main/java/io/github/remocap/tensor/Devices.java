package io.github.remocap.tensor;

import io.github.remocap.tensor.reference.ReferenceDevice;
import io.github.remocap.tensor.vector.VectorDevice;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;

/** The devices that this JVM can use. */
public final class Devices {
    private Devices() {
    }

    private static final class Cpu {
        static final Device SHARED = new VectorDevice(VectorDevice.defaultThreads());
    }

    /** The vector interpreter with one worker per processor, shared by all. */
    public static Device cpu() {
        return Cpu.SHARED;
    }

    /** The reference interpreter: double precision, slow, the truth in tests. */
    public static Device reference() {
        return new ReferenceDevice();
    }

    /**
     * A device by name: {@code cpu}, {@code reference}, or what a {@link DeviceProvider} on the class path offers.
     *
     * @throws IllegalArgumentException naming what is there
     */
    public static Device byName(String name) {
        String kind = name.contains(":") ? name.substring(0, name.indexOf(':')) : name;
        List<String> known = new ArrayList<>(List.of("cpu", "reference"));
        if (name.equals("cpu")) {
            return cpu();
        }
        if (name.equals("reference")) {
            return reference();
        }
        for (DeviceProvider provider : ServiceLoader.load(DeviceProvider.class)) {
            if (provider.kind().equals(kind)) {
                return provider.device(name);
            }
            known.add(provider.kind());
        }
        throw new IllegalArgumentException("no device '" + name + "'; there are " + String.join(", ", known));
    }
}
