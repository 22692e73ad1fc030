package io.github.remocap.cli;

import io.github.remocap.tensor.Device;
import io.github.remocap.tensor.Devices;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code --device}, for every command that computes. */
final class DeviceOption {
    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec;

    @Option(names = "--device", defaultValue = "cpu", paramLabel = "NAME", description = "Device: cpu, reference, tornado[:backend:index] or auto, see 'remocap devices' (default: ${DEFAULT-VALUE}).")
    private String name;

    Device device() {
        try {
            return Devices.byName(name, System.err::println);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), "--device: " + e.getMessage(), e);
        }
    }
}
