package io.millrace.rest.routing;

import io.millrace.group.delivery.HandedOn;
import io.millrace.group.delivery.PollRequest.Source;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * What became of the answers to polls that this broker passed on for their coordinators: for each consumer, the last one with
 * records, or the last stream. The coordinators ask for it before they take those records for read. Kept in memory: a broker that
 * starts anew knows nothing, which counts as lost. Thread-safe.
 */
public final class PollAnswers {
    /** How long one that is being written is waited for, in ms. */
    private static final long WRITE_MS = 3_000;
    /** As above, of a part of a stream, whose client may take its time for it: who asks waits for longer, and asks again. */
    private static final long STREAM_WRITE_MS = 20_000;

    private final int capacity;
    /** Guarded by this; the one that was used longest ago first. */
    private final Map<Consumer, Answer> last = new LinkedHashMap<>(16, 0.75f, true);
    /** Guarded by this: the consumers whose polls are being passed on now. */
    private final Map<Consumer, Passing> passing = new HashMap<>();

    private record Consumer(String group, String name) {
    }

    /** @param parts of a stream; null: it is none */
    private record Answer(long poll, CompletableFuture<Boolean> written, PassedBytes parts) {
        /** @param asked is about this one */
        CompletableFuture<Boolean> was(HandedOn asked) {
            return parts == null || asked.end() == 0 ? written.copy() : parts.reached(asked.end());
        }
    }

    private record Awaited(HandedOn answer, CompletableFuture<Boolean> written) {
    }

    /** Polls of one consumer that are being passed on, and who asked meanwhile what became of which. */
    private static final class Passing {
        private int polls;
        private final List<Awaited> awaited = new ArrayList<>();
    }

    /** @param capacity how many consumers are kept in mind; of those beyond, the answers that are forgotten are given again */
    public PollAnswers(int capacity) {
        this.capacity = capacity;
    }

    /**
     * A poll is about to be passed on.
     *
     * @return to be run once it is over, after its answer has {@link #begun}
     */
    Runnable passing(String group, String consumer) {
        Consumer who = new Consumer(group, consumer);
        synchronized (this) {
            passing.computeIfAbsent(who, any -> new Passing()).polls++;
        }
        AtomicBoolean over = new AtomicBoolean();
        return () -> {
            if (over.compareAndSet(false, true)) {
                passed(who).forEach(each -> each.written().complete(false));
            }
        };
    }

    private synchronized List<Awaited> passed(Consumer who) {
        Passing polls = passing.get(who);
        if (--polls.polls > 0) {
            return List.of();
        }
        passing.remove(who);
        return polls.awaited;
    }

    /**
     * An answer is about to be written to its consumer.
     *
     * @return to be completed with whether the whole of it was
     */
    CompletableFuture<Boolean> begun(String group, String consumer, long poll) {
        return begun(new Consumer(group, consumer), new Answer(poll, new CompletableFuture<>(), null));
    }

    /**
     * A stream is about to be written to its consumer.
     *
     * @param parts how much of it is written
     * @return to be completed when that is over
     */
    CompletableFuture<Boolean> begun(String group, String consumer, long stream, PassedBytes parts) {
        return begun(new Consumer(group, consumer), new Answer(stream, new CompletableFuture<>(), parts));
    }

    private CompletableFuture<Boolean> begun(Consumer who, Answer answer) {
        synchronized (this) {
            last.put(who, answer);
            if (passing.containsKey(who)) {
                passing.get(who).awaited.stream().filter(each -> each.answer().number() == answer.poll())
                        .forEach(each -> answer.was(each.answer()).thenAccept(each.written()::complete));
            }
            if (last.size() > capacity) {
                last.remove(last.keySet().iterator().next());
            }
        }
        return answer.written();
    }

    /** What this broker can vouch for, as {@link Source#vouched}. */
    synchronized Long vouched(String group, String consumer) {
        Answer answer = last.get(new Consumer(group, consumer));
        return answer == null || answer.parts() != null || !answer.written().isDone() ? null
                : answer.written().join() ? Long.valueOf(answer.poll()) : Long.valueOf(Source.NONE);
    }

    /** @return completes with whether this answer was written, after some seconds at most; of a part of a stream after some more */
    public CompletableFuture<Boolean> wasWritten(String group, String consumer, HandedOn asked) {
        CompletableFuture<Boolean> written;
        Consumer who = new Consumer(group, consumer);
        synchronized (this) {
            Answer answer = last.get(who);
            Passing polls = passing.get(who);
            if (answer != null && answer.poll() == asked.number()) {
                written = answer.was(asked);
            } else if (polls == null || answer != null && answer.poll() > asked.number()) {
                written = CompletableFuture.completedFuture(false);
            } else {
                // The coordinator has written it, and it is on its way.
                written = new CompletableFuture<>();
                polls.awaited.add(new Awaited(asked, written));
            }
        }
        return written.completeOnTimeout(false, asked.end() == 0 ? WRITE_MS : STREAM_WRITE_MS, TimeUnit.MILLISECONDS);
    }

    /** Whether this is a part of a stream that may be written yet. */
    public synchronized boolean isBeingWritten(String group, String consumer, HandedOn part) {
        Answer answer = last.get(new Consumer(group, consumer));
        return part.end() > 0 && answer != null && answer.poll() == part.number() && answer.parts() != null && !answer.parts().isOver();
    }
}
