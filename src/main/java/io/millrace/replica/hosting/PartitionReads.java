package io.millrace.replica.hosting;

import io.millrace.log.AbortedTransaction;
import io.millrace.log.CorruptLogException;
import io.millrace.log.IsolationLevel;
import io.millrace.log.LeaderEpochEnd;
import io.millrace.log.OffsetAndTimestamp;
import io.millrace.log.OffsetOutOfRangeException;
import io.millrace.log.write.PartitionLog;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.record.RecordBatch;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.function.LongFunction;

/** What consumers read of a partition that this broker leads: committed records only. Thread-safe. */
public final class PartitionReads {
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0).asReadOnlyBuffer();

    /** @param from where the batches begin, or where to go on when there are none */
    private record Found(long from, ByteBuffer batches) {
    }

    private final Partition partition;
    private final PartitionLog log;
    private final ReplicaContext context;

    PartitionReads(Partition partition, PartitionLog log, ReplicaContext context) {
        this.partition = partition;
        this.log = log;
        this.context = context;
    }

    /** Where a fetch begins. */
    public long resolve(FetchPosition from, IsolationLevel isolation) {
        if (from instanceof FetchPosition.AtOffset at) {
            return at.offset();
        } else if (from instanceof FetchPosition.Earliest) {
            return log.logStartOffset();
        } else if (from instanceof FetchPosition.AtTimestamp at) {
            return offsetForTimestamp(at.timestamp(), isolation).map(OffsetAndTimestamp::offset)
                    .orElseGet(() -> knownEnd(isolation));
        } else if (from instanceof FetchPosition.EndOfEpoch of) {
            LeaderEpochEnd end = log.endOffsetOf(of.epoch());
            return end.epoch() == LeaderEpochEnd.NO_EPOCH ? knownEnd(isolation) : end.endOffset();
        }
        return knownEnd(isolation);
    }

    /** The first record that such a reader can read with this timestamp or a later one. */
    public Optional<OffsetAndTimestamp> offsetForTimestamp(long timestamp, IsolationLevel isolation) {
        check();
        long end = partition.watermark().end(isolation);
        return log.offsetForTimestamp(timestamp).filter(found -> found.offset() < end);
    }

    public PartitionOffsets offsets(IsolationLevel isolation) {
        check();
        return new PartitionOffsets(log.logStartOffset(), knownEnd(isolation));
    }

    /**
     * The high watermark, or the last stable offset, once it is certain that no reader has seen a higher one: a new leader
     * knows it only as far as it was told, and learns the rest from its followers.
     *
     * @throws BrokerException UNAVAILABLE until then
     */
    private long knownEnd(IsolationLevel isolation) {
        if (!partition.state().isHighWatermarkKnown()) {
            throw new BrokerException(ErrorKind.UNAVAILABLE, "partition " + partition.id() + " has just got a new leader, which"
                    + " does not know its high watermark yet: try again in a moment");
        }
        return partition.watermark().end(isolation);
    }

    /**
     * What such a reader can read at and after an offset; an offset between that end and the log's waits.
     *
     * @param lastEpoch leader epoch of the record before the offset, as the reader has it, or -1
     * @throws BrokerException OFFSET_OUT_OF_RANGE, also when the log does not have that record any more
     */
    public PartitionRead read(long offset, int maxBytes, int lastEpoch, IsolationLevel isolation, ReadMemory memory) {
        return read(offset, lastEpoch, isolation, end -> {
            long from = log.passEmpty(offset, end); // who is given no record would come for the same again
            return new Found(from, from >= end ? NOTHING.duplicate() : log.read(from, end, maxBytes, memory::take));
        });
    }

    /** As {@link #read}, without reading any batch. */
    public PartitionRead peek(long offset, int lastEpoch, IsolationLevel isolation) {
        return read(offset, lastEpoch, isolation, end -> new Found(offset, NOTHING.duplicate()));
    }

    private PartitionRead read(long offset, int lastEpoch, IsolationLevel isolation, LongFunction<Found> reading) {
        check();
        boolean known = partition.state().isHighWatermarkKnown();
        Watermark seen = partition.watermark();
        long end = seen.end(isolation);
        if (offset < log.logStartOffset() || offset > log.logEndOffset()) {
            throw outOfRange(offset);
        }
        checkSameHistory(offset, lastEpoch);
        Found found;
        List<AbortedTransaction> aborted;
        try {
            found = reading.apply(end);
            aborted = isolation == IsolationLevel.READ_COMMITTED ? aborted(found) : List.of();
        } catch (OffsetOutOfRangeException movedMeanwhile) {
            throw outOfRange(offset);
        } catch (CorruptLogException damage) {
            partition.foundDamage(offset);
            throw damage;
        } catch (RuntimeException failure) {
            partition.checkServing();
            throw failure;
        }
        long next = found.from();
        // Over offsets without records the history is that of the log.
        int epoch = next > offset ? log.epochAt(next - 1) : lastEpoch;
        for (RecordBatch batch : RecordBatch.in(found.batches())) {
            next = batch.lastOffset() + 1;
            epoch = batch.leaderEpoch();
        }
        return new PartitionRead(new FetchResult(offset, next, known ? seen.highWatermark() : FetchResult.NOT_KNOWN,
                known ? seen.lastStableOffset() : FetchResult.NOT_KNOWN, log.logStartOffset(), epoch, found.batches(), aborted),
                isolation, seen);
    }

    /** After the batches were read, so that whatever begins and ends around them is known by then. */
    private List<AbortedTransaction> aborted(Found found) {
        long end = found.from();
        for (RecordBatch batch : RecordBatch.in(found.batches())) {
            end = batch.lastOffset() + 1;
        }
        return log.transactions().aborted(found.from(), end);
    }

    private void checkSameHistory(long offset, int lastEpoch) {
        if (lastEpoch < 0) {
            return;
        }
        LeaderEpochEnd end = log.endOffsetOf(lastEpoch);
        if (end.epoch() != LeaderEpochEnd.NO_EPOCH && (end.epoch() != lastEpoch || end.endOffset() < offset)) {
            throw new BrokerException(ErrorKind.OFFSET_OUT_OF_RANGE, ("the record before offset %d, of leader epoch %d,"
                    + " is not in partition %s any more: the log was cut back, and goes on differently from offset %d"
                    + " on; go on from there").formatted(offset, lastEpoch, partition.id(), end.endOffset()));
        }
    }

    /** @throws BrokerException NOT_LEADER, UNAVAILABLE, or why the partition serves nothing any more */
    void check() {
        partition.requireLeadership();
        context.requireLease();
    }

    BrokerException outOfRange(long offset) {
        return new BrokerException(ErrorKind.OFFSET_OUT_OF_RANGE,
                "offset %d is out of range: partition %d of topic '%s' has offsets %d to %d (the high watermark)"
                        .formatted(offset, partition.partition(), partition.topic(), log.logStartOffset(),
                                partition.highWatermark()));
    }
}
