package io.github.remocap.render;

import java.nio.charset.StandardCharsets;
import java.util.Objects;

/** Wavefront OBJ: one mesh, vertices in metres, faces counted from 1. */
public final class ObjWriter {
    /** Which way the file's axes point. Both are right-handed and keep the outside of the faces outside. */
    public enum Axes {
        /** x right, y down, z away from the viewer: as the camera in result.json takes them. */
        CAMERA,
        /** x right, y up, z towards the viewer: upright in Blender and MeshLab; half a turn about x away from {@link #CAMERA}. */
        Y_UP
    }

    private ObjWriter() {}

    /**
     * The bytes of an OBJ file.
     *
     * @param vertices from {@code offset} on [count, 3], metres, x right, y down, z away
     * @param faces [n * 3], vertex numbers from 0
     * @throws IndexOutOfBoundsException if the vertices are fewer, or a face names a vertex that is not there
     */
    public static byte[] encode(float[] vertices, int offset, int count, int[] faces, Axes axes) {
        Objects.checkFromIndexSize(offset, 3 * count, vertices.length);
        StringBuilder text = new StringBuilder(40 * count + 10 * faces.length);
        text.append(switch (axes) {
            case CAMERA -> "# metres; x right, y down, z away from the viewer\n";
            case Y_UP -> "# metres; x right, y up, z towards the viewer\n";
        });
        float sign = axes == Axes.Y_UP ? -1f : 1f;
        for (int v = offset; v < offset + 3 * count; v += 3) {
            text.append("v ").append(vertices[v]).append(' ').append(sign * vertices[v + 1] + 0f).append(' ').append(sign * vertices[v + 2] + 0f)
                    .append('\n');
        }
        for (int f = 0; f < faces.length; f += 3) {
            text.append('f');
            for (int k = 0; k < 3; k++) {
                text.append(' ').append(Objects.checkIndex(faces[f + k], count) + 1);
            }
            text.append('\n');
        }
        return text.toString().getBytes(StandardCharsets.US_ASCII);
    }
}
