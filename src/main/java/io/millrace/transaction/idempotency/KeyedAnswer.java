package io.millrace.transaction.idempotency;

import io.millrace.broker.produce.ProduceResult;

/**
 * What a request with a key is answered with.
 *
 * @param replayed whether it was carried out earlier, and is answered with what was kept
 */
public record KeyedAnswer(ProduceResult result, boolean replayed) {
}
