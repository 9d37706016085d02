package io.millrace.broker;

import io.millrace.log.AppendResult;
import io.millrace.log.OffsetAndTimestamp;
import io.millrace.log.OffsetOutOfRangeException;
import io.millrace.log.PartitionLog;
import io.millrace.log.record.RecordBatch;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/** A hosted partition: its log, its high watermark, and the fetches that wait for it to move. Thread-safe. */
final class Partition implements PartitionSlot {
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0).asReadOnlyBuffer();

    private final PartitionLog log;
    private final int leaderEpoch;
    private final ParkedFetches parked;
    /** Moved by the directory's writer only, when it completes an append. */
    private volatile Watermark watermark;
    /** Replaced under the topic's lock, see {@link TopicCatalog}. */
    private volatile TopicConfig config;
    /** Why the partition serves nothing any more, once it was retired. */
    private volatile BrokerException retired;

    Partition(PartitionLog log, int leaderEpoch, TopicConfig config, Executor wakers) {
        this.log = log;
        this.leaderEpoch = leaderEpoch;
        this.config = config;
        this.watermark = new Watermark(log.logEndOffset(), 0);
        this.parked = new ParkedFetches(wakers, () -> watermark.bytes());
    }

    @Override
    public UUID topicId() {
        return log.topicId();
    }

    String topic() {
        return log.topic();
    }

    int partition() {
        return log.partition();
    }

    PartitionLog log() {
        return log;
    }

    TopicConfig config() {
        return config;
    }

    Watermark watermark() {
        return watermark;
    }

    long highWatermark() {
        return watermark.highWatermark();
    }

    ParkedFetches parked() {
        return parked;
    }

    boolean isWritable() {
        return retired == null && log.directory().failure() == null;
    }

    void reconfigure(TopicConfig changed) {
        config = changed;
        log.reconfigure(changed.log());
    }

    /**
     * Queues whole batches; completes on the writer's thread, after the high watermark has passed them.
     *
     * @throws RuntimeException of {@link io.millrace.log.LogDirectory#append}, or BrokerException once retired
     */
    CompletableFuture<AppendResult> append(List<ByteBuffer> batches) {
        checkServing();
        long bytes = batches.stream().mapToLong(ByteBuffer::remaining).sum();
        return unlessRetired(log.directory().append(log, batches, leaderEpoch).thenApply(appended -> {
            watermark = watermark.after(appended.lastOffset(), bytes);
            parked.wake();
            return appended;
        }));
    }

    PartitionStatus status() {
        return new PartitionStatus(topic(), partition(), log.logStartOffset(), log.logEndOffset(), highWatermark(),
                log.sizeInBytes(), log.segmentCount());
    }

    /** The offset where a fetch begins. */
    long resolve(FetchPosition from) {
        if (from instanceof FetchPosition.AtOffset at) {
            return at.offset();
        } else if (from instanceof FetchPosition.Earliest) {
            return log.logStartOffset();
        } else if (from instanceof FetchPosition.AtTimestamp at) {
            return offsetForTimestamp(at.timestamp()).map(OffsetAndTimestamp::offset).orElseGet(this::highWatermark);
        }
        return highWatermark();
    }

    /** The first committed record with this timestamp or a later one. */
    Optional<OffsetAndTimestamp> offsetForTimestamp(long timestamp) {
        checkServing();
        long end = highWatermark();
        return log.offsetForTimestamp(timestamp).filter(found -> found.offset() < end);
    }

    /**
     * What is committed at and after an offset.
     *
     * @throws BrokerException OFFSET_OUT_OF_RANGE
     */
    PartitionRead read(long offset, int maxBytes) {
        checkServing();
        Watermark seen = watermark;
        long end = seen.highWatermark();
        if (offset < log.logStartOffset() || offset > end) {
            throw outOfRange(offset);
        }
        ByteBuffer batches;
        try {
            batches = offset == end ? NOTHING.duplicate() : log.read(offset, end, maxBytes);
        } catch (OffsetOutOfRangeException startMovedMeanwhile) {
            throw outOfRange(offset);
        } catch (RuntimeException failure) {
            checkServing();
            throw failure;
        }
        long next = offset;
        long records = 0;
        for (RecordBatch batch : RecordBatch.in(batches)) {
            next = batch.lastOffset() + 1;
            records += batch.recordCount();
        }
        return new PartitionRead(new FetchResult(offset, next, end, log.logStartOffset(), batches), records, seen);
    }

    /** @throws BrokerException OFFSET_OUT_OF_RANGE */
    CompletableFuture<Long> deleteRecordsBefore(long offset) {
        checkServing();
        if (offset > highWatermark()) {
            throw outOfRange(offset);
        }
        return unlessRetired(log.directory().deleteRecordsBefore(log, offset));
    }

    /** From now on everything is answered with this, also what is parked; the log stays as it is. */
    void retire(BrokerException reason) {
        retired = reason;
        parked.close(reason);
    }

    /** A log that goes away under a request fails it in the log's words; that the topic was deleted says more. */
    private <T> CompletableFuture<T> unlessRetired(CompletableFuture<T> change) {
        return change.exceptionally(failure -> {
            checkServing();
            throw BrokerErrors.translate(failure);
        });
    }

    private void checkServing() {
        BrokerException reason = retired;
        if (reason != null) {
            throw new BrokerException(reason.kind(), reason.getMessage(), reason);
        }
    }

    private BrokerException outOfRange(long offset) {
        return new BrokerException(ErrorKind.OFFSET_OUT_OF_RANGE,
                "offset %d is out of range: partition %d of topic '%s' has offsets %d to %d (the high watermark)"
                        .formatted(offset, partition(), topic(), log.logStartOffset(), highWatermark()));
    }
}
