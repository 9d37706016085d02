package io.millrace.rest.dialect;

import io.millrace.broker.produce.RecordAccumulator;
import java.util.List;
import java.util.Map;
import java.util.function.IntUnaryOperator;

/**
 * The idempotent producer (KIP-98) that a list of records names.
 *
 * @param id            0 and above
 * @param epoch         0 and above
 * @param baseSequences by partition, the sequence of the first of its records: 0 to 2^31 - 1. Or a single one under
 *                      {@link RecordAccumulator#ANY_PARTITION}, for the only partition that the records go to
 */
public record ListProducer(long id, short epoch, Map<Integer, Integer> baseSequences) {
    public ListProducer {
        baseSequences = Map.copyOf(baseSequences);
    }

    /**
     * The base sequence of each partition.
     *
     * @param partitions to which the records go
     * @throws RequestException 422 when the list does not say which one a partition has
     */
    public IntUnaryOperator sequencesIn(List<Integer> partitions) {
        Integer only = baseSequences.get(RecordAccumulator.ANY_PARTITION);
        if (only != null) {
            if (partitions.size() > 1) {
                throw RequestException.unprocessable("\"base_sequence\" is one number, but the records go to the partitions "
                        + partitions + ", each of which counts by itself: send an object with the sequence of each, such as "
                        + "{\"0\":5,\"1\":7}");
            }
            return partition -> only;
        }
        for (int partition : partitions) {
            if (!baseSequences.containsKey(partition)) {
                throw RequestException.unprocessable("\"base_sequence\" has no sequence for partition " + partition
                        + ", to which records go: the records go to the partitions " + partitions);
            }
        }
        return baseSequences::get;
    }
}
