package io.millrace.broker;

import io.millrace.log.write.PartitionLog;
import io.millrace.metadata.TopicPartition;
import io.millrace.record.EndTransactionMarker;
import io.millrace.record.RecordBatch;
import io.millrace.record.Sequences;
import io.millrace.transaction.state.ProducerIdAndEpoch;
import io.millrace.transaction.state.TransactionResult;
import java.util.HashMap;
import java.util.Map;

/** What is in a log of transactions whose producers all came to rest, held against what their coordinator decided. */
record LoggedTransfers(SimulatedCluster cluster, ModelCoordinator coordinator) {
    private static final int BYTES = 1 << 20;

    /** All of a log. */
    void check(TopicPartition partition, PartitionLog log) {
        Map<Long, ProducerIdAndEpoch> open = new HashMap<>();
        Map<Long, Short> ended = new HashMap<>();
        Map<ProducerIdAndEpoch, Integer> sequences = new HashMap<>();
        long offset = log.logStartOffset();
        while (offset < log.logEndOffset()) {
            for (RecordBatch batch : RecordBatch.in(log.read(offset, log.logEndOffset(), BYTES))) {
                ProducerIdAndEpoch by = new ProducerIdAndEpoch(batch.producerId(), batch.producerEpoch());
                short before = ended.getOrDefault(by.producerId(), (short) 0);
                cluster.check(batch.isControl() || before <= by.epoch(), "offset " + batch.baseOffset() + " of " + partition + " is of "
                        + by + " and comes behind the marker of epoch " + before);
                if (batch.isControl()) {
                    ended.merge(by.producerId(), by.epoch(), (one, other) -> one > other ? one : other);
                    checkEnd(partition, open.remove(by.producerId()), by, EndTransactionMarker.of(batch).orElseThrow());
                } else {
                    ProducerIdAndEpoch going = open.putIfAbsent(by.producerId(), by);
                    cluster.check(going == null || going.equals(by), by + " writes in " + partition + " to the transaction of " + going);
                    int sequence = sequences.getOrDefault(by, 0);
                    cluster.check(batch.baseSequence() == sequence, "offset " + batch.baseOffset() + " of " + partition + " has sequence "
                            + batch.baseSequence() + " of " + by + ", and " + sequence + " comes next");
                    sequences.put(by, Sequences.after(batch));
                }
                offset = batch.lastOffset() + 1;
            }
        }
        cluster.check(open.isEmpty(), "the transaction of " + open.values() + " is not ended in " + partition);
    }

    private void checkEnd(TopicPartition partition, ProducerIdAndEpoch ended, ProducerIdAndEpoch by, EndTransactionMarker marker) {
        if (ended == null) {
            return;
        }
        TransactionResult decided = coordinator.outcome(ended);
        cluster.check(by.epoch() > ended.epoch(), "the transaction of " + ended + " is ended in its own epoch in " + partition);
        cluster.check(decided != null && decided.name().equals(marker.type().name()), "the transaction of " + ended + " was decided "
                + decided + ", and the marker in " + partition + " is " + marker);
    }
}
