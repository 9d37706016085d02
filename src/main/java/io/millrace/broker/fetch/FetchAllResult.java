package io.millrace.broker.fetch;

import io.millrace.broker.Broker;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.TopicPartition;
import io.millrace.replica.hosting.FetchResult;
import java.util.List;

/**
 * What was read of several partitions.
 *
 * @param parts one for each that was asked for, in the same order
 */
public record FetchAllResult(List<Part> parts) {
    public FetchAllResult {
        parts = List.copyOf(parts);
    }

    /**
     * One partition: either a result, with no batches when nothing was read, or a failure; the other one is null.
     *
     * @param failure of this partition alone, as that of {@link Broker#fetch}
     */
    public record Part(TopicPartition id, FetchResult result, BrokerException failure) {
        static Part read(TopicPartition id, FetchResult result) {
            return new Part(id, result, null);
        }

        static Part failed(TopicPartition id, BrokerException failure) {
            return new Part(id, null, failure);
        }

        /** Of batches; 0 when it failed. */
        public int bytes() {
            return result == null ? 0 : result.batches().remaining();
        }
    }
}
