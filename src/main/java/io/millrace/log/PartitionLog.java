package io.millrace.log;

import io.millrace.log.record.Record;
import io.millrace.log.record.RecordBatch;
import io.millrace.log.record.TimestampType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.SortedSet;
import java.util.UUID;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.LongFunction;

/**
 * One partition's log: reads from any thread; changed only by the thread that runs its {@link LogDirectory}.
 *
 * <p>Invariants: segments follow each other without overlap; {@code logStartOffset <= logEndOffset <=} the offset of the
 * next append; readers see nothing at or above the log end offset, which moves when the flush policy holds.
 */
public final class PartitionLog {
    private static final System.Logger LOG = System.getLogger(PartitionLog.class.getName());

    /** Linux writes dirty pages out after 30 s, looking every 5 s; twice that is long enough. */
    private static final long OS_WRITES_WITHIN_MILLIS = 70_000;

    private final LogDirectory directory;
    private final FileAccess files;
    private final PartitionFolder folder;
    private final UUID topicId;
    private final NavigableMap<Long, Segment> segments = new ConcurrentSkipListMap<>();
    private final LeaderEpochCheckpoint leaderEpochs;
    private volatile LogConfig config;
    private volatile long logStartOffset;
    private volatile long logEndOffset;
    private volatile boolean closed;

    /** The writer's own: the offset of the next append, and up to where everything is forced. */
    private long nextOffset;
    private long recoveryPoint;

    /** Opens and recovers, or creates; in the caller's thread. */
    PartitionLog(LogDirectory directory, FileAccess files, PartitionFolder folder, UUID topicId, LogConfig config,
                 long now, LogObserver observer) throws IOException {
        this.directory = directory;
        this.files = files;
        this.folder = folder;
        this.topicId = topicId;
        this.config = config;
        folder.claim(topicId);
        this.leaderEpochs = folder.leaderEpochs();
        this.logStartOffset = folder.logStartOffset().readOr(0);
        this.recoveryPoint = folder.recoveryPoint().readOr(0);
        recover(now, observer);
    }

    private void recover(long now, LogObserver observer) throws IOException {
        SortedSet<Long> found = folder.segments();
        nextOffset = logStartOffset;
        for (long baseOffset : found) {
            Segment segment = new Segment(files, folder.path(), baseOffset);
            LongFunction<CorruptLogException> damage = position -> report(segment, position, observer);
            if (!segments.isEmpty() && baseOffset != nextOffset) {
                damage.apply(0);
            }
            segments.put(baseOffset, segment);
            nextOffset = recover(segment, baseOffset == found.last(), damage, now);
        }
        logStartOffset = segments.isEmpty() ? logStartOffset : Math.max(logStartOffset, segments.firstKey());
        if (segments.isEmpty() || nextOffset < logStartOffset) {
            nextOffset = Math.max(nextOffset, logStartOffset);
            segments.put(nextOffset, new Segment(files, folder.path(), nextOffset));
        }
        leaderEpochs.truncate(nextOffset);
        logEndOffset = nextOffset;
    }

    /** @return the offset after the segment's last valid batch */
    private long recover(Segment segment, boolean last, LongFunction<CorruptLogException> damage, long now)
            throws IOException {
        SegmentRecovery recovery = new SegmentRecovery(segment, config.indexIntervalBytes(), now);
        SegmentRecovery.End end = recovery.trust();
        Long next = segments.higherKey(segment.baseOffset());
        boolean checkedBefore = end != null && end.nextOffset() <= recoveryPoint && next == null;
        if (checkedBefore) {
            return end.nextOffset();
        }
        end = recovery.scan(damage);
        if (end.position() < segment.size()) {
            if (last) {
                LOG.log(System.Logger.Level.WARNING, "{0}: cutting {1} bytes of a torn write at byte {2}",
                        segment.file(), segment.size() - end.position(), end.position());
                segment.truncate(end.position());
                end = recovery.scan(damage);
            } else {
                damage.apply(end.position());
            }
        }
        if (!last) {
            segment.seal();
        }
        return end.nextOffset();
    }

    private CorruptLogException report(Segment segment, long position, LogObserver observer) {
        CorruptLogException damage = corrupt(segment, position, Segment.Found.NONE);
        LOG.log(System.Logger.Level.ERROR, damage.getMessage());
        observer.damaged(damage);
        return damage;
    }

    public String topic() {
        return folder.topic();
    }

    public int partition() {
        return folder.partition();
    }

    public UUID topicId() {
        return topicId;
    }

    public LogDirectory directory() {
        return directory;
    }

    public LogConfig config() {
        return config;
    }

    /** From the next append on. */
    public void reconfigure(LogConfig newConfig) {
        config = newConfig;
    }

    /** The first offset that can be read. */
    public long logStartOffset() {
        return logStartOffset;
    }

    /** The offset the next record gets; records below it are written, and forced where the flush policy says so. */
    public long logEndOffset() {
        return logEndOffset;
    }

    /** Bytes of all segments, indexes left out. */
    public long sizeInBytes() {
        return segments.values().stream().mapToLong(Segment::size).sum();
    }

    public int segmentCount() {
        return segments.size();
    }

    /** Leader epoch to the offset at which it began. */
    public NavigableMap<Integer, Long> leaderEpochs() {
        return leaderEpochs.epochs();
    }

    // ---- reading

    /**
     * Whole batches, each checked against its CRC, beginning with the one that holds {@code offset}: a heap buffer of at
     * most {@code maxBytes}, but always at least one batch when there is one; empty when there is none below
     * {@code maxOffset}. Ends at a segment's end.
     *
     * @param maxOffset exclusive: batches whose last offset is at or above it are not handed out
     * @throws OffsetOutOfRangeException     when the offset is below the log start offset or above the log end offset
     * @throws CorruptLogException           when the very batch that holds the offset is damaged
     * @throws LogDirectoryOfflineException  when the disk does not answer, or the log was closed
     */
    public ByteBuffer read(long offset, long maxOffset, int maxBytes) {
        long end = Math.min(maxOffset, logEndOffset);
        if (offset < logStartOffset || offset > logEndOffset) {
            throw new OffsetOutOfRangeException(offset, logStartOffset, logEndOffset);
        }
        if (offset >= end) {
            return Segment.Found.nothing().batches();
        }
        return inSegment(offset, segment -> {
            Segment.Found found = segment.read(offset, end, maxBytes);
            if (found.batches() == null) {
                throw corrupt(segment, found.damagedAt(), found.nextReadableOffset());
            }
            if (!found.batches().hasRemaining() && endOf(segment) <= end) {
                // published offsets that are in no batch: the end of the segment is gone
                throw corrupt(segment, segment.size(), endOf(segment));
            }
            return found.batches();
        });
    }

    /** The offset at which the segment's successor begins, or the log's end. */
    private long endOf(Segment segment) {
        Long next = segments.higherKey(segment.baseOffset());
        return next == null ? logEndOffset : next;
    }

    private interface SegmentRead<T> {
        T read(Segment segment) throws IOException;
    }

    private <T> T inSegment(long offset, SegmentRead<T> read) {
        while (true) {
            Map.Entry<Long, Segment> entry = segments.floorEntry(offset);
            if (entry == null) {
                if (closed) {
                    throw gone();
                }
                throw new OffsetOutOfRangeException(offset, logStartOffset, logEndOffset);
            }
            Segment segment = entry.getValue();
            if (!segment.acquire()) {
                if (closed) {
                    throw gone();
                }
                continue; // retired between look-up and use: the map has changed
            }
            try {
                return read.read(segment);
            } catch (IOException e) {
                throw new LogDirectoryOfflineException("cannot read %s: %s; check the disk"
                        .formatted(segment.file(), e.getMessage()), e);
            } finally {
                release(segment);
            }
        }
    }

    private static void release(Segment segment) {
        try {
            segment.release();
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "closing " + segment.file(), e);
        }
    }

    private LogDirectoryOfflineException gone() {
        return new LogDirectoryOfflineException("the log %s-%d is closed".formatted(topic(), partition()), null);
    }

    private CorruptLogException corrupt(Segment segment, long position, long nextReadableOffset) {
        String advice = nextReadableOffset < 0 ? "its records are not served"
                : "its records are not served; offsets from %d on can be read".formatted(nextReadableOffset);
        return new CorruptLogException(topic(), partition(), segment.file(), position, advice);
    }

    /**
     * The first record, in offset order, whose timestamp is at or after the given one (ms since the epoch).
     *
     * @throws CorruptLogException when damage lies before the answer
     */
    public Optional<OffsetAndTimestamp> offsetForTimestamp(long timestamp) {
        for (Segment candidate : segments.values()) {
            if (candidate.maxTimestamp() >= timestamp) {
                long from = inSegment(candidate.baseOffset(), segment -> segment.offsetBefore(timestamp));
                Optional<OffsetAndTimestamp> found = scanFor(timestamp, Math.max(from, logStartOffset), endOf(candidate));
                if (found.isPresent()) {
                    return found;
                }
            }
        }
        return Optional.empty();
    }

    private Optional<OffsetAndTimestamp> scanFor(long timestamp, long from, long end) {
        for (long offset = from; offset < Math.min(end, logEndOffset); ) {
            long next = offset;
            for (RecordBatch batch : RecordBatch.in(read(offset, end, config.indexIntervalBytes()))) {
                next = batch.lastOffset() + 1;
                if (batch.maxTimestamp() < timestamp) {
                    continue;
                }
                for (Iterator<Record> records = batch.records(); records.hasNext(); ) {
                    Record record = records.next();
                    if (record.offset() >= from && record.timestamp() >= timestamp) {
                        return Optional.of(new OffsetAndTimestamp(record.offset(), record.timestamp()));
                    }
                }
            }
            if (next == offset) {
                break;
            }
            offset = next;
        }
        return Optional.empty();
    }

    // ---- writing: the directory's writer only

    boolean isClosed() {
        return closed;
    }

    /** Takes batches over: they get their offsets here and are readable after {@link #publish}. */
    AppendResult append(List<ByteBuffer> batches, int leaderEpoch, long now, WriteBuffer out) throws IOException {
        long appendTime = config.timestampType() == TimestampType.LOG_APPEND_TIME ? now : -1;
        long baseOffset = nextOffset;
        leaderEpochs.begin(leaderEpoch, baseOffset);
        for (ByteBuffer bytes : batches) {
            for (RecordBatch batch : RecordBatch.in(bytes)) {
                batch.assign(nextOffset, leaderEpoch);
                if (appendTime >= 0) {
                    batch.setLogAppendTime(appendTime);
                }
                append(batch, now, out);
                nextOffset = batch.lastOffset() + 1;
            }
        }
        return new AppendResult(baseOffset, nextOffset - 1, appendTime);
    }

    private void append(RecordBatch batch, long now, WriteBuffer out) throws IOException {
        Segment segment = active();
        long position = segment.size() + out.pendingFor(segment);
        if (mustRoll(segment, position, batch)) {
            out.flush();
            roll();
            segment = active();
            position = 0;
        }
        segment.index(position, batch.sizeInBytes(), batch.lastOffset(), batch.maxTimestamp(), config.indexIntervalBytes(), now);
        out.add(segment, batch.buffer());
    }

    private boolean mustRoll(Segment segment, long position, RecordBatch batch) {
        if (position == 0) {
            return false;
        }
        return position + batch.sizeInBytes() > config.segmentBytes()
                || batch.lastOffset() - segment.baseOffset() > Integer.MAX_VALUE
                || segment.firstTimestamp() >= 0
                        && batch.maxTimestamp() - segment.firstTimestamp() > config.segmentMillis();
    }

    /** Ends the active segment and begins a new one. */
    private void roll() throws IOException {
        active().seal();
        segments.put(nextOffset, new Segment(files, folder.path(), nextOffset));
        if (config.flush() != FlushPolicy.OS) {
            forceUpTo(nextOffset);
        }
    }

    /**
     * With flush=os a roll forces nothing, or the writer would stand still until a whole segment is on the disk. What ended
     * long enough ago has been written by the operating system, so that to force it now costs next to nothing.
     */
    private void forceWhatEndedLongAgo(long now) throws IOException {
        long ended = recoveryPoint;
        for (Segment successor : segments.tailMap(recoveryPoint, false).values()) {
            if (successor.openedAt() < 0 || successor.openedAt() + OS_WRITES_WITHIN_MILLIS > now) {
                break;
            }
            ended = successor.baseOffset();
        }
        forceUpTo(ended);
    }

    /** From now on a restart need not check what ends before this offset, the beginning of a segment or the log's end. */
    private void forceUpTo(long offset) throws IOException {
        if (offset <= recoveryPoint) {
            return;
        }
        Long first = segments.floorKey(recoveryPoint);
        for (Segment segment : segments.subMap(first == null ? segments.firstKey() : first, offset).values()) {
            segment.force();
            segment.forceIndexes();
        }
        AtomicFile.forceFolder(folder.path());
        folder.recoveryPoint().write(offset);
        recoveryPoint = offset;
    }

    void force() throws IOException {
        active().force();
    }

    /** Shows readers what was appended. */
    void publish() {
        logEndOffset = nextOffset;
    }

    /** @return the new log start offset */
    long deleteRecordsBefore(long offset) throws IOException {
        if (offset > logEndOffset) {
            throw new OffsetOutOfRangeException(offset, logStartOffset, logEndOffset);
        }
        moveStart(offset);
        return logStartOffset;
    }

    /** Rolls by time, then drops whole segments that are too old or too many; who has read them does not matter. */
    void applyRetention(long now) throws IOException {
        forceWhatEndedLongAgo(now);
        Segment active = active();
        if (active.size() > 0 && (active.openedAt() + config.segmentMillis() < now && config.segmentMillis() < now
                || isExpired(active, now))) {
            roll();
        }
        long start = logStartOffset;
        long excess = config.retentionBytes() < 0 ? 0 : sizeInBytes() - config.retentionBytes();
        for (Segment segment : segments.headMap(active().baseOffset(), false).values()) {
            if (!isExpired(segment, now) && excess < segment.size()) {
                break;
            }
            excess -= segment.size();
            start = endOf(segment);
        }
        moveStart(start);
    }

    private boolean isExpired(Segment segment, long now) {
        return config.retentionMillis() >= 0 && segment.maxTimestamp() >= 0
                && now - segment.maxTimestamp() > config.retentionMillis();
    }

    private void moveStart(long offset) throws IOException {
        if (offset <= logStartOffset) {
            return;
        }
        folder.logStartOffset().write(offset);
        logStartOffset = offset;
        for (Segment segment : segments.headMap(active().baseOffset(), false).values()) {
            if (endOf(segment) > offset) {
                break;
            }
            segments.remove(segment.baseOffset());
            segment.delete();
            segment.release();
        }
    }

    /** Forces everything and notes that it is so: the next start need not scan. */
    void close() throws IOException {
        if (!closed) {
            closed = true;
            forceUpTo(nextOffset);
            releaseAll();
        }
    }

    /** Closes without a force, after a failure of the disk. */
    void abandon() throws IOException {
        closed = true;
        releaseAll();
    }

    void delete() throws IOException {
        closed = true;
        releaseAll();
        folder.delete();
    }

    private void releaseAll() throws IOException {
        for (Segment segment : segments.values()) {
            segments.remove(segment.baseOffset());
            segment.release();
        }
    }

    private Segment active() {
        return segments.lastEntry().getValue();
    }
}
