package io.millrace.transaction.idempotency;

import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * The keys whose requests are being carried out at this broker, each by one request at a time. In memory only: it spares the
 * logs, and no more rests on it. Thread-safe.
 */
final class KeysUnderWay {
    /** How many requests wait for the one with their key. */
    private static final int MOST_WAITING = 16;

    /** Guarded by this. */
    private final Map<IdempotencyKey, Claim> claims = new HashMap<>();

    private static final class Claim {
        private final CompletableFuture<Void> over = new CompletableFuture<>();
        private int waiting;
    }

    /**
     * @return empty: the key is the caller's until it is released; or what completes when whoever has it lets go of it, after
     *         which it is to be tried again. Who waits no longer completes it exceptionally
     * @throws BrokerException IDEMPOTENCY_KEY_IN_USE when enough requests wait for it
     */
    synchronized Optional<CompletableFuture<Void>> claim(IdempotencyKey key) {
        Claim present = claims.putIfAbsent(key, new Claim());
        if (present == null) {
            return Optional.empty();
        }
        if (present.waiting == MOST_WAITING) {
            throw inUse(key);
        }
        present.waiting++;
        CompletableFuture<Void> over = present.over.copy();
        over.whenComplete((released, givenUp) -> {
            if (givenUp != null) {
                leave(present);
            }
        });
        return Optional.of(over);
    }

    private synchronized void leave(Claim claim) {
        claim.waiting--;
    }

    void release(IdempotencyKey key) {
        Claim released;
        synchronized (this) {
            released = claims.remove(key);
        }
        released.over.complete(null);
    }

    synchronized boolean contains(IdempotencyKey key) {
        return claims.containsKey(key);
    }

    static BrokerException inUse(IdempotencyKey key) {
        return new BrokerException(ErrorKind.IDEMPOTENCY_KEY_IN_USE, "a request with " + key + " is being carried out: ask again"
                + " with the same key and body to be told what came of it");
    }
}
