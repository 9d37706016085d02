package io.millrace.transaction.coordinator;

import io.millrace.metadata.ShownName;
import io.millrace.metadata.TopicPartition;
import io.millrace.transaction.state.TransactionMarker;
import java.lang.System.Logger.Level;
import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * Carries out what is decided: each partition is sent its marker until it has it, each on its own, so that one that cannot be
 * reached holds back nobody's readers but its own; and when all have it, that is recorded. Repeating any of it does no harm, so
 * that nothing of it is kept but the decision itself. In memory is one entry for each partition of a transaction that is being
 * ended: as many as the machines hold. Thread-safe.
 */
final class Endings {
    private static final System.Logger LOG = System.getLogger(Endings.class.getName());
    private static final long FIRST_RETRY_MS = 20;
    /** Readers wait that long at most once a partition can be reached again. */
    private static final long LAST_RETRY_MS = 500;

    private final MarkerWriter markers;
    private final Predicate<Decided> led;
    private final Function<Decided, CompletableFuture<?>> complete;
    private final ScheduledExecutorService timers;
    /** By transactional id. */
    private final Map<String, Ending> underWay = new ConcurrentHashMap<>();

    /**
     * @param led      whether this broker still leads where that was decided
     * @param complete records that all markers are written
     */
    Endings(MarkerWriter markers, Predicate<Decided> led, Function<Decided, CompletableFuture<?>> complete,
            ScheduledExecutorService timers) {
        this.markers = markers;
        this.led = led;
        this.complete = complete;
        this.timers = timers;
    }

    /** Begins, unless it is under way. To be called once the decision is committed, not before. */
    void begin(Decided decided) {
        Ending before = underWay.get(decided.transactionalId());
        if (before != null && before.decided.isSameAs(decided)) {
            return;
        }
        Ending begun = new Ending(decided);
        before = underWay.put(decided.transactionalId(), begun);
        if (before != null) {
            before.over();
        }
        try {
            begun.run();
        } catch (RuntimeException | Error failure) {
            begun.over(); // it is begun again where that is looked after
            throw failure;
        }
    }

    /**
     * Runs an action, once, when nothing is under way for a transactional id, or that came to nothing: at once, where that is so
     * now. It is held until then, or until whoever waits gives up: as many are as requests wait.
     */
    void await(String transactionalId, Runnable action) {
        Ending ending = underWay.get(transactionalId);
        if (ending == null) {
            action.run();
        } else {
            ending.await(action);
        }
    }

    /** An action is not to be run any more. @return false: it was, or is about to be */
    boolean giveUp(String transactionalId, Runnable action) {
        Ending ending = underWay.get(transactionalId);
        return ending != null && ending.waiting.remove(action);
    }

    /** The partitions that do not have their marker yet, of what is under way. */
    SortedSet<TopicPartition> unmarked(String transactionalId) {
        Ending ending = underWay.get(transactionalId);
        return ending == null ? Collections.emptySortedSet() : new TreeSet<>(ending.unmarked.keySet());
    }

    /** This broker does not coordinate them any more. */
    void letGo(int partition) {
        underWay.values().stream().filter(each -> each.decided.partition() == partition).forEach(Ending::over);
    }

    private final class Ending {
        private final Decided decided;
        private final Set<Runnable> waiting = ConcurrentHashMap.newKeySet();
        /** With how long the next retry waits, in ms. */
        private final Map<TopicPartition, Long> unmarked = new ConcurrentHashMap<>();
        private final AtomicInteger left;
        private volatile boolean over;

        private Ending(Decided decided) {
            this.decided = decided;
            decided.transaction().partitions().forEach(each -> unmarked.put(each, FIRST_RETRY_MS));
            this.left = new AtomicInteger(unmarked.size());
        }

        private void run() {
            if (unmarked.isEmpty()) { // this coordinator never decides so, but others of the field do
                complete();
            }
            decided.transaction().markers(decided.coordinatorEpoch()).forEach(this::send);
        }

        private void send(TransactionMarker marker) {
            if (over || !led.test(decided)) {
                over();
                return;
            }
            CompletableFuture<?> written;
            try {
                written = markers.write(marker);
            } catch (RuntimeException | Error failure) {
                written = CompletableFuture.failedFuture(failure);
            }
            written.whenComplete((done, failure) -> {
                if (failure == null) {
                    unmarked.remove(marker.partition());
                    if (left.decrementAndGet() == 0 && !over) {
                        complete();
                    }
                } else {
                    again(marker, failure);
                }
            });
        }

        private void again(TransactionMarker marker, Throwable failure) {
            long waited = unmarked.get(marker.partition());
            long wait = Math.min(2 * waited, LAST_RETRY_MS);
            unmarked.put(marker.partition(), wait);
            if (wait == LAST_RETRY_MS && waited < LAST_RETRY_MS) {
                LOG.log(Level.WARNING, "partition {0} has not taken the {1} marker of {2} yet, which is sent again until it has: {3}",
                        marker.partition(), marker.result(), ShownName.of(decided.transactionalId()), failure.getMessage());
            }
            later(() -> send(marker), waited);
        }

        private void later(Runnable retry, long waitMs) {
            try {
                timers.schedule(retry, waitMs, TimeUnit.MILLISECONDS);
            } catch (RuntimeException | Error failure) {
                over(); // it is begun again, or the next coordinator goes on
            }
        }

        private void complete() {
            CompletableFuture<?> completed;
            try {
                completed = complete.apply(decided);
            } catch (RuntimeException | Error failure) {
                completed = CompletableFuture.failedFuture(failure);
            }
            completed.whenComplete((done, failure) -> over()); // when that failed, it is begun again
        }

        private void over() {
            over = true;
            underWay.remove(decided.transactionalId(), this);
            waiting.forEach(this::runOnce);
        }

        private void await(Runnable action) {
            waiting.add(action);
            if (over) {
                runOnce(action);
            }
        }

        private void runOnce(Runnable action) {
            if (waiting.remove(action)) {
                action.run();
            }
        }
    }
}
