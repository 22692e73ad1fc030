package io.github.remocap.report;

import io.github.remocap.image.InputException;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * A mesh as {@link io.github.remocap.render.ObjWriter} writes it: lines of {@code v x y z}, then {@code f a b c}, counted from 1.
 *
 * @param vertices [V, 3]
 * @param faces [F, 3], counted from 0
 */
@SuppressWarnings("ArrayRecordComponent")
record ObjMesh(float[] vertices, int[] faces) {

    /** @throws InputException naming the line that is something else */
    static ObjMesh parse(Path file, String text) {
        float[] vertices = new float[3 * 8192];
        int[] faces = new int[3 * 16384];
        int v = 0;
        int f = 0;
        int number = 0;
        for (String line : (Iterable<String>) text.lines()::iterator) {
            number++;
            if (line.isBlank() || line.startsWith("#")) {
                continue;
            }
            String[] words = line.split(" ", -1);
            try {
                if (words.length == 4 && words[0].equals("v")) {
                    vertices = v + 3 > vertices.length ? Arrays.copyOf(vertices, 2 * vertices.length) : vertices;
                    for (int k = 1; k <= 3; k++) {
                        vertices[v++] = Float.parseFloat(words[k]);
                    }
                    continue;
                }
                if (words.length == 4 && words[0].equals("f")) {
                    faces = f + 3 > faces.length ? Arrays.copyOf(faces, 2 * faces.length) : faces;
                    for (int k = 1; k <= 3; k++) {
                        faces[f++] = Integer.parseInt(words[k]) - 1;
                    }
                    continue;
                }
            } catch (NumberFormatException e) {
                throw InputException.of(file, "line " + number, "'" + line + "'", "three numbers after '" + words[0] + "'");
            }
            throw InputException.of(file, "line " + number, "'" + line + "'", "a mesh written by 'remocap run'");
        }
        return new ObjMesh(Arrays.copyOf(vertices, v), Arrays.copyOf(faces, f));
    }
}
