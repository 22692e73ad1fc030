package io.github.remocap.bench.jmh;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.remocap.bench.LauncherFlags;
import java.lang.reflect.Field;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Annotations need constants; they must say what bin/remocap says. */
class FlagsTest {
    @Test
    void benchmarksRunWithTheLaunchersFlags() throws IllegalAccessException {
        List<String> launcher = LauncherFlags.read();
        String all = String.join(" ", launcher).replace("--add-modules ", "--add-modules=");
        for (Field field : Flags.class.getDeclaredFields()) {
            if (field.getType() == String.class) {
                String flag = (String) field.get(null);
                assertTrue(all.contains(flag), field.getName() + " is not among bin/remocap's flags: " + flag);
            }
        }
    }
}
