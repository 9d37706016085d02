package io.millrace.group.membership;

import io.millrace.metadata.TopicPartition;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

/**
 * The answer of an assignor. The built-in ones answer at once; an application's own may take long, and is run by a thread that
 * nobody waits for, one run of a group at a time. Thread-safe.
 */
final class PendingAssignment {
    private final Executor threads;
    private final Runnable answered;
    /** Guarded by this, as all below: for what an answer is awaited. */
    private boolean awaited;
    private boolean running;
    private long inputs;
    private Map<String, Set<TopicPartition>> answer;

    /**
     * @param threads  run the applications' assignors
     * @param answered is called when one of them has answered
     */
    PendingAssignment(Executor threads, Runnable answered) {
        this.threads = threads;
        this.answered = answered;
    }

    /** Whether an answer was asked for that is not there yet. */
    synchronized boolean isAwaited() {
        return awaited;
    }

    /**
     * @param wanted fingerprint of all that the assignment depends on
     * @return the partitions of every member; null: there is no answer yet, ask again when there is
     */
    Map<String, Set<TopicPartition>> of(long wanted, Assignor assignor, SortedMap<String, AssignorMember> members,
                                        SortedMap<String, Integer> topics) {
        synchronized (this) {
            if (answer != null && inputs == wanted || Assignors.isBuiltIn(assignor)) {
                Map<String, Set<TopicPartition>> known = Assignors.isBuiltIn(assignor) ? null : answer;
                awaited = false;
                answer = null;
                return known != null ? known : Assignors.checked(assignor, members, topics);
            }
            awaited = true;
            if (running) {
                return null;
            }
            running = true;
        }
        try {
            threads.execute(() -> run(wanted, assignor, members, topics));
            return null;
        } catch (RejectedExecutionException | OutOfMemoryError noThread) {
            synchronized (this) {
                running = false;
                awaited = false;
            }
            return Assignors.uniform(members, topics);
        }
    }

    private void run(long of, Assignor assignor, SortedMap<String, AssignorMember> members, SortedMap<String, Integer> topics) {
        Map<String, Set<TopicPartition>> came = null;
        try {
            came = Assignors.checked(assignor, members, topics);
        } finally { // whatever went wrong
            synchronized (this) {
                running = false; // by a fault without an answer: the next step asks again
                inputs = of;
                answer = came;
            }
        }
        answered.run();
    }
}
