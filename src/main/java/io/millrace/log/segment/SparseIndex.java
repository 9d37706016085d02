package io.millrace.log.segment;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/**
 * A file of entries of one size whose keys ascend. Looked up by any thread, by reads at positions, so that indexes take
 * neither heap nor mappings; changed by the log writer only.
 */
abstract class SparseIndex {
    /** As many bytes as Kafka's default for {@code segment.index.bytes}: a full index rolls the segment. */
    private static final int MAX_BYTES = 10 * 1024 * 1024;
    /** The search halves by single entries down to this many, and then reads those at once. */
    private static final int BLOCK_ENTRIES = 256;
    /** Entries that wait in memory to be written at once; readers go on without them from the last one before. */
    private static final int PENDING_ENTRIES = 64;

    protected final long baseOffset;
    private final SegmentFile file;
    private final int entryBytes;
    private final int maxEntries;
    /** Entries in the file; set by the log writer after they were written. */
    private volatile int entries;
    /** Entries on their way into the file; the log writer's. */
    private ByteBuffer pending;

    SparseIndex(SegmentFile file, long baseOffset, int entryBytes) throws IOException {
        this.file = file;
        this.baseOffset = baseOffset;
        this.entryBytes = entryBytes;
        this.maxEntries = MAX_BYTES / entryBytes;
        this.entries = (int) Math.min(Integer.MAX_VALUE, file.size() / entryBytes);
    }

    /** What the entry at an index of the buffer is found by. */
    protected abstract long key(ByteBuffer buffer, int index);

    final int entries() {
        return entries;
    }

    /** One place is kept for the last entry of a segment. */
    final boolean isFull() {
        return entries + pendingEntries() >= maxEntries - 1;
    }

    public final boolean hasWholeEntries() throws IOException {
        return file.size() == (long) entries * entryBytes;
    }

    /** The entry with the greatest key that is at most the given one; null when there is none. */
    protected final ByteBuffer floor(long key) throws IOException {
        int low = 0;
        int high = entries - 1;
        while (high - low >= BLOCK_ENTRIES) {
            int middle = (low + high) >>> 1;
            ByteBuffer entry = read(middle, 1);
            if (entry == null || key(entry, 0) > key) {
                high = middle - 1;
            } else {
                low = middle;
            }
        }
        ByteBuffer block = high < low ? null : read(low, high - low + 1);
        if (block == null) {
            return null;
        }
        int found = -1;
        for (int at = 0; at < block.limit() && key(block, at) <= key; at += entryBytes) {
            found = at;
        }
        return found < 0 ? null : block.slice(found, entryBytes);
    }

    /** The last entry, or null. */
    protected final ByteBuffer last() throws IOException {
        int count = entries;
        return count == 0 ? null : read(count - 1, 1);
    }

    /** Null when the entries are not there any more, as after a truncation. */
    protected final ByteBuffer read(int first, int count) throws IOException {
        ByteBuffer target = ByteBuffer.allocate(count * entryBytes);
        if (file.read(target, (long) first * entryBytes) < target.capacity()) {
            return null;
        }
        return target.flip();
    }

    /** Room for one more entry, which is in the file after {@link #flush()}, or when there are some more. */
    protected final ByteBuffer newEntry() throws IOException {
        if (pending == null) {
            pending = ByteBuffer.allocate(PENDING_ENTRIES * entryBytes);
        }
        if (!pending.hasRemaining()) {
            flush();
        }
        return pending;
    }

    /** Writes the entries that were appended since the last time. */
    final void flush() throws IOException {
        int added = pendingEntries();
        if (added == 0) {
            return;
        }
        file.write(pending.duplicate().flip(), (long) entries * entryBytes); // when that fails, they are still pending
        pending.clear();
        entries += added;
    }

    private int pendingEntries() {
        return pending == null ? 0 : pending.position() / entryBytes;
    }

    /** Keeps the first entries only; what is on its way into the file goes. */
    protected final void keep(int count) throws IOException {
        if (pending != null) {
            pending.clear();
        }
        entries = count;
        file.truncate((long) count * entryBytes);
    }

    final void clear() throws IOException {
        keep(0);
    }

    final void openForWriting() {
        file.openForWriting();
    }

    final void closeForWriting() {
        pending = null;
        file.closeForWriting();
    }

    final void force() throws IOException {
        file.force();
    }

    final void close() throws IOException {
        file.close();
    }

    final Path path() {
        return file.path();
    }
}
