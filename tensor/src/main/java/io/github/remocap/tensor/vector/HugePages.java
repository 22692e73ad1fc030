package io.github.remocap.tensor.vector;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import org.jspecify.annotations.Nullable;

/**
 * Large native memory, in pages of 2 MB where Linux grants them on request: what streams past the caches then needs no walk
 * through page tables every 4 KB, and fresh memory comes with one page fault instead of 512. Elsewhere, what an arena gives.
 */
final class HugePages {
    private static final long PAGE = 2L << 20;
    private static final long ALIGNMENT = 64;
    private static final int READ_WRITE = 3; // PROT_READ | PROT_WRITE
    private static final int PRIVATE_ANONYMOUS = 0x22; // MAP_PRIVATE | MAP_ANONYMOUS
    private static final int MADV_HUGEPAGE = 14;
    private static final @Nullable Calls CALLS = Calls.find();

    private HugePages() {
    }

    private record Calls(MethodHandle mmap, MethodHandle munmap, MethodHandle madvise) {
        static @Nullable Calls find() {
            if (!System.getProperty("os.name").equals("Linux")) {
                return null;
            }
            return new Calls(handle("mmap", ADDRESS, ADDRESS, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG),
                handle("munmap", JAVA_INT, ADDRESS, JAVA_LONG), handle("madvise", JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));
        }

        private static MethodHandle handle(String name, MemoryLayout result, MemoryLayout... arguments) {
            Linker linker = Linker.nativeLinker();
            return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), FunctionDescriptor.of(result, arguments));
        }
    }

    /**
     * Zeroed memory, aligned to 64 bytes or better, freed when the arena closes.
     *
     * @throws OutOfMemoryError if the system has no more
     */
    static MemorySegment allocate(Arena arena, long bytes) {
        return allocate(arena, bytes, true);
    }

    private static MemorySegment allocate(Arena arena, long bytes, boolean large) {
        Calls calls = CALLS;
        if (calls == null || bytes < 2 * PAGE) {
            return arena.allocate(bytes, ALIGNMENT);
        }
        long whole = bytes + PAGE; // of which some page boundary is the start
        try {
            MemorySegment mapped = (MemorySegment) calls.mmap.invokeExact(MemorySegment.NULL, whole, READ_WRITE, PRIVATE_ANONYMOUS, -1, 0L);
            if (mapped.address() == -1) {
                throw new OutOfMemoryError("no " + bytes + " bytes of native memory");
            }
            if (large) {
                int refused = (int) calls.madvise.invokeExact(mapped, whole, MADV_HUGEPAGE); // advice: without it, small pages
            }
            MemorySegment owned = mapped.reinterpret(whole, arena, m -> unmap(calls, m));
            long start = (PAGE - mapped.address() % PAGE) % PAGE;
            return owned.asSlice(start, bytes);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException("native memory: " + e, e);
        }
    }

    /**
     * Cuts pieces from large allocations: small ones share pages, and none needs clearing of its own. In small pages: this is for what is
     * written once, where large ones gain less in a run than they cost on a virtual machine whose memory is fresh.
     */
    static final class Pool {
        private static final long LEAST = PAGE / 2;
        private static final long MOST = 32 * PAGE;

        private final Arena arena;
        private @Nullable MemorySegment chunk;
        private long chunkBytes = LEAST / 4;
        private long used;

        /** @param arena owns the memory */
        Pool(Arena arena) {
            this.arena = arena;
        }

        /** Address of zeroed memory, aligned to 64 bytes. */
        long allocate(long bytes) {
            long size = (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
            if (size > MOST / 4) {
                return HugePages.allocate(arena, size, false).address();
            }
            if (chunk == null || used + size > chunkBytes) {
                long next = Math.max(size, Math.min(4 * chunkBytes, MOST)); // small programs take little
                chunk = HugePages.allocate(arena, next, false);
                chunkBytes = next;
                used = 0;
            }
            long address = chunk.address() + used;
            used += size;
            return address;
        }
    }

    private static void unmap(Calls calls, MemorySegment memory) {
        try {
            int failed = (int) calls.munmap.invokeExact(memory, memory.byteSize());
            if (failed != 0) {
                throw new IllegalStateException("munmap failed");
            }
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException("native memory: " + e, e);
        }
    }
}
