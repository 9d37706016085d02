package io.millrace.log.segment;

import io.millrace.log.file.OpenFiles;
import io.millrace.record.RecordBatch;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * A piece of a log: a file of record batches and its indexes. Written by the log writer's thread, read by any; how
 * far it may be read is said by the log's {@link LogView}. Its files stay open, and readable even when they were
 * deleted, until the last reader has let go of it.
 */
public final class Segment {
    private static final int HINTS = 16;
    private static final int COPY_PIECE = 256 * 1024;
    private static final long UNKNOWN = Long.MIN_VALUE;

    /** The batch that holds {@code offset} first begins at {@code position}. */
    private record Hint(long offset, long position) {
    }

    private final long baseOffset;
    private final SegmentFile file;
    private final OffsetIndex offsetIndex;
    private final TimeIndex timeIndex;
    private final TransactionIndex transactionIndex;
    /** One for the log itself and one for each reader. */
    private final AtomicInteger references = new AtomicInteger(1);
    /** Where readers stopped, so that a reader that goes on needs no index. */
    private final AtomicReferenceArray<Hint> hints = new AtomicReferenceArray<>(HINTS);
    private final DamagedPlaces damage = new DamagedPlaces();

    // Set by the log writer only.
    private volatile long sizeInBytes;
    private volatile long maxTimestamp = RecordBatch.NO_TIMESTAMP;
    private long offsetOfMaxTimestamp;
    private long bytesSinceIndexEntry;
    private long firstTimestamp = UNKNOWN;

    private Segment(long baseOffset, SegmentFile file, SegmentFile index, SegmentFile times, TransactionIndex transactions)
            throws IOException {
        this.baseOffset = baseOffset;
        this.file = file;
        this.offsetIndex = new OffsetIndex(index, baseOffset);
        this.timeIndex = new TimeIndex(times, baseOffset);
        this.transactionIndex = transactions;
        this.sizeInBytes = file.size();
        this.offsetOfMaxTimestamp = baseOffset;
    }

    /** A new, empty segment, open for writing; durable when the folder is forced next. Nothing is left of a failed one. */
    public static Segment create(LogFolder folder, long baseOffset) throws IOException {
        return create(folder, baseOffset, "");
    }

    /** As {@link #create(LogFolder, long)}, with something behind the names of its files. */
    static Segment create(LogFolder folder, long baseOffset, String suffix) throws IOException {
        OpenFiles files = folder.open();
        List<SegmentFile> made = new ArrayList<>();
        try {
            made.add(SegmentFile.createNew(files, folder.segmentFile(baseOffset, LogFolder.LOG_SUFFIX + suffix)));
            made.add(SegmentFile.createEmpty(files, folder.segmentFile(baseOffset, LogFolder.INDEX_SUFFIX + suffix)));
            made.add(SegmentFile.createEmpty(files, folder.segmentFile(baseOffset, LogFolder.TIME_INDEX_SUFFIX + suffix)));
            return new Segment(baseOffset, made.get(0), made.get(1), made.get(2), TransactionIndex.create(files,
                folder.segmentFile(baseOffset, LogFolder.TRANSACTION_INDEX_SUFFIX + suffix)));
        } catch (IOException e) {
            close(made, e);
            for (SegmentFile file : made) {
                Files.deleteIfExists(file.path());
            }
            throw e;
        }
    }

    /** A segment that is on disk; missing indexes are made, empty. */
    public static Segment open(LogFolder folder, long baseOffset) throws IOException {
        OpenFiles files = folder.open();
        List<SegmentFile> opened = new ArrayList<>();
        try {
            opened.add(SegmentFile.open(files, folder.segmentFile(baseOffset, LogFolder.LOG_SUFFIX)));
            opened.add(openOrCreate(files, folder.segmentFile(baseOffset, LogFolder.INDEX_SUFFIX)));
            opened.add(openOrCreate(files, folder.segmentFile(baseOffset, LogFolder.TIME_INDEX_SUFFIX)));
            return new Segment(baseOffset, opened.get(0), opened.get(1), opened.get(2), TransactionIndex.open(files,
                folder.segmentFile(baseOffset, LogFolder.TRANSACTION_INDEX_SUFFIX)));
        } catch (IOException e) {
            close(opened, e);
            throw e;
        }
    }

    private static void close(List<SegmentFile> files, IOException reason) {
        for (SegmentFile file : files) {
            try {
                file.close();
            } catch (IOException e) {
                reason.addSuppressed(e);
            }
        }
    }

    private static SegmentFile openOrCreate(OpenFiles files, Path path) throws IOException {
        return Files.exists(path) ? SegmentFile.open(files, path) : SegmentFile.createEmpty(files, path);
    }

    public long baseOffset() {
        return baseOffset;
    }

    public SegmentFile file() {
        return file;
    }

    public OffsetIndex offsetIndex() {
        return offsetIndex;
    }

    public TimeIndex timeIndex() {
        return timeIndex;
    }

    public TransactionIndex transactionIndex() {
        return transactionIndex;
    }

    public DamagedPlaces damage() {
        return damage;
    }

    public long sizeInBytes() {
        return sizeInBytes;
    }

    /** Largest timestamp of its records in ms since the epoch, or -1. */
    public long maxTimestamp() {
        return maxTimestamp;
    }

    /** Timestamp of the first batch in ms since the epoch; -1 when it has none or is not there. */
    public long firstTimestamp() throws IOException {
        if (firstTimestamp == UNKNOWN && sizeInBytes > 0) {
            BatchScan scan = new BatchScan(file, 0, sizeInBytes, RecordBatch.HEADER_BYTES);
            firstTimestamp = scan.header() ? scan.maxTimestamp() : RecordBatch.NO_TIMESTAMP;
        }
        return sizeInBytes == 0 ? RecordBatch.NO_TIMESTAMP : firstTimestamp;
    }

    /** When a segment has no timestamps: when its file was last written, in ms since the epoch. */
    public long lastModified() throws IOException {
        return Files.getLastModifiedTime(file.path()).toMillis();
    }

    // ---- readers

    /** Keeps the files open until {@link #release()}; false when they are closed already. */
    public boolean acquire() {
        int count = references.get();
        while (count > 0) {
            if (references.compareAndSet(count, count + 1)) {
                return true;
            }
            count = references.get();
        }
        return false;
    }

    /** Lets go; whoever is last closes the files. */
    public void release() throws IOException {
        if (references.decrementAndGet() == 0) {
            try {
                file.close();
            } finally {
                try {
                    offsetIndex.close();
                } finally {
                    try {
                        timeIndex.close();
                    } finally {
                        transactionIndex.close();
                    }
                }
            }
        }
    }

    /** Makes the records durable, as any reader can. */
    public void forceAsReader() throws IOException {
        file.forceAsReader();
    }

    /** Position at which an earlier reader saw the offset begin, or -1; may be out of date after a truncation. */
    long hint(long offset) {
        Hint hint = hints.get(slot(offset));
        return hint != null && hint.offset() == offset ? hint.position() : -1;
    }

    void remember(long offset, long position) {
        hints.set(slot(offset), new Hint(offset, position));
    }

    private static int slot(long offset) {
        return (int) ((offset * 0x9E3779B97F4A7C15L) >>> 60);
    }

    // ---- the log writer

    /** Whether nothing more fits the indexes, or the offset is too far from the base offset for them. */
    public boolean cannotIndex(long lastOffset) {
        return offsetIndex.isFull() || timeIndex.isFull() || transactionIndex.isFull()
            || lastOffset - baseOffset > Integer.MAX_VALUE;
    }

    /** Writes batches, their offsets already assigned, behind what is there; their index entries when there are some. */
    public void append(List<RecordBatch> batches, GatheringWriter gathering, int indexInterval) throws IOException {
        long end = sizeInBytes;
        gathering.begin(file, end);
        for (RecordBatch batch : batches) {
            ByteBuffer bytes = batch.buffer();
            gathering.add(bytes);
            noteBatch(batch.lastOffset(), end, batch.sizeInBytes(), batch.maxTimestamp(), indexInterval);
            end += batch.sizeInBytes();
        }
        gathering.finish();
        sizeInBytes = end;
    }

    /** Writes a piece of another segment behind what is there, without a look at it: the indexes are the caller's matter. */
    void appendCopy(Segment source, long from, long to) throws IOException {
        ByteBuffer piece = ByteBuffer.allocate((int) Math.min(COPY_PIECE, to - from));
        for (long at = from; at < to; at += piece.limit()) {
            piece.clear().limit((int) Math.min(piece.capacity(), to - at));
            if (source.file.read(piece, at) < piece.limit()) {
                throw new EOFException(source.file.path() + " ends before byte " + to);
            }
            appendCopy(piece.flip());
        }
    }

    /** As {@link #appendCopy(Segment, long, long)}: position to limit, which are as they were afterwards. */
    void appendCopy(ByteBuffer bytes) throws IOException {
        file.write(bytes.duplicate(), sizeInBytes);
        sizeInBytes += bytes.remaining();
    }

    /**
     * Writes intact batches that stand in the file over themselves, so that a force takes them to the disk whatever became
     * of an earlier one.
     *
     * @throws IOException also when they are not intact any more
     */
    public void writeAgain(long from, long to) throws IOException {
        BatchScan scan = new BatchScan(file, from, to, COPY_PIECE);
        while (!scan.atEnd()) {
            if (!scan.isIntact()) {
                throw new IOException("what was written to " + file.path() + " at byte " + scan.position() + " is lost");
            }
            scan.skip();
        }
        ByteBuffer piece = ByteBuffer.allocate((int) Math.min(COPY_PIECE, to - from));
        for (long at = from; at < to; at += piece.limit()) {
            piece.clear().limit((int) Math.min(piece.capacity(), to - at));
            file.read(piece, at);
            file.write(piece.flip(), at);
        }
    }

    /** Takes a batch into account that stands, or is about to, at a position. */
    public void noteBatch(long lastOffset, long position, int bytes, long batchMaxTimestamp, int indexInterval)
            throws IOException {
        if (position == 0) {
            firstTimestamp = batchMaxTimestamp;
        }
        if (batchMaxTimestamp > maxTimestamp) {
            maxTimestamp = batchMaxTimestamp;
            offsetOfMaxTimestamp = lastOffset;
        }
        if (bytesSinceIndexEntry > indexInterval) {
            offsetIndex.append(lastOffset, (int) position);
            timeIndex.append(maxTimestamp, offsetOfMaxTimestamp);
            bytesSinceIndexEntry = 0;
        }
        bytesSinceIndexEntry += bytes;
    }

    public void flushIndexes() throws IOException {
        offsetIndex.flush();
        timeIndex.flush();
    }

    public void openForWriting() {
        file.openForWriting();
        offsetIndex.openForWriting();
        timeIndex.openForWriting();
        transactionIndex.openForWriting();
    }

    public boolean isOpenForWriting() {
        return file.isOpenForWriting();
    }

    public void closeForWriting() {
        file.closeForWriting();
        offsetIndex.closeForWriting();
        timeIndex.closeForWriting();
        transactionIndex.closeForWriting();
    }

    /** Makes the records durable. */
    public void force() throws IOException {
        file.force();
    }

    /** Makes the indexes durable, the largest timestamp included, so that they need not be made anew after a crash. */
    public void forceIndexes() throws IOException {
        timeIndex.append(maxTimestamp, offsetOfMaxTimestamp);
        flushIndexes();
        offsetIndex.force();
        timeIndex.force();
        transactionIndex.force();
    }

    /** Makes durable which transactions were aborted: recovery makes that anew only where it looks at the batches. */
    public void forceTransactionIndex() throws IOException {
        transactionIndex.force();
    }

    /** Takes over what the last entry of the time index says, when the records are not looked at. */
    public void restoreMaxTimestamp() throws IOException {
        TimeIndex.Entry last = timeIndex.lastEntry();
        maxTimestamp = last == null ? RecordBatch.NO_TIMESTAMP : last.timestamp();
        offsetOfMaxTimestamp = last == null ? baseOffset : last.offset();
    }

    /**
     * Cuts the indexes of offsets and times back to batches that end before an offset.
     *
     * @return position of the last batch that is still in the index: everything behind is to be noted again
     */
    public long truncateIndexes(long offset) throws IOException {
        // The two are written at different times: only up to the last entry in the shorter file are both whole.
        TimeIndex.Entry lastTime = timeIndex.lastEntry();
        offsetIndex.truncateTo(Math.min(offset, lastTime == null ? baseOffset : lastTime.offset() + 1));
        OffsetIndex.Entry last = offsetIndex.lastEntry();
        timeIndex.truncateTo(last == null ? baseOffset - 1 : last.lastOffset());
        restoreMaxTimestamp();
        bytesSinceIndexEntry = 0;
        return last == null ? 0 : last.position();
    }

    /** Of offsets and times: those can be made anew of the segment alone. */
    public void clearIndexes() throws IOException {
        offsetIndex.clear();
        timeIndex.reset();
        restoreMaxTimestamp();
        bytesSinceIndexEntry = 0;
    }

    /** Cuts the file off; durable when it returns. The indexes are the caller's matter. */
    public void truncate(long position) throws IOException {
        file.truncate(position);
        file.force();
        sizeInBytes = position;
        for (int i = 0; i < HINTS; i++) {
            hints.set(i, null);
        }
        damage.forgetIntactFrom(position);
        if (position == 0) {
            firstTimestamp = UNKNOWN;
        }
    }

    /**
     * Removes the files; who still reads can go on. The records go first, so that a crash leaves no log without them.
     */
    public void deleteFiles() throws IOException {
        Files.deleteIfExists(file.path());
        Files.deleteIfExists(offsetIndex.path());
        Files.deleteIfExists(timeIndex.path());
        Files.deleteIfExists(transactionIndex.path());
    }
}
