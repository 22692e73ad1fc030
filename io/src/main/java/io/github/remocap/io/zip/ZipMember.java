package io.github.remocap.io.zip;

/**
 * One member of an archive, as the central directory and the local header agree on it.
 *
 * @param name path within the archive
 * @param deflated whether the bytes are compressed
 * @param crc CRC-32 of the uncompressed bytes
 * @param start byte of the file at which the (compressed) data starts
 * @param packed bytes in the file
 * @param size bytes when unpacked: a claim, until the data has been unpacked
 */
public record ZipMember(String name, boolean deflated, int crc, long start, long packed, long size) {}
