package io.github.remocap.tensor;

import io.github.remocap.tensor.reference.ReferenceDevice;
import io.github.remocap.tensor.vector.VectorDevice;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;
import java.util.function.Consumer;

/** The devices that this JVM can use. */
public final class Devices {
    private static final String MISSING = "set TORNADOVM_HOME to TornadoVM's SDK and run 'mvn package'; docs/gpu.md says where to get it";

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

    /** As {@link #byName(String, Consumer)}, saying nothing. */
    public static Device byName(String name) {
        return byName(name, reason -> { });
    }

    /**
     * A device by name: {@code cpu}, {@code reference}, what a {@link DeviceProvider} on the class path offers, or {@code auto}: the first
     * accelerator that can be used, else the processor.
     *
     * @param say told why {@code auto} chooses no accelerator
     * @throws IllegalArgumentException naming what is there
     */
    public static Device byName(String name, Consumer<String> say) {
        if (name.equals("auto")) {
            return auto(say);
        }
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
        throw new IllegalArgumentException("no device '" + name + "'; there are " + String.join(", ", known)
            + (kind.equals("tornado") ? ". The device 'tornado' is not built: " + MISSING : ""));
    }

    private static Device auto(Consumer<String> say) {
        boolean any = false;
        for (DeviceProvider provider : ServiceLoader.load(DeviceProvider.class)) {
            any = true;
            try {
                Device device = provider.device(provider.kind());
                if (provider.isAccelerator(device)) {
                    return device;
                }
                say.accept("auto: cpu, because " + device.name() + " is no graphics processor");
            } catch (IllegalArgumentException e) {
                say.accept("auto: cpu, because " + provider.kind() + " cannot be used: " + e.getMessage());
            }
        }
        if (!any) {
            say.accept("auto: cpu, because no accelerator is built: " + MISSING);
        }
        return cpu();
    }

    /** Lines for people about all devices: those that are there, and what is missing for others. */
    public static List<String> report() {
        List<String> lines = new ArrayList<>();
        for (Device device : List.of(cpu(), reference())) {
            lines.add(String.format("%-12s %s", device.name(), device.description()));
        }
        boolean any = false;
        for (DeviceProvider provider : ServiceLoader.load(DeviceProvider.class)) {
            lines.addAll(provider.report());
            any = true;
        }
        if (!any) {
            lines.add(String.format("%-12s not built: %s", "tornado", MISSING));
        }
        return lines;
    }
}
