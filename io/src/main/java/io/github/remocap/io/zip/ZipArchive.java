package io.github.remocap.io.zip;

import io.github.remocap.io.ByteCursor;
import io.github.remocap.io.ByteTransfer;
import io.github.remocap.io.CorruptFileException;
import io.github.remocap.io.Location;
import io.github.remocap.io.MappedFile;
import io.github.remocap.io.MemoryBudget;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;

/**
 * The members of a mapped zip archive (PKWARE APPNOTE 6.3, with zip64; stored and deflated). Archives that two readers could
 * understand differently are refused: duplicate names, overlapping members, local headers that contradict the directory.
 */
public final class ZipArchive {
    private static final int LOCAL = 0x04034b50;
    private static final int CENTRAL = 0x02014b50;
    private static final int END = 0x06054b50;
    private static final int END_64 = 0x06064b50;
    private static final int LOCATOR_64 = 0x07064b50;
    private static final int END_SIZE = 22;
    private static final long MAX_32 = 0xffffffffL;

    private final MappedFile file;
    private final Location location;
    private final MemoryBudget budget;
    private final SequencedMap<String, ZipMember> members;

    private ZipArchive(MappedFile file, Location location, SequencedMap<String, ZipMember> members, MemoryBudget budget) {
        this.file = file;
        this.location = location;
        this.members = members;
        this.budget = budget;
    }

    /**
     * Reads the directory. No member is unpacked or checked against its checksum yet.
     *
     * @param budget pays for members that are unpacked
     * @throws CorruptFileException if the directory or a local header is damaged or ambiguous
     */
    public static ZipArchive open(MappedFile file, MemoryBudget budget) throws IOException {
        Location location = Location.of(file.path());
        ByteCursor in = new ByteCursor(location, file.data());
        Directory directory = findDirectory(in);
        List<ZipMember> inOrder = new ArrayList<>();
        List<long[]> extents = new ArrayList<>();
        SequencedMap<String, ZipMember> members = new LinkedHashMap<>();
        in.seek(directory.start);
        for (long i = 0; i < directory.entries; i++) {
            ZipMember m = readEntry(in, directory, extents);
            if (members.put(m.name(), m) != null) {
                throw location.entry(m.name()).corrupt(-1, "expected one member of this name, found two");
            }
            inOrder.add(m);
        }
        if (in.position() != directory.end) {
            throw location.corrupt(in.position(), "expected the directory to end at byte " + directory.end);
        }
        extents.sort(Comparator.comparingLong(e -> e[0]));
        for (int i = 1; i < extents.size(); i++) {
            if (extents.get(i)[0] < extents.get(i - 1)[1]) {
                ZipMember m = inOrder.get((int) extents.get(i)[2]);
                throw location.entry(m.name()).corrupt(extents.get(i)[0], "expected members that do not overlap, but this one lies within '"
                    + CorruptFileException.printable(inOrder.get((int) extents.get(i - 1)[2]).name()) + "'");
            }
        }
        return new ZipArchive(file, location, members, budget);
    }

    private record Directory(long start, long end, long entries) {}

    private static Directory findDirectory(ByteCursor in) throws CorruptFileException {
        long size = in.size();
        for (long at = size - END_SIZE; at >= Math.max(0, size - END_SIZE - 0xffff); at--) {
            in.seek(at);
            if (in.i32("signature") != END) {
                continue;
            }
            int disk = in.u16("disk");
            int directoryDisk = in.u16("disk of the directory");
            in.u16("entries on this disk");
            long entries = in.u16("entries");
            long bytes = in.u32("directory size");
            long start = in.u32("directory offset");
            if (in.u16("comment size") != size - at - END_SIZE) {
                continue;
            }
            long end = at;
            boolean zip64 = entries == 0xffff || bytes == MAX_32 || start == MAX_32;
            if (at >= 20) {
                in.seek(at - 20);
                if (in.i32("signature") == LOCATOR_64) {
                    in.i32("disk");
                    end = in.i64("offset of the zip64 end record");
                    in.seek(end);
                    in.require(56, "zip64 end record");
                    if (in.i32("signature") != END_64) {
                        throw in.location().corrupt(end, "expected a zip64 end record");
                    }
                    in.seek(end + 24);
                    in.i64("entries on this disk");
                    entries = in.i64("entries");
                    bytes = in.i64("directory size");
                    start = in.i64("directory offset");
                    zip64 = false;
                }
            }
            if (zip64 || disk != directoryDisk || start < 0 || bytes < 0 || start > end || bytes != end - start || entries < 0) {
                throw in.location().corrupt(at, "expected a directory of " + bytes + " bytes at byte " + start + " that ends where its end "
                    + "record starts, at byte " + end);
            }
            return new Directory(start, end, entries);
        }
        throw in.location().corrupt(size, "expected a zip archive, but it has no end record: is the file cut off?");
    }

    private static ZipMember readEntry(ByteCursor in, Directory directory, List<long[]> extents) throws CorruptFileException {
        long at = in.position();
        Location location = in.location();
        if (in.i32("directory entry") != CENTRAL) {
            throw location.corrupt(at, "expected an entry of the directory");
        }
        in.i32("versions");
        int flags = in.u16("flags");
        int method = in.u16("method");
        in.i32("time");
        int crc = in.i32("checksum");
        long packed = in.u32("packed size");
        long size = in.u32("size");
        int nameBytes = in.u16("name size");
        int extraBytes = in.u16("extra size");
        int commentBytes = in.u16("comment size");
        in.i64("attributes");
        long header = in.u32("offset of the local header");
        String name = in.text(nameBytes, (flags & 0x800) != 0 ? StandardCharsets.UTF_8 : StandardCharsets.ISO_8859_1, "a member's name");
        ByteCursor extra = new ByteCursor(location, in.slice(extraBytes, "extra field"));
        while (extra.remaining() >= 4) {
            int id = extra.u16("extra field id");
            ByteCursor field = new ByteCursor(location, extra.slice(extra.u16("extra field size"), "extra field"));
            if (id == 1) {
                size = size == MAX_32 ? field.i64("zip64 size") : size;
                packed = packed == MAX_32 ? field.i64("zip64 packed size") : packed;
                header = header == MAX_32 ? field.i64("zip64 offset") : header;
            }
        }
        in.slice(commentBytes, "comment");
        long next = in.position();
        Location member = location.entry(name);
        if ((flags & 1) != 0 || method != 0 && method != 8) {
            throw member.corrupt(at, "expected a member stored or deflated, not encrypted; its method is " + method);
        }
        if (size < 0 || packed < 0 || header < 0 || header > directory.start - 30 || method == 0 && packed != size) {
            throw member.corrupt(at, "expected sizes and offsets inside the file, not " + packed + " bytes at byte " + header
                + " that unpack to " + size);
        }
        in.seek(header);
        if (in.i32("local header") != LOCAL) {
            throw member.corrupt(header, "expected a local header");
        }
        in.u16("version");
        in.u16("flags");
        int localMethod = in.u16("method");
        in.seek(header + 26);
        int localName = in.u16("name size");
        int localExtra = in.u16("extra size");
        boolean sameName = localName == nameBytes && in.slice(localName, "name").mismatch(nameOf(in, at, nameBytes)) < 0;
        long start = header + 30 + localName + localExtra;
        if (!sameName || localMethod != method) {
            throw member.corrupt(header, "expected the local header to say the same as the directory");
        }
        if (start > directory.start || packed > directory.start - start) {
            throw member.corrupt(start, "expected " + packed + " bytes of data before the directory at byte " + directory.start);
        }
        in.seek(next);
        extents.add(new long[] {header, start + packed, extents.size()});
        return new ZipMember(name, method == 8, crc, start, packed, size);
    }

    private static MemorySegment nameOf(ByteCursor in, long entry, int bytes) throws CorruptFileException {
        long here = in.position();
        in.seek(entry + 46);
        MemorySegment name = in.slice(bytes, "name");
        in.seek(here);
        return name;
    }

    /** All members by name, in the directory's order. */
    public SequencedMap<String, ZipMember> members() {
        return Collections.unmodifiableSequencedMap(members);
    }

    /** A place in a member, for errors. */
    public Location location(ZipMember member) {
        return location.entry(member.name());
    }

    /** A member by name, or null. */
    public @Nullable ZipMember find(String name) {
        return members.get(name);
    }

    /**
     * A member's bytes: a slice of the file if stored (its checksum unchecked), else unpacked and checked.
     *
     * @throws CorruptFileException if the compressed data is damaged or does not unpack to what the directory claims
     */
    public MemorySegment read(ZipMember member) throws IOException {
        MemorySegment packed = file.data().asSlice(member.start(), member.packed());
        if (!member.deflated()) {
            return packed;
        }
        // Twice: nothing is allocated for a size that the data has not proved.
        inflate(member, packed, null);
        budget.charge(member.size(), location(member), 0, "unpacked data");
        MemorySegment to = file.arena().allocate(member.size(), 64);
        inflate(member, packed, to);
        return to;
    }

    private void inflate(ZipMember member, MemorySegment packed, @Nullable MemorySegment to) throws IOException {
        Inflater inflater = new Inflater(true);
        try {
            byte[] in = new byte[1 << 16];
            byte[] out = new byte[1 << 16];
            CRC32 crc = new CRC32();
            long read = 0;
            long done = 0;
            while (!inflater.finished()) {
                if (inflater.needsInput()) {
                    int n = (int) Math.min(in.length, packed.byteSize() - read);
                    if (n == 0 || inflater.needsDictionary()) {
                        throw location(member).corrupt(read, "expected more compressed data: " + done + " of " + member.size() + " bytes unpacked");
                    }
                    MemorySegment.copy(packed, ValueLayout.JAVA_BYTE, read, in, 0, n);
                    inflater.setInput(in, 0, n);
                    read += n;
                }
                int n = inflater.inflate(out);
                if (n > member.size() - done) {
                    throw location(member).corrupt(read, "expected " + member.size() + " bytes when unpacked, found more");
                }
                if (to != null) {
                    MemorySegment.copy(out, 0, to, ValueLayout.JAVA_BYTE, done, n);
                }
                crc.update(out, 0, n);
                done += n;
            }
            if (done != member.size()) {
                throw location(member).corrupt(read, "expected " + member.size() + " bytes when unpacked, found " + done);
            }
            checkCrc(member, (int) crc.getValue());
        } catch (DataFormatException e) {
            throw location(member).corrupt(inflater.getBytesRead(), "expected deflated data: " + e.getMessage());
        } finally {
            inflater.end();
        }
    }

    /**
     * Checks a member's bytes against its checksum; they are all read.
     *
     * @throws CorruptFileException if they differ
     */
    public void verify(ZipMember member) throws IOException {
        MemorySegment packed = file.data().asSlice(member.start(), member.packed());
        if (member.deflated()) {
            inflate(member, packed, null);
        } else {
            checkCrc(member, (int) ByteTransfer.checksum(packed, new CRC32()));
        }
    }

    private void checkCrc(ZipMember member, int found) throws CorruptFileException {
        if (found != member.crc()) {
            throw location(member).corrupt(0, "expected data of checksum " + Integer.toHexString(member.crc()) + ", found "
                + Integer.toHexString(found) + ": the member is damaged");
        }
    }
}
