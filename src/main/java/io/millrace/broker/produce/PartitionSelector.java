package io.millrace.broker.produce;

import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.Partitioner;
import io.millrace.metadata.config.KeyHashPartitioner;
import io.millrace.metadata.topics.CachedTopic;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.IntPredicate;

/** Finds the partition of each record of one request that names none. Used by the request's thread only. */
public final class PartitionSelector {
    /** How much goes to one partition before records without a key move on to the next, in bytes. */
    static final int STICKY_BYTES = 16 * 1024;
    private static final int NONE = -1;

    private final CachedTopic topic;
    private final Optional<Partitioner> custom;
    private final IntPredicate writable;
    private int sticky = NONE;
    private int firstInTurn = NONE;
    private long stickyBytes;

    public PartitionSelector(CachedTopic topic, Optional<Partitioner> custom, IntPredicate writable) {
        this.topic = topic;
        this.custom = custom;
        this.writable = writable;
    }

    /**
     * @param record the record's index in the request, for the message
     * @throws BrokerException INVALID_REQUEST when the application's partitioner fails
     */
    int select(int record, ByteBuffer key, ByteBuffer value) {
        if (custom.isPresent()) {
            return ask(custom.get(), record, key, value);
        }
        return key == null ? sticky(record, value) : KeyHashPartitioner.partition(key, topic.partitionCount());
    }

    /**
     * Index of the first record that was given a partition because it was that one's turn, and that another request would
     * give another one; empty when there is none.
     */
    OptionalInt firstInTurn() {
        return firstInTurn == NONE ? OptionalInt.empty() : OptionalInt.of(firstInTurn);
    }

    private int sticky(int record, ByteBuffer value) {
        if (firstInTurn == NONE && topic.partitionCount() > 1) {
            firstInTurn = record;
        }
        if (sticky == NONE || stickyBytes >= STICKY_BYTES) {
            sticky = topic.keyless().next(topic.partitionCount(), writable);
            stickyBytes = 0;
        }
        stickyBytes += value == null ? 0 : value.remaining();
        return sticky;
    }

    private int ask(Partitioner partitioner, int record, ByteBuffer key, ByteBuffer value) {
        int partitions = topic.partitionCount();
        int chosen;
        try {
            chosen = partitioner.partition(topic.name(), view(key), view(value), partitions);
        } catch (RuntimeException failure) {
            throw new BrokerException(ErrorKind.INVALID_REQUEST, "record %d: partitioner '%s' failed on it: %s"
                    .formatted(record, partitioner.name(), failure), failure);
        }
        if (chosen < 0 || chosen >= partitions) {
            throw new BrokerException(ErrorKind.INVALID_REQUEST,
                    "record %d: partitioner '%s' answered partition %d, topic '%s' has partitions 0 to %d"
                            .formatted(record, partitioner.name(), chosen, topic.name(), partitions - 1));
        }
        return chosen;
    }

    /** Foreign code may move the position; it must not move ours. */
    private static ByteBuffer view(ByteBuffer bytes) {
        return bytes == null ? null : bytes.asReadOnlyBuffer();
    }
}
