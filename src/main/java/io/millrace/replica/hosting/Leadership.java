package io.millrace.replica.hosting;

import io.millrace.log.AppendResult;
import io.millrace.log.CorruptLogException;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.TopicPartition;
import io.millrace.record.EndTransactionMarker;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * One leadership of a partition on this broker, for who writes the partition alone and keeps what is in it in memory: it
 * reads the log to its end, committed or not, and what it appends is refused once the leadership is over. It goes on in
 * the next epoch where this broker goes on to lead, because nobody else can have written anything between. Thread-safe.
 */
public final class Leadership {
    private final Partition partition;
    private final ReplicaContext context;
    private final int id;

    private Leadership(Partition partition, ReplicaContext context, int id) {
        this.partition = partition;
        this.context = context;
        this.id = id;
    }

    /** The present one; empty when this broker does not lead. */
    static Optional<Leadership> of(Partition partition, ReplicaContext context) {
        var state = partition.state();
        return state.isLeading() ? Optional.of(new Leadership(partition, context, state.leadership())) : Optional.empty();
    }

    public TopicPartition partition() {
        return partition.id();
    }

    /** In which it began. */
    public int epoch() {
        return id;
    }

    /** Once it is over, it stays so. */
    public boolean isOver() {
        var state = partition.state();
        return !state.isLeading() || state.leadership() != id;
    }

    public long logStartOffset() {
        return partition.log().logStartOffset();
    }

    /**
     * Where the log ends, committed or not, once nothing can be written any more that was queued in an earlier leadership
     * of this broker: that may be written after this one began.
     */
    public CompletableFuture<Long> settled() {
        return partition.log().directory().settled(partition.log());
    }

    /** The largest batch, in bytes. */
    public int maxBatchBytes() {
        return partition.config().maxMessageBytes();
    }

    /**
     * Whole batches from an offset on, also such as are not committed; empty when there are none below the end.
     *
     * @param maxBytes more only for the first batch
     * @throws CorruptLogException what is stored there is damaged; the replica is healed from another one, if there is one
     */
    public ByteBuffer read(long offset, long endOffset, int maxBytes) {
        try {
            return partition.log().read(offset, endOffset, maxBytes);
        } catch (CorruptLogException damage) {
            partition.foundDamage(offset);
            throw damage;
        }
    }

    /** See {@link PartitionAppends#append(List, int)}. */
    public PartitionAppends.Appending append(List<ByteBuffer> batches) {
        return partition.appends().append(batches, id);
    }

    /** See {@link PartitionAppends#endTransaction(long, short, EndTransactionMarker, long, int)}. */
    public PartitionAppends.Appending endTransaction(long producerId, short epoch, EndTransactionMarker marker, long timestamp) {
        return partition.appends().endTransaction(producerId, epoch, marker, timestamp, id);
    }

    /** See {@link PartitionAppends#committed}. */
    public CompletableFuture<AppendResult> committed(long endOffset) {
        return partition.appends().committed(endOffset, id);
    }

    /** @throws BrokerException UNAVAILABLE when another broker may lead by now: what is read here may be old */
    public void requireLease() {
        context.requireLease();
    }
}
