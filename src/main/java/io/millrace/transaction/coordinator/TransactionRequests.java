package io.millrace.transaction.coordinator;

import io.millrace.coordinator.CoordinatorRuntime;
import io.millrace.metadata.BrokerErrors;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.transaction.coordinator.TransactionMachine.DecidedStep;
import io.millrace.transaction.records.TransactionKey;
import io.millrace.transaction.state.Step;
import io.millrace.transaction.state.Transaction;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Requests of transactional ids: decides them, begins what is to be carried out once that is committed, and repeats those that
 * come before the end of the transaction before, or need a producer id. Thread-safe.
 */
final class TransactionRequests {
    /** At the latest: usually the end of the transaction before is waited for. */
    private static final long REPEAT_MS = 100;
    private static final long LOADING_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final long LOADING_RETRY_MS = 20;

    private final TransactionParts parts;
    private final CoordinatorRuntime<TransactionKey, Transaction, TransactionMachine> runtime;
    private final Endings endings;

    TransactionRequests(TransactionParts parts, CoordinatorRuntime<TransactionKey, Transaction, TransactionMachine> runtime,
                        Endings endings) {
        this.parts = parts;
        this.runtime = runtime;
        this.endings = endings;
    }

    /** One of the functions of {@link io.millrace.transaction.state.Transitions}. */
    @FunctionalInterface
    interface Transition {
        Step apply(Transaction now, OptionalLong fresh, long nowMs);
    }

    /**
     * May block for a moment, as {@link CoordinatorRuntime#partitionOf} does.
     *
     * @param deadline until when it is repeated, in ns
     * @return fails with what the runtime or the transition fails with, or CONCURRENT_TRANSACTIONS
     */
    CompletableFuture<Step> request(String transactionalId, long deadline, Transition transition) {
        Attempt attempt = new Attempt(transactionalId, deadline, transition);
        attempt.run(OptionalLong.empty());
        return attempt.answer;
    }

    private final class Attempt {
        private final CompletableFuture<Step> answer = new CompletableFuture<>();
        private final String transactionalId;
        private final long deadline;
        private final Transition transition;
        private final long begun = parts.nanoTime().getAsLong();

        private Attempt(String transactionalId, long deadline, Transition transition) {
            this.transactionalId = transactionalId;
            this.deadline = deadline;
            this.transition = transition;
        }

        private void run(OptionalLong fresh) {
            runtime.change(transactionalId, machine -> machine.decide(transactionalId,
                    now -> transition.apply(now, fresh, parts.clock().millis()))).whenComplete((decided, failure) -> {
                        if (failure != null) {
                            guarded(() -> refused(fresh, BrokerErrors.outcome(failure)));
                        } else {
                            guarded(() -> committed(decided));
                        }
                    });
        }

        /** Most partitions are read in much less than a second: then whoever asks is not told to ask again. */
        private void refused(OptionalLong fresh, Throwable failure) {
            boolean loading = failure instanceof BrokerException known && known.kind() == ErrorKind.COORDINATOR_LOADING;
            long now = parts.nanoTime().getAsLong();
            if (loading && now - begun < LOADING_NANOS && now - deadline < 0) {
                parts.timers().schedule(() -> guarded(() -> parts.workers().execute(() -> guarded(() -> run(fresh)))), LOADING_RETRY_MS,
                        TimeUnit.MILLISECONDS);
            } else {
                answer.completeExceptionally(failure);
            }
        }

        private void committed(DecidedStep decided) {
            if (decided.decided() != null) {
                endings.begin(decided.decided());
            }
            switch (decided.step().progress()) {
                case DONE -> answer.complete(decided.step());
                case NEEDS_PRODUCER_ID -> parts.loaders().execute(() -> guarded(() ->
                        run(OptionalLong.of(parts.producerIds().getAsLong()))));
                case CONCURRENT -> repeat();
            }
        }

        private void repeat() {
            long leftMs = TimeUnit.NANOSECONDS.toMillis(deadline - parts.nanoTime().getAsLong());
            if (leftMs <= 0) {
                throw new BrokerException(ErrorKind.CONCURRENT_TRANSACTIONS, "the transaction before is still being ended, as some"
                        + " partition of it cannot be reached now: try again in a moment");
            }
            Runnable again = () -> guarded(() -> parts.workers().execute(() -> guarded(() -> run(OptionalLong.empty()))));
            endings.await(transactionalId, again);
            try {
                parts.timers().schedule(() -> {
                    if (endings.giveUp(transactionalId, again)) {
                        again.run();
                    }
                }, Math.min(leftMs, REPEAT_MS), TimeUnit.MILLISECONDS);
            } catch (RuntimeException stopping) {
                endings.giveUp(transactionalId, again);
                throw stopping;
            }
        }

        /** Whoever waits is told of everything that goes wrong. */
        private void guarded(Runnable action) {
            try {
                action.run();
            } catch (RuntimeException | Error failure) {
                answer.completeExceptionally(BrokerErrors.outcome(failure));
            }
        }
    }
}
