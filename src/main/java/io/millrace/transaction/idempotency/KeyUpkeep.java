package io.millrace.transaction.idempotency;

import io.millrace.coordinator.CoordinatorRuntime;
import io.millrace.coordinator.CoordinatorStatus.State;
import io.millrace.coordinator.CoordinatorStatus;
import io.millrace.coordinator.Decision;
import io.millrace.metadata.BrokerException;
import java.lang.System.Logger.Level;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;

/**
 * What is done regularly about the partitions that this broker leads: keys that have expired are forgotten, and leaderships
 * go back to the preferred leaders. Each is used by one task at a time.
 */
final class KeyUpkeep {
    private static final System.Logger LOG = System.getLogger(KeyUpkeep.class.getName());

    private final CoordinatorRuntime<StoredKey, StoredValue, IdempotencyMachine> runtime;
    private final KeysUnderWay underWay;
    private final IdempotencyParts.Preferred preferred;
    private final Executor blocking;
    private final LongSupplier millis;
    /** How many keys each partition knows, as last seen; read by anyone. */
    private final Map<Integer, Integer> known = new ConcurrentHashMap<>();
    private Set<Integer> borrowedBefore = Set.of();

    /** @param millis since the epoch */
    KeyUpkeep(CoordinatorRuntime<StoredKey, StoredValue, IdempotencyMachine> runtime, KeysUnderWay underWay,
              IdempotencyParts.Preferred preferred, Executor blocking, LongSupplier millis) {
        this.runtime = runtime;
        this.underWay = underWay;
        this.preferred = preferred;
        this.blocking = blocking;
        this.millis = millis;
    }

    /** Forgets what has expired, and counts what has not. */
    void expire() {
        Set<Integer> led = new HashSet<>();
        for (CoordinatorStatus status : runtime.status()) {
            if (status.state() == State.ACTIVE) {
                led.add(status.partition());
                expire(status.partition());
            }
        }
        known.keySet().retainAll(led);
    }

    private void expire(int partition) {
        runtime.change(partition, machine -> machine.expire(underWay::contains, millis.getAsLong())).thenAccept(more -> {
            if (more) {
                expire(partition);
            }
        }).exceptionally(failure -> {
            LOG.log(Level.DEBUG, "expired idempotency keys are forgotten later", failure);
            return null;
        });
        runtime.change(partition, machine -> Decision.<StoredKey, StoredValue, Integer>nothing(machine.size()))
                .thenAccept(size -> known.put(partition, size));
    }

    /** How many keys are known here; some seconds old. */
    long known() {
        return known.values().stream().mapToLong(Integer::longValue).sum();
    }

    /** Gives those back that could have been given back the last time as well. */
    void balance() {
        Set<Integer> borrowed = new HashSet<>();
        for (CoordinatorStatus status : runtime.status()) {
            if (preferred.isBorrowed(status.partition())) {
                borrowed.add(status.partition());
            }
        }
        borrowed.stream().filter(borrowedBefore::contains).forEach(partition -> blocking.execute(() -> giveBack(partition)));
        borrowedBefore = borrowed;
    }

    private void giveBack(int partition) {
        try {
            preferred.giveBack(partition);
        } catch (BrokerException later) {
            LOG.log(Level.INFO, "partition {0} of the idempotency keys could not be given back now, which is tried again: {1}",
                    Integer.toString(partition), later.getMessage());
        }
    }
}
