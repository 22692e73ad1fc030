package io.github.remocap.run;

import io.github.remocap.image.Box;
import io.github.remocap.image.Crop;
import io.github.remocap.render.FrameCamera;
import io.github.remocap.render.ObjWriter;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The content of result.json. It lists the frames that are done, in order; each one's files are there.
 *
 * @param format {@link #FORMAT}
 * @param complete whether all frames of the run are listed
 * @param versions of the programs that wrote it
 * @param checkpoint the network's file
 * @param network the sizes of its input and output
 * @param assets the files from which mesh, faces and regressors came
 * @param input the name of the folder or picture that was read
 * @param boxes the file of boxes, null if whole frames were used
 * @param mesh the surface of the OBJ files
 * @param options of the run
 * @param units what the numbers mean
 * @param jointNames in the order of {@link FrameResult#joints}
 * @param skipped frames of the input without a box
 * @param frames what was found
 */
public record RunResult(String format, boolean complete, Versions versions, FileSum checkpoint, Network network, List<FileSum> assets,
        String input, @Nullable FileSum boxes, MeshInfo mesh, RunOptions options, Units units, List<String> jointNames,
        List<Skipped> skipped, List<FrameResult> frames) {
    /** The first field of every result.json of this layout. */
    public static final String FORMAT = "remocap-result-1";

    /** The network's 14 joints in its order (FastMETRO, {@code src/modeling/data/config.py}: J24_NAME by J24_TO_J14). */
    public static final List<String> JOINTS = List.of("right_ankle", "right_knee", "right_hip", "left_hip", "left_knee", "left_ankle",
            "right_wrist", "right_elbow", "right_shoulder", "left_shoulder", "left_elbow", "left_wrist", "neck", "head");

    static final int RIGHT_HIP = 2;
    static final int LEFT_HIP = 3;

    /**
     * @param remocap this program's version
     * @param java the Java version; a resumed run may have another one
     */
    public record Versions(String remocap, String java) {}

    /**
     * @param file name; of input files without folders
     * @param sha256 of its bytes
     */
    public record FileSum(String file, String sha256) {}

    /**
     * @param clipFrames frames of a clip
     * @param imageSize side of the input in pixels
     */
    public record Network(int clipFrames, int imageSize) {}

    /**
     * @param name what it is
     * @param vertices their number
     * @param faces their number
     */
    public record MeshInfo(String name, int vertices, int faces) {}

    /** Frames {@code first} to {@code last}, both included. */
    public record Skipped(int first, int last, String reason) {}

    /** The network's camera: a point in metres is at s * (x + tx), s * (y + ty) in the crop's [-1, 1]. */
    public record Camera(float s, float tx, float ty) {}

    /** What the numbers of the file mean, in words. */
    public record Units(String box, String crop, String camera, String frameCamera, String joints, String mesh) {
        /** The words for files with those axes. */
        static Units of(ObjWriter.Axes axes) {
            return new Units(
                    "pixels of the frame; pixel (i, j) covers [i, i+1) x [j, j+1)",
                    "frame pixels; the network saw columns x0 to x1 and rows y0 to y1 (excluded), black outside the frame, as output x output pixels",
                    "s, tx, ty: a point of the mesh in metres is at s*(x+tx), s*(y+ty) in the crop, whose edges are -1 and 1; x right, y down",
                    "the same camera in frame pixels: scaleX*x+originX, scaleY*y+originY; x right, y down",
                    "mm, x right, y down, z away from the viewer; the origin is the middle of right_hip and left_hip",
                    switch (axes) {
                        case CAMERA -> "OBJ in metres, x right, y down, z away from the viewer; the origin is the pelvis";
                        case Y_UP -> "OBJ in metres, x right, y up, z towards the viewer (the cameras here take y and z negated); the origin is the pelvis";
                    });
        }
    }

    /**
     * One frame.
     *
     * @param index of the frame in the input, from 0
     * @param file its name
     * @param sha256 of its bytes
     * @param width in pixels
     * @param height in pixels
     * @param box of the person, null for the whole frame
     * @param crop what the network saw
     * @param camera the network's
     * @param frameCamera the same in frame pixels
     * @param joints [14][3], mm, hip-centred
     * @param overlay the overlay, its name relative to result.json
     * @param mesh the OBJ file, likewise
     * @param side the side view, likewise, null if none was asked for
     */
    @SuppressWarnings("ArrayRecordComponent")
    public record FrameResult(int index, String file, String sha256, int width, int height, @Nullable Box box, Crop crop, Camera camera,
            FrameCamera frameCamera, float[][] joints, FileSum overlay, FileSum mesh, @Nullable FileSum side) {}

    /** The same run with these frames. */
    RunResult with(List<FrameResult> done, boolean all) {
        return new RunResult(format, all, versions, checkpoint, network, assets, input, boxes, mesh, options, units, jointNames, skipped, done);
    }
}
