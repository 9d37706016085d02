package io.millrace.transaction.state;

import io.millrace.metadata.TopicPartition;

/**
 * A transaction that is open in a partition, as the partition's leader sees it.
 *
 * @param producerEpoch of its records
 * @param firstOffset   of its first record in the partition: readers of committed records get no further
 * @param openMs        for how long the leader has known it, in ms: since it was written, or since the log was opened
 */
public record OpenTransaction(TopicPartition partition, long producerId, short producerEpoch, long firstOffset, long openMs) {
    /** What its marker has: one epoch above that of the records (KIP-890). */
    public ProducerIdAndEpoch marked() {
        return new ProducerIdAndEpoch(producerId, (short) (producerEpoch + 1));
    }
}
