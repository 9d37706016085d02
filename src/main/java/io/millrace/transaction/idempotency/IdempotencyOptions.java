package io.millrace.transaction.idempotency;

/**
 * What idempotency keys are configured with.
 *
 * @param expirationMs how long a key is known after its request was begun, and then after it was carried out, in ms; far longer
 *                     than a request takes
 * @param maxKeys      the most keys that a partition knows, where one that takes more than 512 bytes counts as several
 * @param maxUnfinished the most requests that a partition knows as begun and not as carried out, those for one topic being no more
 *                     than it leaves free. Each has a producer of its own, which the logs of topics must not forget: all
 *                     partitions together stay far below what those keep in mind
 * @param waitMs       how long a request waits for another one with its key, in ms
 * @param balanceMs    how long a preferred leader must be able to lead before it coordinates again, in ms
 */
public record IdempotencyOptions(long expirationMs, int maxKeys, int maxUnfinished, long waitMs, long balanceMs) {
}
