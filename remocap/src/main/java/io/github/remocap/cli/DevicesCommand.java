package io.github.remocap.cli;

import io.github.remocap.tensor.Devices;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** Lists devices. */
@Command(name = "devices", mixinStandardHelpOptions = true, description = "List what --device may name here.")
final class DevicesCommand implements Callable<Integer> {
    @Override
    public Integer call() {
        Devices.report().forEach(System.out::println);
        return 0;
    }
}
