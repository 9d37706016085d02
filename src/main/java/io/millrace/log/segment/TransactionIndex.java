package io.millrace.log.segment;

import io.millrace.log.AbortedTransaction;
import io.millrace.log.file.OpenFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * The transactions that were aborted with a marker in a segment, as in Kafka's {@code .txnindex} files: entries of a version
 * (short, 0), producer id, first offset, offset of the marker and last stable offset (longs), in the order of the markers.
 * The file is there once there is an entry, and stays when compaction takes them all. Read by any thread; written by the log
 * writer, and an entry is in the file when it was added, so that nobody takes aborted records for committed ones.
 *
 * <p>A full one rolls the segment, as a full index does.
 */
public final class TransactionIndex {
    static final int ENTRY_BYTES = Short.BYTES + 4 * Long.BYTES;

    private static final short VERSION = 0;
    private static final int PRODUCER_ID = Short.BYTES;
    private static final int FIRST_OFFSET = PRODUCER_ID + Long.BYTES;
    private static final int LAST_OFFSET = FIRST_OFFSET + Long.BYTES;
    private static final int LAST_STABLE_OFFSET = LAST_OFFSET + Long.BYTES;
    /** Entries that are read at once. */
    private static final int BLOCK_ENTRIES = 256;
    /** How often the entries are looked at again when some of them were cut off meanwhile. */
    private static final int MAX_CUTS = 10;

    private final OpenFiles files;
    private final Path path;
    /** Null while there is no file. */
    private volatile Entries entries;
    /**
     * Whether the file may be new, and may have changed, without being forced since: of one that was there already nobody knows
     * what an earlier run had forced. The log writer's.
     */
    private boolean unforcedFile;
    private boolean unforcedEntries;

    private TransactionIndex(OpenFiles files, Path path, Entries entries) {
        this.files = files;
        this.path = path;
        this.entries = entries;
        this.unforcedFile = entries != null;
        this.unforcedEntries = entries != null;
    }

    /** The entries of the file. */
    private static final class Entries extends SparseIndex {
        private Entries(SegmentFile file) throws IOException {
            super(file, 0, ENTRY_BYTES);
        }

        @Override
        protected long key(ByteBuffer buffer, int index) {
            return buffer.getLong(index + LAST_OFFSET);
        }

        private long lastKey() throws IOException {
            ByteBuffer last = last();
            return last == null ? -1 : key(last, 0);
        }

        private void append(AbortedTransaction aborted) throws IOException {
            newEntry().putShort(VERSION).putLong(aborted.producerId()).putLong(aborted.firstOffset())
                .putLong(aborted.lastOffset()).putLong(aborted.lastStableOffset());
            flush();
        }

        /** How many entries have their marker before an offset. */
        private int countBefore(long offset) throws IOException {
            int low = 0;
            int high = entries();
            while (low < high) {
                int middle = (low + high) >>> 1;
                ByteBuffer entry = read(middle, 1);
                if (entry != null && key(entry, 0) < offset) {
                    low = middle + 1;
                } else {
                    high = middle;
                }
            }
            return low;
        }

        private void keepFirst(int count) throws IOException {
            keep(count);
        }

        /** Null when they are not there any more, as after a truncation. */
        private ByteBuffer block(int first, int count) throws IOException {
            return read(first, count);
        }
    }

    /** That of a segment on disk, with the entries of its file when there is one. */
    static TransactionIndex open(OpenFiles files, Path path) throws IOException {
        return new TransactionIndex(files, path, Files.exists(path) ? new Entries(SegmentFile.open(files, path)) : null);
    }

    /** Of a segment that begins: whatever is there under that name is of none. */
    static TransactionIndex create(OpenFiles files, Path path) throws IOException {
        Files.deleteIfExists(path);
        return new TransactionIndex(files, path, null);
    }

    /**
     * Adds what was aborted with the next marker; one that is there already, as when batches are looked at again, is not added.
     */
    public void append(AbortedTransaction aborted) throws IOException {
        Entries there = createdEntries();
        if (aborted.lastOffset() > there.lastKey()) {
            there.append(aborted);
            unforcedEntries = true;
        }
    }

    boolean hasFile() {
        return entries != null;
    }

    /** Makes the file, if there is none: without entries. */
    void makeFile() throws IOException {
        createdEntries();
    }

    private Entries createdEntries() throws IOException {
        Entries there = entries;
        if (there == null) {
            there = new Entries(SegmentFile.createEmpty(files, path));
            entries = there;
            unforcedFile = true;
        }
        return there;
    }

    /** As many entries as are read at once, from one on; none behind the last. */
    List<AbortedTransaction> entriesFrom(int first) throws IOException {
        Entries source = entries;
        int count = source == null ? 0 : Math.min(BLOCK_ENTRIES, source.entries() - first);
        List<AbortedTransaction> found = new ArrayList<>();
        if (count > 0) {
            ByteBuffer block = required(source, first, count);
            for (int at = 0; at < block.limit(); at += ENTRY_BYTES) {
                found.add(entry(block, at));
            }
        }
        return found;
    }

    /**
     * Collects those that overlap a range of offsets, in the order of their markers.
     *
     * @param to    exclusive
     * @param found takes them
     * @return whether none that ends in a later segment can overlap the range
     * @throws IOException also when entries are missing that nobody has cut off: without them aborted records would be shown
     */
    public boolean collect(long from, long to, Collection<AbortedTransaction> found) throws IOException {
        Entries source = entries;
        if (source == null) {
            return false;
        }
        for (int cuts = 0; cuts < MAX_CUTS; cuts++) {
            List<AbortedTransaction> here = new ArrayList<>();
            Optional<Boolean> isLast = collect(source, from, to, here);
            if (isLast.isPresent()) {
                found.addAll(here);
                return isLast.get();
            }
        }
        throw tooShort();
    }

    /** Empty when entries are not there any more that were when they were counted. */
    private static Optional<Boolean> collect(Entries source, long from, long to, List<AbortedTransaction> found)
            throws IOException {
        int count = source.entries();
        for (int first = source.countBefore(from); first < count; first += BLOCK_ENTRIES) {
            ByteBuffer block = source.block(first, Math.min(BLOCK_ENTRIES, count - first));
            if (block == null) {
                return Optional.empty();
            }
            for (int at = 0; at < block.limit(); at += ENTRY_BYTES) {
                AbortedTransaction aborted = entry(block, at);
                if (aborted.firstOffset() < to) {
                    found.add(aborted);
                }
                if (aborted.lastStableOffset() >= to) {
                    return Optional.of(true);
                }
            }
        }
        return Optional.of(false);
    }

    /** @throws IOException when they are not there any more */
    private ByteBuffer required(Entries source, int first, int count) throws IOException {
        ByteBuffer block = source.block(first, count);
        if (block == null) {
            throw tooShort();
        }
        return block;
    }

    private IOException tooShort() {
        return new IOException(path + " has fewer entries than were written to it");
    }

    private static AbortedTransaction entry(ByteBuffer bytes, int at) throws IOException {
        try {
            return new AbortedTransaction(bytes.getLong(at + PRODUCER_ID), bytes.getLong(at + FIRST_OFFSET),
                bytes.getLong(at + LAST_OFFSET), bytes.getLong(at + LAST_STABLE_OFFSET));
        } catch (IllegalArgumentException damaged) {
            throw new IOException("an entry of a transaction index is damaged: " + damaged.getMessage(), damaged);
        }
    }

    /**
     * Whether this can be what was written for a segment: whole entries of a version that is known, with markers that ascend
     * within the segment.
     *
     * @param endOffset exclusive bound of the segment's offsets
     */
    public boolean isSane(long baseOffset, long endOffset) throws IOException {
        Entries source = entries;
        if (source == null) {
            return true;
        }
        long before = baseOffset - 1;
        int count = source.entries();
        for (int first = 0; first < count; first += BLOCK_ENTRIES) {
            ByteBuffer block = required(source, first, Math.min(BLOCK_ENTRIES, count - first));
            for (int at = 0; at < block.limit(); at += ENTRY_BYTES) {
                long marker = block.getLong(at + LAST_OFFSET);
                if (marker <= before || marker >= endOffset || !isSane(block, at)) {
                    return false;
                }
                before = marker;
            }
        }
        return source.hasWholeEntries();
    }

    private static boolean isSane(ByteBuffer bytes, int at) {
        long first = bytes.getLong(at + FIRST_OFFSET);
        return bytes.getShort(at) == VERSION && bytes.getLong(at + PRODUCER_ID) >= 0 && first >= 0
            && first < bytes.getLong(at + LAST_OFFSET) && bytes.getLong(at + LAST_STABLE_OFFSET) >= 0;
    }

    boolean isFull() {
        Entries there = entries;
        return there != null && there.isFull();
    }

    /**
     * Keeps the entries whose markers stand before an offset; for certain when they are forced next, as others would be taken
     * for those of markers that come later.
     *
     * @return whether there were others
     */
    public boolean truncateTo(long offset) throws IOException {
        Entries there = entries;
        if (there == null) {
            return false;
        }
        int count = there.countBefore(offset);
        boolean others = count < there.entries() || !there.hasWholeEntries();
        there.keepFirst(count); // also what a failed write has left pending
        unforcedEntries |= others;
        return others;
    }

    void openForWriting() {
        Entries there = entries;
        if (there != null) {
            there.openForWriting();
        }
    }

    void closeForWriting() {
        Entries there = entries;
        if (there != null) {
            there.closeForWriting();
        }
    }

    /** Makes the entries durable, and that there are any. */
    void force() throws IOException {
        if (unforcedEntries) {
            entries.force();
            unforcedEntries = false;
        }
        if (unforcedFile) {
            files.files().forceDirectory(path.getParent());
            unforcedFile = false;
        }
    }

    void close() throws IOException {
        Entries there = entries;
        if (there != null) {
            there.close();
        }
    }

    /** Also when there is no such file. */
    public Path path() {
        return path;
    }
}
