package io.millrace.transaction.state;

import io.millrace.metadata.TopicPartition;

/**
 * What a partition is told of a transaction's end: a control batch is to be written (KIP-98). Sent until it is answered, so
 * it may come twice, late, and from a coordinator that was replaced.
 *
 * @param producer         its epoch is one higher than that of the records, by which a partition tells whose end it is (KIP-890)
 * @param coordinatorEpoch of the leadership of the coordinator's partition that sends it, from 0
 */
public record TransactionMarker(TopicPartition partition, ProducerIdAndEpoch producer, int coordinatorEpoch,
                                TransactionResult result) {
}
