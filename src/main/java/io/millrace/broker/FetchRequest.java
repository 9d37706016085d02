package io.millrace.broker;

/**
 * @param minBytes  the fetch waits until this many bytes are there; 0: answer at once
 * @param maxBytes  at most this many bytes of batches, but at least one batch
 * @param maxWaitMs ... but no longer than this, in ms
 */
public record FetchRequest(String topic, int partition, FetchPosition from, int minBytes, int maxBytes,
                           long maxWaitMs) {
}
