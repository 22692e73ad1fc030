package io.github.remocap.report;

import java.util.Base64;

/**
 * A picture to be written into a page.
 *
 * @param label the words under it, which also stand for it where it cannot be seen
 * @param bytes a PNG or JPEG file
 */
@SuppressWarnings("ArrayRecordComponent")
public record Picture(String label, byte[] bytes) {
    /** @throws IllegalArgumentException if the bytes begin neither as a PNG nor as a JPEG file */
    public Picture {
        mediaType(label, bytes);
    }

    private static String mediaType(String label, byte[] bytes) {
        if (bytes.length > 8 && (bytes[0] & 0xFF) == 0x89 && bytes[1] == 'P' && bytes[2] == 'N' && bytes[3] == 'G') {
            return "image/png";
        }
        if (bytes.length > 3 && (bytes[0] & 0xFF) == 0xFF && (bytes[1] & 0xFF) == 0xD8 && (bytes[2] & 0xFF) == 0xFF) {
            return "image/jpeg";
        }
        throw new IllegalArgumentException("picture '" + label + "': " + bytes.length + " bytes that are no picture; expected PNG or JPEG");
    }

    /** The picture as a data: URL. */
    String url() {
        return "data:" + mediaType(label, bytes) + ";base64," + Base64.getEncoder().encodeToString(bytes);
    }
}
