package io.millrace.log.write;

import io.millrace.log.AppendResult;
import io.millrace.log.CorruptLogException;
import io.millrace.log.DamagedRange;
import io.millrace.log.FlushPolicy;
import io.millrace.log.LeaderEpochEnd;
import io.millrace.log.LogConfig;
import io.millrace.log.LogName;
import io.millrace.log.OffsetAndTimestamp;
import io.millrace.log.OffsetOutOfRangeException;
import io.millrace.log.Truncation;
import io.millrace.log.segment.DamageReports;
import io.millrace.log.segment.LogView;
import io.millrace.log.segment.Segment;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;

/** One partition's log, as others see it: read by any thread; changed by its {@link LogDirectory}'s writer, as a {@link WritableLog}. */
public final class PartitionLog {
    private static final Logger LOG = System.getLogger(PartitionLog.class.getName());

    private final LogName name;
    private final UUID topicId;
    private final LogDirectory directory;
    private final LogReader reader;
    private final LogAudit audit;
    private final LogTransactions transactions;
    /** Replaced by whoever reconfigures; the writer takes it anew for each group of appends. */
    private volatile LogConfig config;
    /** Replaced by the log writer only; null when the log was closed or deleted. */
    private volatile LogView view;
    /** What {@link #view} was when the log was closed, for the offsets. */
    private volatile LogView lastView;
    private volatile Runnable writtenListener = () -> { };
    /** Lowest leader epoch that may append: what is cut off takes its epochs with it, but not this. */
    private final AtomicInteger epochFloor = new AtomicInteger(LeaderEpochEnd.NO_EPOCH);
    private WritableLog writable;
    private HighWatermark watermark;
    private LogUpkeep upkeep;

    PartitionLog(LogName name, UUID topicId, LogDirectory directory, LogConfig config, DamageReports reports) {
        this.name = name;
        this.topicId = topicId;
        this.directory = directory;
        this.config = config;
        this.reader = new LogReader(this, reports);
        this.audit = new LogAudit(this, reports);
        this.transactions = new LogTransactions(this, reader);
    }

    public String topic() {
        return name.topic();
    }

    public int partition() {
        return name.partition();
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

    /** From the next append on; where that is to be forced from now on, what is there already is forced at once. */
    public void reconfigure(LogConfig newConfig) {
        FlushPolicy before = config.flush();
        this.config = newConfig;
        if (newConfig.flush() == FlushPolicy.COMMIT && before != FlushPolicy.COMMIT) {
            directory.checkpoint(this);
        }
    }

    /** The first offset that can be read. */
    public long logStartOffset() {
        return lastView.logStartOffset();
    }

    /**
     * The offset the next record gets: records below it are written and can be read, by other replicas above all. They
     * stay, also where the force that the flush policy asks for fails for want of space.
     */
    public long logEndOffset() {
        return lastView.logEndOffset();
    }

    /**
     * The offset below which records are as safe as the flush policy says: with {@code commit} forced, else as the log
     * end offset. Never above that; appends complete when it has moved over them.
     */
    public long durableEndOffset() {
        return lastView.durableEndOffset();
    }

    /**
     * Calls somebody, instead of whoever was before, each time that the log end offset has moved and the durable one has
     * not yet. On the log writer's thread, which waits: it must return at once and not throw.
     */
    public void onWritten(Runnable listener) {
        this.writtenListener = listener;
    }

    /**
     * The offset below which records are committed: of a replicated log what {@link #raiseHighWatermark} and the
     * directory's checkpoint say, and never outside of the log; of another one its durable end.
     */
    public long highWatermark() {
        return watermark.value();
    }

    /**
     * Any thread: records below the offset are committed. It never goes back by this, and never beyond the log end
     * offset; durable some seconds later, which is early enough, as others can tell it again.
     */
    public void raiseHighWatermark(long offset) {
        watermark.raise(offset);
    }

    /** Whether it is one of several replicas: only those together know what is committed. */
    public boolean isReplicated() {
        return watermark.isReplicated();
    }

    public LogTransactions transactions() {
        return transactions;
    }

    /** What it is compacted and shortened by. */
    public LogUpkeep upkeep() {
        return upkeep;
    }

    /** Records below may have given way to newer ones of their keys, all of which are below too. */
    public long cleanedOffset() {
        return writable.compaction().cleanedOffset();
    }

    /**
     * Whether acknowledged records may be missing at the log's end: its flush policy is not {@code commit}, and the
     * operating system went down in an earlier run, or it is not known that it did not. Until {@link #settleLoss()}, in
     * later runs as well.
     */
    public boolean mayHaveLost() {
        return directory.checkpoints().mayHaveLost(name);
    }

    /** Any thread: nobody relies on what may be missing any more. Durable some seconds later. */
    public void settleLoss() {
        directory.checkpoints().settleLoss(name);
    }

    /**
     * Any thread: a leader epoch has begun, and no append that is queued from now on by, or was fetched from, the leader
     * of an older one reaches the log, whatever is cut off meanwhile; what is queued already may. It never goes back; a log
     * that is opened begins with its newest epoch, or the newest that its partition has had.
     */
    public void raiseEpochFloor(int epoch) {
        epochFloor.accumulateAndGet(epoch, Math::max);
    }

    int epochFloor() {
        return epochFloor.get();
    }

    /** Leader epoch in force at an offset, or -1 when none is known. */
    public int epochAt(long offset) {
        return writable.epochs().published().at(offset);
    }

    /** Leader epoch of the last record, or -1 when there is none. */
    public int epochOfLastRecord() {
        return endOffsetOf(Integer.MAX_VALUE).epoch();
    }

    /**
     * The newest leader epoch with records here that is not newer than the given one, and the offset after its last
     * record; epoch -1 and the log start offset when there is none.
     */
    public LeaderEpochEnd endOffsetOf(int epoch) {
        long logEnd = logEndOffset();
        return writable.epochs().published().endOf(epoch, logStartOffset(), logEnd);
    }

    public long sizeInBytes() {
        return lastView.sizeInBytes();
    }

    public int segmentCount() {
        return lastView.segments().size();
    }

    /**
     * Whole batches, each checked against its CRC, beginning with the one that holds {@code offset}: a heap buffer of
     * at most {@code maxBytes}, but always at least one batch when there is one; empty when there is none below
     * {@code maxOffset}. Ends at a segment's end, and before a damaged batch.
     *
     * @param maxOffset exclusive: batches whose last offset is at or above it are not handed out
     * @throws OffsetOutOfRangeException when the offset is below the log start offset or above the log end offset
     * @throws CorruptLogException       when the very batch that holds the offset is damaged
     * @throws IllegalStateException     when the log was closed or deleted
     * @throws UncheckedIOException      when the disk cannot be read, or the thread was interrupted
     */
    public ByteBuffer read(long offset, long maxOffset, int maxBytes) {
        return reader.read(offset, maxOffset, maxBytes, ByteBuffer::allocate);
    }

    /**
     * @param beforeAllocation told the size in bytes of each buffer before it is made, even of one that is given up in
     *                         favour of a larger one; what it throws ends the read
     */
    public ByteBuffer read(long offset, long maxOffset, int maxBytes, IntConsumer beforeAllocation) {
        return reader.read(offset, maxOffset, maxBytes, bytes -> {
            beforeAllocation.accept(bytes);
            return ByteBuffer.allocate(bytes);
        });
    }

    /**
     * As {@link #read(long, long, int)}, into a buffer of the caller's, heap or direct, to be used again.
     *
     * @param target the batches go to its position, and no more than it has room for; position and limit stay as they
     * are
     * @return a view of the target, or a new heap buffer when the first batch alone has no room there
     */
    public ByteBuffer read(long offset, long maxOffset, ByteBuffer target) {
        return reader.read(offset, maxOffset, target.remaining(), bytes -> bytes <= target.remaining()
            ? target.slice(target.position(), bytes) : ByteBuffer.allocate(bytes));
    }

    /**
     * The first offset, from one on and up to another, whose batch has records or is damaged: compaction leaves batches
     * without. Throws what {@link #read(long, long, int)} throws, but nothing about damage.
     */
    public long passEmpty(long offset, long maxOffset) {
        boolean compacted = cleanedOffset() > 0 || config.cleanup().compaction().isPresent();
        return compacted ? reader.passEmpty(offset, maxOffset) : offset;
    }

    /**
     * The first record, in offset order, whose timestamp is at or after the given one (ms since the epoch); damaged
     * batches are passed over.
     *
     * @throws IllegalStateException when the log was closed or deleted
     * @throws UncheckedIOException  when the disk cannot be read, or the thread was interrupted
     */
    public Optional<OffsetAndTimestamp> offsetForTimestamp(long timestamp) {
        return reader.offsetForTimestamp(timestamp);
    }

    /**
     * The damage around an offset, in one segment; empty when the batch that holds the offset is intact. Reads all of the
     * segment: not for a thread that others wait for.
     *
     * @throws OffsetOutOfRangeException when the log has no such record
     * @throws IllegalStateException     when the log was closed or deleted
     * @throws UncheckedIOException      when the disk cannot be read, or the thread was interrupted
     */
    public Optional<DamagedRange> damagedRange(long offset) {
        return audit.damagedRange(offset);
    }

    /**
     * Reads the segment with a base offset, where there is one, and tells of damage in it.
     *
     * @return false when the pace ended it
     * @throws UncheckedIOException when the disk cannot be read, or the thread was interrupted
     */
    boolean scrub(long baseOffset, Pace pace) {
        return audit.scrub(baseOffset, pace);
    }

    /** @throws IllegalStateException when the log was closed or deleted */
    LogView openView() {
        LogView current = view;
        if (current == null) {
            throw new IllegalStateException("the log of " + name + " is closed");
        }
        return current;
    }

    UncheckedIOException failedRead(Segment segment, IOException cause) {
        return new UncheckedIOException("reading " + segment.file().path().getFileName() + " of " + name
            + " failed: check the disk under " + directory.root() + " (" + cause + ")", cause);
    }

    void release(Segment segment) {
        try {
            segment.release();
        } catch (IOException e) {
            LOG.log(Level.WARNING, () -> "closing " + segment.file().path() + " failed; it stays open", e);
        }
    }

    // ---- changes, carried out by the directory's writer in the order of the calls

    public CompletableFuture<AppendResult> append(List<ByteBuffer> batches, int leaderEpoch) {
        return directory.append(this, batches, leaderEpoch);
    }

    /** See {@link LogDirectory#appendReplicated}. */
    public CompletableFuture<AppendResult> appendReplicated(ByteBuffer batches, int leaderEpoch) {
        return directory.appendReplicated(this, batches, leaderEpoch);
    }

    /** See {@link LogDirectory#truncateTo(PartitionLog, long, Truncation)}. */
    public CompletableFuture<Long> truncateTo(long offset, Truncation truncation) {
        return directory.truncateTo(this, offset, truncation);
    }

    public CompletableFuture<Long> beginAnew(long offset, Truncation truncation) {
        return directory.beginAnew(this, offset, truncation);
    }

    public CompletableFuture<Long> advanceLogStart(long offset) {
        return directory.advanceLogStart(this, offset);
    }

    /** See {@link LogDirectory#deleteRecordsBefore}. */
    public CompletableFuture<Long> deleteRecordsBefore(long offset) {
        return directory.deleteRecordsBefore(this, offset);
    }

    /** See {@link LogDirectory#replaceRange}. */
    public CompletableFuture<Long> replaceRange(ByteBuffer batches, Executor executor) {
        return directory.replaceRange(this, batches, executor);
    }

    public CompletableFuture<Path> setAside() {
        return directory.setAside(this);
    }

    /** See {@link LogDirectory#delete(PartitionLog)}. */
    public CompletableFuture<Void> delete() {
        return directory.delete(this);
    }

    public boolean isOnline() {
        return directory.failure() == null;
    }

    // ---- the log writer

    LogName name() {
        return name;
    }

    WritableLog writable() {
        return writable;
    }

    /** Before the log is handed out. */
    void attach(WritableLog writersHalf, HighWatermark highWatermark) {
        this.writable = writersHalf;
        this.watermark = highWatermark;
        this.upkeep = new LogUpkeep(highWatermark.isReplicated());
    }

    HighWatermark watermark() {
        return watermark;
    }

    LogView lastView() {
        return lastView;
    }

    void publish(LogView newView) {
        watermark.follow(newView.logStartOffset(), newView.logEndOffset(), newView.durableEndOffset());
        this.lastView = newView;
        this.view = newView;
    }

    /** What was published last is written, and about to be forced. */
    void tellWritten() {
        writtenListener.run();
    }

    void closeToReaders() {
        lastView = lastView.closed();
        view = null;
    }
}
