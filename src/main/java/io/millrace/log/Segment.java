package io.millrace.log;

import io.millrace.log.record.RecordBatch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A part of a partition's log: one file of batches and its two indexes. Changed by the directory's writer only; read from any
 * thread that has acquired it. Its files are closed when the last who acquired it has released it, so that a segment
 * in use is never pulled from under a reader (an unlinked file stays readable while it is open).
 */
final class Segment {
    static final String LOG_ENDING = ".log";
    static final String INDEX_ENDING = ".index";
    static final String TIME_INDEX_ENDING = ".timeindex";

    /** What a read found: batches, or where it met damage. */
    record Found(ByteBuffer batches, long damagedAt, long nextReadableOffset) {
        static final long NONE = -1;
        private static final ByteBuffer NO_BYTES = ByteBuffer.allocate(0);

        static Found batches(ByteBuffer batches) {
            return new Found(batches, NONE, NONE);
        }

        static Found nothing() {
            return batches(NO_BYTES);
        }
    }

    private final Path file;
    private final long baseOffset;
    private final FileChannel channel;
    private final SegmentReader reader;
    private final OffsetIndex offsetIndex;
    private final TimeIndex timeIndex;
    /** The log itself holds the first reference, until it retires the segment. */
    private final AtomicInteger references = new AtomicInteger(1);

    /** Bytes of the file; what is beyond what readers were shown is only the writer's. */
    private volatile long size;
    private volatile long maxTimestamp = -1;
    private long offsetOfMaxTimestamp;
    private long bytesSinceIndexEntry;
    /** Of the first batch; -1 while there is none. */
    private long firstTimestamp = -1;
    /** Wall clock of the first append, for the roll of a log that nobody writes to; -1 while there is none. */
    private long openedAt = -1;

    Segment(FileAccess files, Path folder, long baseOffset) throws IOException {
        this.file = folder.resolve(name(baseOffset, LOG_ENDING));
        this.baseOffset = baseOffset;
        this.offsetOfMaxTimestamp = baseOffset;
        this.channel = files.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        this.reader = new SegmentReader(channel);
        this.offsetIndex = new OffsetIndex(files, folder.resolve(name(baseOffset, INDEX_ENDING)), baseOffset);
        this.timeIndex = new TimeIndex(files, folder.resolve(name(baseOffset, TIME_INDEX_ENDING)), baseOffset);
        this.size = channel.size();
    }

    static String name(long baseOffset, String ending) {
        return "%020d%s".formatted(baseOffset, ending);
    }

    Path file() {
        return file;
    }

    long baseOffset() {
        return baseOffset;
    }

    long size() {
        return size;
    }

    /** Largest timestamp of its records, ms since the epoch; -1 when none has one. */
    long maxTimestamp() {
        return maxTimestamp;
    }

    long firstTimestamp() {
        return firstTimestamp;
    }

    long openedAt() {
        return openedAt;
    }

    SegmentReader reader() {
        return reader;
    }

    // ---- the writer's side

    /** Appends bytes at the end; what they hold is told by {@link #index}. */
    void write(ByteBuffer bytes) throws IOException {
        long at = size;
        while (bytes.hasRemaining()) {
            at += channel.write(bytes, at);
        }
        size = at;
    }

    /** Notes a batch that stands, or will stand, at a position. */
    void index(long position, int batchBytes, long lastOffset, long batchMaxTimestamp, int intervalBytes, long now)
            throws IOException {
        if (firstTimestamp < 0) {
            firstTimestamp = batchMaxTimestamp;
        }
        if (openedAt < 0) {
            openedAt = now;
        }
        if (batchMaxTimestamp > maxTimestamp) {
            maxTimestamp = batchMaxTimestamp;
            offsetOfMaxTimestamp = lastOffset;
        }
        // as the field does it: the batch that follows an interval of unindexed bytes gets the entry
        if (bytesSinceIndexEntry > intervalBytes) {
            indexHere(position, lastOffset);
        }
        bytesSinceIndexEntry += batchBytes;
    }

    /** Makes an entry for the batch at a position, whatever the interval: after damage, so that look-ups need not cross it. */
    void indexHere(long position, long lastOffset) throws IOException {
        offsetIndex.append(lastOffset, (int) position);
        timeIndex.append(maxTimestamp, offsetOfMaxTimestamp);
        bytesSinceIndexEntry = 0;
    }

    /** No more appends will come: the time index gets its last entry, from which a restart knows the largest timestamp. */
    void seal() throws IOException {
        timeIndex.append(maxTimestamp, offsetOfMaxTimestamp);
    }

    void force() throws IOException {
        channel.force(false);
    }

    void forceIndexes() throws IOException {
        offsetIndex.force();
        timeIndex.force();
    }

    /** Cuts the file and forgets the indexes, which are then to be built anew. */
    void truncate(long newSize) throws IOException {
        channel.truncate(newSize);
        channel.force(true);
        size = newSize;
        clearIndexes();
    }

    void clearIndexes() throws IOException {
        offsetIndex.clear();
        timeIndex.clear();
        maxTimestamp = -1;
        offsetOfMaxTimestamp = baseOffset;
        bytesSinceIndexEntry = 0;
        firstTimestamp = -1;
        openedAt = -1;
    }

    /** Where the batch with the last index entry begins; 0 when there is none. */
    long lastIndexedPosition() throws IOException {
        return offsetIndex.lastPosition();
    }

    boolean indexesAreSane() throws IOException {
        return offsetIndex.isSane(size) && timeIndex.isSane();
    }

    /** Takes over from the indexes what an unscanned segment needs to know. */
    void adoptIndexes(long openedAt) throws IOException {
        maxTimestamp = timeIndex.lastTimestamp();
        offsetOfMaxTimestamp = timeIndex.lastOffset();
        this.openedAt = openedAt;
        SegmentReader.Place first = reader.header(0, size);
        firstTimestamp = first == null ? -1 : first.maxTimestamp();
    }

    // ---- the readers' side

    /** @return false when the segment is gone: look it up again */
    boolean acquire() {
        for (int count = references.get(); count > 0; count = references.get()) {
            if (references.compareAndSet(count, count + 1)) {
                return true;
            }
        }
        return false;
    }

    void release() throws IOException {
        if (references.decrementAndGet() == 0) {
            channel.close();
            offsetIndex.close();
            timeIndex.close();
        }
    }

    /** Removes the files by name; those who read go on. */
    void delete() throws IOException {
        Files.deleteIfExists(file);
        Files.deleteIfExists(file.resolveSibling(name(baseOffset, INDEX_ENDING)));
        Files.deleteIfExists(file.resolveSibling(name(baseOffset, TIME_INDEX_ENDING)));
    }

    /** Whole, checked batches from the one with {@code offset} on, as {@link PartitionLog#read} promises. */
    Found read(long offset, long maxOffset, int maxBytes) throws IOException {
        long end = size;
        SegmentReader.Place first = locate(offset, end);
        if (first == null) {
            return Found.nothing();
        }
        ByteBuffer batches = read(first, end, offset, maxOffset, maxBytes);
        if (batches != null) {
            return Found.batches(batches);
        }
        // the header found may itself be damaged and claim more offsets than it has: what follows decides
        SegmentReader.Place next = reader.nextValid(first.position() + 1, end, baseOffset);
        if (next != null && next.baseOffset() <= offset && next.lastOffset() >= offset) {
            return Found.batches(read(next, end, offset, maxOffset, maxBytes));
        }
        SegmentReader.Place readable = first.baseOffset() > offset ? first : reader.nextValid(first.position() + 1, end, offset + 1);
        return new Found(null, first.position(), readable == null ? Found.NONE : readable.baseOffset());
    }

    /** @return null when the batch at that place is damaged, or begins after the offset that was asked for */
    private ByteBuffer read(SegmentReader.Place first, long end, long offset, long maxOffset, int maxBytes)
            throws IOException {
        if (first.baseOffset() > offset) {
            return null;
        }
        int wanted = (int) Math.min(end - first.position(), Math.max(maxBytes, first.size()));
        ByteBuffer bytes = ByteBuffer.allocate(wanted);
        reader.readFully(bytes, first.position());
        bytes.flip();
        int checked = checkedBytes(bytes, offset, maxOffset);
        return checked == 0 && first.lastOffset() < maxOffset ? null : bytes.limit(checked);
    }

    /** How many bytes from the start are whole, undamaged batches in order below {@code maxOffset}. */
    private static int checkedBytes(ByteBuffer bytes, long offset, long maxOffset) {
        int at = 0;
        long expected = offset;
        while (bytes.limit() - at >= RecordBatch.HEADER_BYTES) {
            int batchBytes = SegmentReader.claimedSize(bytes, at);
            if (batchBytes < RecordBatch.HEADER_BYTES || batchBytes > bytes.limit() - at) {
                break;
            }
            long last = RecordBatch.lastOffsetAt(bytes, at);
            if (last < expected || last >= maxOffset || !RecordBatch.isIntactAt(bytes, at, batchBytes)) {
                break;
            }
            expected = last + 1;
            at += batchBytes;
        }
        return at;
    }

    /** The first batch, by headers, whose last offset is at or after {@code offset}; null when there is none. */
    SegmentReader.Place locate(long offset, long end) throws IOException {
        long position = offsetIndex.positionFor(offset);
        long expected = baseOffset;
        while (position < end) {
            SegmentReader.Place place = reader.header(position, end);
            if (place == null || place.baseOffset() < expected) {
                place = reader.nextValid(position + 1, end, expected);
                if (place == null) {
                    return null;
                }
            }
            if (place.lastOffset() >= offset) {
                return place;
            }
            expected = place.lastOffset() + 1;
            position = place.end();
        }
        return null;
    }

    /** An offset such that no record of this segment before it has this timestamp or a later one. */
    long offsetBefore(long timestamp) throws IOException {
        return timeIndex.offsetBefore(timestamp);
    }
}
