package io.github.remocap.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BoxesTest {
    @TempDir
    private Path folder;

    private Path csv(String text) throws IOException {
        return Files.writeString(folder.resolve("boxes.csv"), text);
    }

    @Test
    void rowsAreSortedAndInterpolatedAndEndWithTheFile() throws IOException {
        Boxes boxes = Boxes.read(csv("\uFEFF# a walker\nframe, x0,y0,x1,y1\n\n16,264,433,311,576\r\n0,185,429,254,576\n# end\n"));
        assertEquals(0, boxes.first());
        assertEquals(16, boxes.last());
        assertEquals(new Box(185, 429, 254, 576), boxes.at(0).orElseThrow());
        assertEquals(new Box(204.75, 430, 268.25, 576), boxes.at(4).orElseThrow());
        assertEquals(new Box(264, 433, 311, 576), boxes.at(16).orElseThrow());
        assertTrue(boxes.at(17).isEmpty());
        assertTrue(boxes.at(-1).isEmpty());
    }

    @Test
    void aSingleRowIsASingleFrame() throws IOException {
        Boxes boxes = Boxes.read(csv("frame,x0,y0,x1,y1\n3,-1.5,0,2,9e1\n"));
        assertEquals(new Box(-1.5, 0, 2, 90), boxes.at(3).orElseThrow());
        assertTrue(boxes.at(2).isEmpty());
        assertTrue(boxes.at(4).isEmpty());
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', value = {
        "0,1,2,3,4; line 1; the header 'frame,x0,y0,x1,y1'",
        "frame,x0,y0,x1,y1|0,1,2,3; line 2; found 4 columns",
        "frame,x0,y0,x1,y1|0,1,2,3,4,5; line 2; found 6 columns",
        "frame,x0,y0,x1,y1|# c|0,1,b,3,4; line 3, column y0; found 'b'",
        "frame,x0,y0,x1,y1|0,1,2,NaN,4; line 2, column x1; found 'NaN'",
        "frame,x0,y0,x1,y1|0,1,2,3,1e9; line 2, column y1; found '1e9'",
        "frame,x0,y0,x1,y1|-1,1,2,3,4; line 2, column frame; whole number from 0",
        "frame,x0,y0,x1,y1|1.5,1,2,3,4; line 2, column frame; found '1.5'",
        "frame,x0,y0,x1,y1|0,3,2,3,4; line 2; x0 < x1",
        "frame,x0,y0,x1,y1|0,1,2,3,4|0,1,2,3,5; line 3, column frame; a box already",
        "frame,x0,y0,x1,y1|# none; no boxes; at least one row",
    })
    void errorsNameFileAndLine(String text, String where, String what) throws IOException {
        Path file = csv(text.replace('|', '\n'));
        String message = assertThrows(InputException.class, () -> Boxes.read(file)).getMessage();
        assertTrue(message.startsWith(file + ": ") && message.contains(where) && message.contains(what), message);
    }

    @Test
    void missingAndBinaryFilesAreNamed() throws IOException {
        Path none = folder.resolve("none.csv");
        assertTrue(assertThrows(InputException.class, () -> Boxes.read(none)).getMessage().contains("none.csv"));
        Path binary = Files.write(folder.resolve("b.csv"), new byte[] {(byte) 0x89, 'P', 'N', 'G', (byte) 0xff});
        assertTrue(assertThrows(InputException.class, () -> Boxes.read(binary)).getMessage().contains("not a text file"));
    }
}
