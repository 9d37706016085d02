package io.millrace.replica.hosting;

import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * The transaction that the batches of an append are part of.
 *
 * @param transactionalId of its producer, as whoever appends says
 * @param verification has the transaction's coordinator note that it has records in the partition; completes once that is
 *                     so, and fails when they must not be appended. May block, and throw what it would fail with
 */
public record TransactionalAppend(String transactionalId, long producerId, short producerEpoch,
                                  Supplier<CompletableFuture<?>> verification) {
}
