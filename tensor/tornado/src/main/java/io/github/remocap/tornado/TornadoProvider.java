package io.github.remocap.tornado;

import io.github.remocap.tensor.Device;
import io.github.remocap.tensor.DeviceProvider;
import java.util.ArrayList;
import java.util.List;

/** Offers TornadoVM's devices as {@code tornado:backend:index}; {@code tornado} is the first of them. */
public final class TornadoProvider implements DeviceProvider {
    private static final String KIND = "tornado";

    /** For {@link java.util.ServiceLoader}. */
    public TornadoProvider() {
    }

    @Override
    public String kind() {
        return KIND;
    }

    @Override
    public Device device(String name) {
        String[] parts = name.split(":", -1);
        if (!parts[0].equals(KIND) || parts.length > 3) {
            throw new IllegalArgumentException("'" + name + "' is no name of a device; write " + KIND + " or " + KIND + ":backend:index");
        }
        return Found.INSTANCE.device(name, parts.length > 1 ? parts[1] : "", parts.length > 2 ? parts[2] : "");
    }

    @Override
    public List<String> report() {
        try {
            return new ArrayList<>(Found.INSTANCE.report());
        } catch (IllegalArgumentException e) {
            return List.of(String.format("%-12s not usable: %s", KIND, e.getMessage()));
        }
    }

    @Override
    public boolean isAccelerator(Device device) {
        return Found.INSTANCE.isGpu(device);
    }

    /** TornadoVM starts when somebody asks for the first time. */
    private static final class Found {
        static final Detection INSTANCE = new Detection();
    }
}
