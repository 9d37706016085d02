package io.millrace.rest.routing;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** How much of an answer was written to its client so far. Thread-safe. */
final class PassedBytes {
    /** Who waits for more, guarded by this, as all below. */
    private final List<Awaited> awaited = new ArrayList<>();
    private long bytes;
    private boolean over;

    private record Awaited(long end, CompletableFuture<Boolean> reached) {
    }

    void add(long more) {
        List<Awaited> reached = new ArrayList<>();
        synchronized (this) {
            bytes += more;
            awaited.removeIf(each -> each.reached().isDone() || each.end() <= bytes && reached.add(each));
        }
        reached.forEach(each -> each.reached().complete(true));
    }

    /** No more is written. */
    void end() {
        List<Awaited> missed;
        synchronized (this) {
            over = true;
            missed = List.copyOf(awaited);
            awaited.clear();
        }
        missed.forEach(each -> each.reached().complete(false));
    }

    synchronized boolean isOver() {
        return over;
    }

    /** @return completes with whether so many bytes were written, once they were, or no more are; whoever asks gives up by completing it */
    synchronized CompletableFuture<Boolean> reached(long end) {
        CompletableFuture<Boolean> reached = new CompletableFuture<>();
        if (end <= bytes || over) {
            reached.complete(end <= bytes);
        } else {
            awaited.removeIf(each -> each.reached().isDone());
            awaited.add(new Awaited(end, reached));
        }
        return reached;
    }
}
