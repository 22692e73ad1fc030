package io.github.remocap.tornado;

import io.github.remocap.tensor.Device;
import io.github.remocap.tornado.run.Libraries;
import io.github.remocap.tornado.run.TornadoDevice;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import uk.ac.manchester.tornado.api.TornadoBackend;
import uk.ac.manchester.tornado.api.TornadoRuntime;
import uk.ac.manchester.tornado.api.enums.TornadoDeviceType;
import uk.ac.manchester.tornado.api.runtime.TornadoRuntimeProvider;

/** Looks for devices, and says what to do where there are none. */
final class Detection {
    private static final String GUIDE = "; docs/gpu.md says how";
    private static final long MEBIBYTE = 1 << 20;
    /** MiB of the array on a device that is a processor, where nobody says otherwise. */
    private static final long PROCESSOR = 1024;

    private record Place(String name, uk.ac.manchester.tornado.api.common.TornadoDevice device) {
    }

    private final List<Place> places = new ArrayList<>();
    private final Map<String, TornadoDevice> devices = new HashMap<>();
    private final Map<Device, Place> origins = new HashMap<>();
    private String missing = "";

    Detection() {
        try {
            missing = flags();
            if (missing.isEmpty()) {
                look();
            }
        } catch (Throwable e) { // whatever is missing, from classes to drivers
            missing = reason(e);
        }
        if (missing.isEmpty() && places.isEmpty()) {
            missing = "TornadoVM runs, but its platform has no devices: check with 'clinfo -l' (OpenCL) or 'nvidia-smi' (CUDA, PTX)" + GUIDE;
        }
    }

    /** Settings without which TornadoVM would give wrong results rather than errors. */
    private static String flags() {
        if (System.getProperty("tornado.load.runtime.implementation") == null) {
            return "this JVM was started without TornadoVM's options: set TORNADOVM_HOME to its SDK and start with bin/remocap" + GUIDE;
        }
        if (Boolean.parseBoolean(System.getProperty("tornado.recover.bailout", "True"))) {
            return "-Dtornado.recover.bailout=False is missing: without it TornadoVM runs what it cannot compile on the processor, and says nothing";
        }
        for (String property : List.of("tornado.enable.fastMathOptimizations", "tornado.enable.nativeFunctions")) {
            if (Boolean.parseBoolean(System.getProperty(property, "True"))) {
                return "-D" + property + "=False is missing: without it roots, sines and exponentials are as inaccurate as the driver likes";
            }
        }
        return "";
    }

    private void look() {
        TornadoRuntime runtime = TornadoRuntimeProvider.getTornadoRuntime();
        for (int b = 0; b < runtime.getNumBackends(); b++) {
            TornadoBackend backend = runtime.getBackend(b);
            String kind = backend.getBackendType().name().toLowerCase(Locale.ROOT);
            for (int d = 0; d < backend.getNumDevices(); d++) {
                places.add(new Place("tornado:" + kind + ":" + d, backend.getDevice(d)));
            }
        }
    }

    /** What an exception while starting means. */
    private static String reason(Throwable e) {
        for (Throwable t = e; t != null; t = t.getCause()) {
            if (t instanceof NoClassDefFoundError || t instanceof ClassNotFoundException) {
                return "TornadoVM's classes are missing (" + t.getMessage() + "): set TORNADOVM_HOME to its SDK and start with bin/remocap" + GUIDE;
            }
            if (t instanceof UnsatisfiedLinkError) {
                return "TornadoVM's native library is missing (" + t.getMessage() + "): TORNADOVM_HOME must name a complete SDK" + GUIDE;
            }
        }
        Throwable last = e;
        while (last.getCause() != null) {
            last = last.getCause();
        }
        return "TornadoVM found no platform (" + last + "): install the driver of the graphics processor, with OpenCL or CUDA" + GUIDE;
    }

    private IllegalArgumentException none() {
        return new IllegalArgumentException(missing);
    }

    /** Lines for people. */
    List<String> report() {
        if (!missing.isEmpty()) {
            throw none();
        }
        return places.stream().map(p -> String.format("%-12s %s; %s", p.name(), describe(p.device()), libraries(p.device()))).toList();
    }

    /** Who computes products on a device, or why nobody does. */
    private static String libraries(uk.ac.manchester.tornado.api.common.TornadoDevice d) {
        try {
            return Libraries.of(d.getTornadoVMBackend()).said();
        } catch (IllegalArgumentException e) {
            return "not usable: " + e.getMessage();
        }
    }

    private static String describe(uk.ac.manchester.tornado.api.common.TornadoDevice d) {
        return d.getPhysicalDevice().getDeviceName() + ", " + d.getPlatformName() + ", " + d.getDeviceType() + ", "
            + d.getMaxGlobalMemory() / MEBIBYTE + " MiB, arrays of up to " + d.getMaxAllocMemory() / MEBIBYTE + " MiB";
    }

    boolean isGpu(Device device) {
        Place place = origins.get(device);
        return place != null && place.device().getDeviceType() == TornadoDeviceType.GPU;
    }

    /** The device of a backend and a number, either of which may be empty. */
    synchronized Device device(String name, String backend, String index) {
        if (!missing.isEmpty()) {
            throw none();
        }
        for (Place place : places) {
            String[] parts = place.name().split(":");
            if ((backend.isEmpty() || backend.equals(parts[1])) && (index.isEmpty() || index.equals(parts[2]))) {
                TornadoDevice known = devices.get(place.name());
                if (known == null) {
                    Libraries libraries = Libraries.of(place.device().getTornadoVMBackend());
                    known = new TornadoDevice(place.name(), describe(place.device()) + "; " + libraries.said(), place.device(), devices.size(),
                        mebibytes(place.device()), libraries);
                    devices.put(place.name(), known);
                    origins.put(known, place);
                }
                return known;
            }
        }
        throw new IllegalArgumentException("no device '" + name + "'; there are " + String.join(", ", places.stream().map(Place::name).toList()));
    }

    /** MiB that the device's array takes: of its memory, and of TornadoVM's limit, at most nine tenths. */
    private static long mebibytes(uk.ac.manchester.tornado.api.common.TornadoDevice d) {
        Long wanted = Long.getLong("remocap.tornado.memory");
        long most = Math.min(d.getMaxAllocMemory(), d.getMaxGlobalMemory() / 10 * 9) / MEBIBYTE - 1;
        if (wanted == null) {
            // A processor's own OpenCL touches all of it at once.
            return Math.min(d.getDeviceType() == TornadoDeviceType.CPU ? PROCESSOR : most, Math.min(most, limit() / 10 * 9));
        }
        if (wanted < 1 || wanted > most) {
            throw new IllegalArgumentException("remocap.tornado.memory must be from 1 to " + most + " MiB on this device, not " + wanted);
        }
        if (wanted > limit() - 64) {
            throw new IllegalArgumentException("remocap.tornado.memory is " + wanted + " MiB, TornadoVM's limit " + limit() + ": set -Dtornado.device.memory="
                + (wanted / 1024 + 1) + "GB");
        }
        return wanted;
    }

    /** TornadoVM's limit in MiB. */
    private static long limit() {
        String text = System.getProperty("tornado.device.memory", "4GB");
        long number = Long.parseLong(text.replaceAll("[^0-9]", ""));
        return text.endsWith("GB") ? number * 1024 : text.endsWith("MB") ? number : number / MEBIBYTE;
    }
}
