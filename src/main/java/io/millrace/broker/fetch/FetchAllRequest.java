package io.millrace.broker.fetch;

import io.millrace.log.IsolationLevel;
import io.millrace.metadata.TopicIdPartition;
import io.millrace.replica.hosting.FetchPosition;
import java.util.List;
import java.util.UUID;

/**
 * Reads several partitions, those of one leader in the order given.
 *
 * @param isolation what is given of transactions; who reads committed is given no batch of an aborted one, and no control batch
 * @param minBytes  the fetch waits until this many bytes are there in all; 0: answer at once
 * @param maxBytes  about as many bytes of batches in all: each leader has an equal share, which it exceeds by less than
 *                  one batch; 0: nothing is read, the positions are resolved and the watermarks told, at once
 * @param maxWaitMs how long to wait for {@code minBytes}, in ms
 */
public record FetchAllRequest(List<Part> parts, IsolationLevel isolation, int minBytes, int maxBytes, long maxWaitMs) {
    public FetchAllRequest {
        parts = List.copyOf(parts);
    }

    /** By a reader that reads uncommitted. */
    public FetchAllRequest(List<Part> parts, int minBytes, int maxBytes, long maxWaitMs) {
        this(parts, IsolationLevel.READ_UNCOMMITTED, minBytes, maxBytes, maxWaitMs);
    }

    /**
     * One partition.
     *
     * @param topicId of the very topic that is meant, or null: whichever has the name now
     */
    public record Part(String topic, int partition, UUID topicId, FetchPosition from) {
        public Part(String topic, int partition, FetchPosition from) {
            this(topic, partition, null, from);
        }

        public Part(TopicIdPartition partition, FetchPosition from) {
            this(partition.topic(), partition.partition().partition(), partition.topicId(), from);
        }
    }
}
