package io.millrace.rest.body;

/**
 * What a request may take.
 *
 * @param maxRequestBytes the largest request body, in bytes, 1 or more
 * @param memoryBytes     request bodies and fetched records that may be in memory at a time, in bytes; at least twice
 *                        {@code maxRequestBytes} and {@code maxFetchBytes}, for one is turned into the other
 * @param maxFetchBytes   cap of a fetch's {@code max_bytes}, in bytes, 1 or more
 * @param maxFetchWaitMs  cap of a fetch's {@code timeout}, in ms, 0 or more
 * @param answerTimeoutMs how long a client may take over its answer, in ms, 1 or more
 */
public record RestLimits(int maxRequestBytes, long memoryBytes, int maxFetchBytes, long maxFetchWaitMs, long answerTimeoutMs) {
    public RestLimits {
        if (maxRequestBytes < 1 || maxFetchBytes < 1 || maxFetchWaitMs < 0 || answerTimeoutMs < 1) {
            throw new IllegalArgumentException("limits of requests must be positive: request " + maxRequestBytes
                    + " bytes, fetch " + maxFetchBytes + " bytes, wait " + maxFetchWaitMs + " ms, answer "
                    + answerTimeoutMs + " ms");
        }
        if (memoryBytes < 2L * maxRequestBytes || memoryBytes < 2L * maxFetchBytes) {
            throw new IllegalArgumentException("the memory for requests (" + memoryBytes
                    + " bytes) must be at least twice that of one request (" + maxRequestBytes
                    + " bytes) and of one fetch (" + maxFetchBytes + " bytes)");
        }
    }
}
