package io.github.remocap.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.remocap.image.InputException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChecksumsTest {
    @TempDir
    private Path folder;

    @Test
    void knownAnswers() throws IOException {
        // FIPS 180-2, appendix B
        String abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assertEquals(abc, Checksums.sha256("abc".getBytes(StandardCharsets.US_ASCII)));
        byte[] million = new byte[1_000_000];
        Arrays.fill(million, (byte) 'a');
        assertEquals("cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0",
                Checksums.sha256(Files.write(folder.resolve("a"), million)));
        assertEquals(abc, Checksums.sha256(Files.writeString(folder.resolve("abc"), "abc")));
    }

    @Test
    void aFileThatCannotBeReadIsNamed() {
        String message = assertThrows(InputException.class, () -> Checksums.sha256(folder.resolve("none"))).getMessage();
        assertTrue(message.contains("none: cannot be read: NoSuchFileException"), message);
    }
}
