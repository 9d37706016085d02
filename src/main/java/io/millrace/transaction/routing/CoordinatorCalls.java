package io.millrace.transaction.routing;

import io.millrace.agreement.Member;
import io.millrace.metadata.BrokerErrors;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Asks the coordinator of a transactional id, here or at another broker, and again while it moves, until the time is over.
 * Thread-safe.
 *
 * @param coordinator finds it: another broker, or empty: this one; may block for a moment
 * @param blocking    runs that
 * @param patienceMs  how long is tried, in ms
 */
record CoordinatorCalls(Function<String, Optional<Member>> coordinator, Executor blocking, ScheduledExecutorService timers,
                        LongSupplier nanoTime, long patienceMs) {
    private static final long RETRY_MS = 50;
    private static final Set<ErrorKind> MOVING = Set.of(ErrorKind.NOT_COORDINATOR, ErrorKind.COORDINATOR_LOADING);

    <T> CompletableFuture<T> call(String transactionalId, Supplier<CompletableFuture<T>> here,
                                  Function<Member, CompletableFuture<T>> there) {
        CompletableFuture<T> answer = new CompletableFuture<>();
        attempt(transactionalId, here, there, nanoTime.getAsLong() + TimeUnit.MILLISECONDS.toNanos(patienceMs), answer);
        return answer;
    }

    private <T> void attempt(String transactionalId, Supplier<CompletableFuture<T>> here,
                             Function<Member, CompletableFuture<T>> there, long deadline, CompletableFuture<T> answer) {
        guarded(answer, () -> blocking.execute(() -> asked(transactionalId, here, there).whenComplete((result, failure) -> {
            if (failure == null) {
                answer.complete(result);
                return;
            }
            Throwable outcome = BrokerErrors.outcome(failure);
            boolean moving = outcome instanceof BrokerException known && MOVING.contains(known.kind());
            if (moving && nanoTime.getAsLong() - deadline < 0) {
                guarded(answer, () -> timers.schedule(() -> attempt(transactionalId, here, there, deadline, answer), RETRY_MS,
                        TimeUnit.MILLISECONDS));
            } else {
                answer.completeExceptionally(outcome);
            }
        })));
    }

    private <T> CompletableFuture<T> asked(String transactionalId, Supplier<CompletableFuture<T>> here,
                                           Function<Member, CompletableFuture<T>> there) {
        try {
            Optional<Member> remote = coordinator.apply(transactionalId);
            return remote.isPresent() ? there.apply(remote.get()) : here.get();
        } catch (RuntimeException | Error failure) {
            return CompletableFuture.failedFuture(failure);
        }
    }

    /** Whoever waits is told of everything that goes wrong. */
    private static void guarded(CompletableFuture<?> answer, Runnable action) {
        try {
            action.run();
        } catch (RuntimeException | Error failure) {
            answer.completeExceptionally(BrokerErrors.outcome(failure));
        }
    }
}
