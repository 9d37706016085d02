package io.millrace.rest.routing;

import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Requests that were passed on to brokers that may take their time for the answer. A server that stops does not wait for
 * them: the client asks another one. Thread-safe.
 */
public final class RelayedWaits {
    private final Set<CompletableFuture<?>> waiting = ConcurrentHashMap.newKeySet();
    private volatile boolean ended;

    /** Kept until it is done; fails at once when all have been ended. */
    void add(CompletableFuture<?> answer) {
        waiting.add(answer);
        answer.whenComplete((done, failure) -> waiting.remove(answer));
        if (ended) {
            end(answer);
        }
    }

    /** Ends those that wait, and those yet to come, with UNAVAILABLE. */
    public void end() {
        ended = true;
        waiting.forEach(RelayedWaits::end);
    }

    private static void end(CompletableFuture<?> answer) {
        answer.completeExceptionally(new BrokerException(ErrorKind.UNAVAILABLE,
                "this server is about to stop, and does not wait for another one's answer: ask another server"));
    }
}
