package io.millrace.rest;

import io.millrace.group.PollRequest.Source;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * What became of the answers to polls that this broker passed on for their coordinators: for each consumer, the last one with
 * records. The coordinators ask for it before they take those records for read. Kept in memory: a broker that starts anew knows
 * nothing, which counts as lost. Thread-safe.
 */
public final class PollAnswers {
    /** How long one that is being written is waited for, in ms. */
    private static final long WRITE_MS = 3_000;

    private final int capacity;
    /** Guarded by this; the one that was used longest ago first. */
    private final Map<Consumer, Answer> last = new LinkedHashMap<>(16, 0.75f, true);

    private record Consumer(String group, String name) {
    }

    private record Answer(long poll, CompletableFuture<Boolean> written) {
    }

    /** @param capacity how many consumers are kept in mind; of those beyond, the answers that are forgotten are given again */
    public PollAnswers(int capacity) {
        this.capacity = capacity;
    }

    /**
     * An answer is about to be written to its consumer.
     *
     * @return to be completed with whether the whole of it was
     */
    CompletableFuture<Boolean> begun(String group, String consumer, long poll) {
        CompletableFuture<Boolean> written = new CompletableFuture<>();
        synchronized (this) {
            last.put(new Consumer(group, consumer), new Answer(poll, written));
            if (last.size() > capacity) {
                last.remove(last.keySet().iterator().next());
            }
        }
        return written;
    }

    /** What this broker can vouch for, as {@link Source#vouched}. */
    synchronized Long vouched(String group, String consumer) {
        Answer answer = last.get(new Consumer(group, consumer));
        return answer == null || !answer.written().isDone() ? null
                : answer.written().join() ? Long.valueOf(answer.poll()) : Long.valueOf(Source.NONE);
    }

    /** @return completes with whether the answer to this poll was written, after some seconds at most */
    public CompletableFuture<Boolean> wasWritten(String group, String consumer, long poll) {
        Answer answer;
        synchronized (this) {
            answer = last.get(new Consumer(group, consumer));
        }
        if (answer == null || answer.poll() != poll) {
            return CompletableFuture.completedFuture(false);
        }
        return answer.written().copy().completeOnTimeout(false, WRITE_MS, TimeUnit.MILLISECONDS);
    }
}
