package io.millrace.broker.fetch;

import io.millrace.log.IsolationLevel;
import io.millrace.replica.hosting.FetchPosition;

/**
 * @param isolation what is given of transactions
 * @param whole     whether the batches are as they stand, and the result names the aborted transactions among them; else who
 *                  reads committed is given no batch of these, and no control batch
 * @param lastEpoch leader epoch of the record before the position, when the reader knows it, else -1: the fetch fails
 *                  when that record is not in the log any more
 * @param minBytes  the fetch waits until this many bytes are there; 0: answer at once
 * @param maxBytes  at most this many bytes of batches, but at least one batch
 * @param maxWaitMs ... but no longer than this, in ms
 */
public record FetchRequest(String topic, int partition, FetchPosition from, IsolationLevel isolation, boolean whole,
                           int lastEpoch, int minBytes, int maxBytes, long maxWaitMs) {
    /** By a reader that reads uncommitted and does not know the epoch of the record before. */
    public FetchRequest(String topic, int partition, FetchPosition from, int minBytes, int maxBytes, long maxWaitMs) {
        this(topic, partition, from, -1, minBytes, maxBytes, maxWaitMs);
    }

    /** By a reader that reads uncommitted. */
    public FetchRequest(String topic, int partition, FetchPosition from, int lastEpoch, int minBytes, int maxBytes,
                        long maxWaitMs) {
        this(topic, partition, from, IsolationLevel.READ_UNCOMMITTED, true, lastEpoch, minBytes, maxBytes, maxWaitMs);
    }
}
