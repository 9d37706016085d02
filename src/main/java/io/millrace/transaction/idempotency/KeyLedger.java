package io.millrace.transaction.idempotency;

import java.util.concurrent.CompletableFuture;

/** What is written down about keys, at their coordinator. Futures fail as those of the coordinator's runtime do. */
interface KeyLedger {
    /** See {@link IdempotencyMachine#find}; what is answered is committed. */
    CompletableFuture<Begun> find(KeyedRequest request);

    /** See {@link IdempotencyMachine#begin}; what is answered is committed. */
    CompletableFuture<Begun> begin(KeyedRequest request, Layout layout, Long producerId);

    /** See {@link IdempotencyMachine#complete}. */
    CompletableFuture<Void> complete(IdempotencyKey key, StoredValue.Prepared prepared, long[] baseOffsets);
}
