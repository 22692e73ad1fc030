package io.github.remocap.run;

/**
 * The surface that is drawn and written.
 *
 * @param name what it is, for the reader of result.json: "SMPL, 6890 vertices"
 * @param vertices V, the vertices that every prediction has
 * @param faces [F * 3], vertex numbers from 0, counter-clockwise seen from outside
 */
@SuppressWarnings("ArrayRecordComponent")
public record BodyMesh(String name, int vertices, int[] faces) {
    /** @throws IllegalArgumentException if a face names a vertex that is not there */
    public BodyMesh {
        if (faces.length == 0 || faces.length % 3 != 0) {
            throw new IllegalArgumentException(name + ": " + faces.length + " numbers in the faces; expected triples");
        }
        for (int vertex : faces) {
            if (vertex < 0 || vertex >= vertices) {
                throw new IllegalArgumentException(name + ": a face names vertex " + vertex + "; expected 0 to " + (vertices - 1));
            }
        }
    }

    /** From rows of three vertex numbers. */
    public static BodyMesh of(String name, int vertices, int[][] faces) {
        int[] flat = new int[3 * faces.length];
        for (int f = 0; f < faces.length; f++) {
            if (faces[f].length != 3) {
                throw new IllegalArgumentException(name + ": face " + f + " has " + faces[f].length + " vertices; expected 3");
            }
            System.arraycopy(faces[f], 0, flat, 3 * f, 3);
        }
        return new BodyMesh(name, vertices, flat);
    }
}
