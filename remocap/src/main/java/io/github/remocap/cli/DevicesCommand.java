package io.github.remocap.cli;

import io.github.remocap.tensor.Device;
import io.github.remocap.tensor.Devices;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** Lists devices. */
@Command(name = "devices", mixinStandardHelpOptions = true, description = "List what --device may name here.")
final class DevicesCommand implements Callable<Integer> {
    @Override
    public Integer call() {
        for (Device device : List.of(Devices.cpu(), Devices.reference())) {
            System.out.printf("%-12s %s%n", device.name(), device.description());
        }
        return 0;
    }
}
