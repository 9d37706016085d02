package io.millrace.coordinator;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** The guards of one partition, as many as requests in transactions are under way. Thread-safe. */
final class VerificationGuards {
    /** By producer id; guarded by this. */
    private final Map<Long, Set<VerificationGuard>> standing = new HashMap<>();

    /** Before the transaction is verified. */
    synchronized VerificationGuard begin(long producerId, short producerEpoch) {
        VerificationGuard guard = new VerificationGuard(this, producerId, producerEpoch);
        standing.computeIfAbsent(producerId, added -> new HashSet<>()).add(guard);
        return guard;
    }

    /** A producer's transaction is about to be ended: those before this epoch. */
    synchronized void end(long producerId, short producerEpoch) {
        standing.getOrDefault(producerId, Set.of()).stream().filter(each -> each.producerEpoch() < producerEpoch)
            .forEach(VerificationGuard::end);
    }

    synchronized void remove(VerificationGuard guard) {
        standing.computeIfPresent(guard.producerId(), (producer, guards) ->
            guards.remove(guard) && guards.isEmpty() ? null : guards);
    }
}
