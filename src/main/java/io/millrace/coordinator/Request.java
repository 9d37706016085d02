package io.millrace.coordinator;

import io.millrace.metadata.BrokerErrors;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/**
 * Something to be decided, and who waits for the answer. Touched by its partition's tasks only; the future by anyone.
 *
 * @param <M> the state machine
 */
final class Request<K, V, M, T> {
    private final Function<? super M, Decision<K, V, T>> decide;
    private final CompletableFuture<T> answer;
    private final long deadline;
    private final ProducerTransaction transaction;
    private final TransactionEnd end;
    private T decided;
    private Throwable refusal;
    private boolean changes;

    private Request(What<K, V, M, T> what, CompletableFuture<T> answer, long deadline) {
        this.decide = what.decide();
        this.transaction = what.transaction();
        this.end = what.end();
        this.answer = answer;
        this.deadline = deadline;
    }

    /**
     * What is asked for.
     *
     * @param transaction in which changes are written, or null
     * @param end         of a transaction, or null: then nothing else is to be decided
     */
    record What<K, V, M, T>(Function<? super M, Decision<K, V, T>> decide, ProducerTransaction transaction, TransactionEnd end) {
        /** @param deadline until when it is to be answered, in ns */
        Request<K, V, M, T> request(CompletableFuture<T> answer, long deadline) {
            return new Request<>(this, answer, deadline);
        }
    }

    /** Null: none. */
    ProducerTransaction transaction() {
        return transaction;
    }

    /** Null: none. */
    TransactionEnd end() {
        return end;
    }

    /** Null: it is refused, which is an answer like any other: it, too, depends on what was seen. */
    Decision<K, V, T> decide(M machine) {
        try {
            Decision<K, V, T> decision = decide.apply(machine);
            decided = decision.answer();
            changes = end != null || !decision.changes().isEmpty();
            return decision;
        } catch (RuntimeException | OutOfMemoryError | StackOverflowError failure) {
            refuse(failure);
            return null;
        }
    }

    void refuse(Throwable failure) {
        changes = false;
        refusal = BrokerErrors.outcome(failure);
    }

    /** Whether it changes anything, once it was decided. */
    boolean changesState() {
        return changes;
    }

    /** What was decided is committed. */
    void give() {
        if (refusal != null) {
            answer.completeExceptionally(refusal);
        } else {
            answer.complete(decided);
        }
    }

    void fail(Throwable failure) {
        answer.completeExceptionally(failure);
    }

    boolean isOverdue(long now) {
        return deadline - now <= 0 && !answer.isDone();
    }

    /**
     * Fails it because it is not known what becomes of its changes, which are written or about to be.
     *
     * @param why a sentence's beginning
     */
    void failUnknown(String why) {
        fail(changes ? new BrokerException(ErrorKind.NOT_COMMITTED, why + ": what was asked for may be done, or may yet come"
                + " to nothing; look, or ask again") : new BrokerException(ErrorKind.UNAVAILABLE, why + ": try again in a moment"));
    }
}
