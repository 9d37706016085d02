package io.millrace.replica.hosting;

import io.millrace.log.AppendResult;
import io.millrace.metadata.BrokerException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * What a leader has written and not yet committed, in the order of the log, with those who wait for that. Bounded by
 * what the log's queue lets in and by the deadlines of those who wait. Guarded by the partition.
 */
final class WaitingAppends {
    /**
     * @param committed who waits for that, or null
     * @param deadline  until when, in ns
     */
    private record Append(AppendResult result, long bytes, CompletableFuture<AppendResult> committed, long deadline) {
    }

    /** An answer to be given once the partition's lock is released; either the result or the failure is null. */
    record Answer(CompletableFuture<AppendResult> to, AppendResult result, BrokerException failure) {
        void give() {
            if (failure != null) {
                to.completeExceptionally(failure);
            } else {
                to.complete(result);
            }
        }
    }

    /** What was committed: who is to be told, and how many bytes it was. */
    record Settled(List<Answer> answers, long bytes) {
        private static final Settled NOTHING = new Settled(List.of(), 0);
    }

    private final Deque<Append> appends = new ArrayDeque<>();

    /** What was written before, and is sent again, waits where it is in the log. */
    void add(AppendResult result, long bytes, CompletableFuture<AppendResult> committed, long deadline) {
        Deque<Append> behind = new ArrayDeque<>(0);
        while (!appends.isEmpty() && appends.peekLast().result().lastOffset() > result.lastOffset()) {
            behind.push(appends.removeLast());
        }
        addLast(result, bytes, committed, deadline);
        appends.addAll(behind);
    }

    private void addLast(AppendResult result, long bytes, CompletableFuture<AppendResult> committed, long deadline) {
        Append last = appends.peekLast();
        if (last != null && last.committed() == null && committed == null) {
            appends.removeLast();
            appends.add(new Append(result, last.bytes() + bytes, null, deadline));
        } else {
            appends.add(new Append(result, bytes, committed, deadline));
        }
    }

    /** Takes out what is committed now. */
    Settled settle(long highWatermark) {
        if (appends.isEmpty() || appends.peek().result().lastOffset() >= highWatermark) {
            return Settled.NOTHING;
        }
        List<Answer> answers = new ArrayList<>();
        long bytes = 0;
        while (!appends.isEmpty() && appends.peek().result().lastOffset() < highWatermark) {
            Append next = appends.remove();
            bytes += next.bytes();
            if (next.committed() != null) {
                answers.add(new Answer(next.committed(), next.result(), null));
            }
        }
        return new Settled(answers, bytes);
    }

    /** Lets go of those who have waited long enough; what they wrote stays counted. */
    List<Answer> expire(long now, BrokerException reason) {
        List<Answer> answers = new ArrayList<>();
        List<Append> before = List.copyOf(appends);
        appends.clear();
        for (Append waiting : before) {
            boolean over = waiting.committed() != null && waiting.deadline() - now <= 0;
            if (over) {
                answers.add(new Answer(waiting.committed(), null, reason));
            }
            add(waiting.result(), waiting.bytes(), over ? null : waiting.committed(), waiting.deadline());
        }
        return answers;
    }

    /** Lets go of everything: the leadership is over. */
    List<Answer> end(BrokerException reason) {
        List<Answer> answers = new ArrayList<>();
        for (Append waiting : appends) {
            if (waiting.committed() != null) {
                answers.add(new Answer(waiting.committed(), null, reason));
            }
        }
        appends.clear();
        return answers;
    }
}
