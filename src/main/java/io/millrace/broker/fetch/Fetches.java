package io.millrace.broker.fetch;

import io.millrace.metadata.BrokerErrors;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.BrokerObserver;
import io.millrace.metadata.ContinuationExecutor;
import io.millrace.metadata.ErrorKind;
import io.millrace.replica.hosting.Deadlines;
import io.millrace.replica.hosting.FetchPosition;
import io.millrace.replica.hosting.FetchResult;
import io.millrace.replica.hosting.Partition;
import io.millrace.replica.hosting.PartitionRead;
import io.millrace.replica.hosting.ReadMemory;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

/** Answers fetches, at once or after parking them until enough has come or their time is over. Thread-safe. */
public final class Fetches {
    private final ContinuationExecutor continuations;
    private final Set<CompletableFuture<?>> waiting = ConcurrentHashMap.newKeySet();
    private final Deadlines deadlines;
    private final BrokerObserver observer;

    public Fetches(ContinuationExecutor continuations, Deadlines deadlines, BrokerObserver observer) {
        this.continuations = continuations;
        this.deadlines = deadlines;
        this.observer = observer;
    }

    /** @throws BrokerException INVALID_REQUEST */
    public static void check(FetchRequest request) {
        checkBounds(request.minBytes(), request.maxBytes(), request.maxWaitMs());
        check(request.from());
    }

    /** @throws BrokerException INVALID_REQUEST */
    static void checkBounds(int minBytes, int maxBytes, long maxWaitMs) {
        checkNotNegative("min_bytes", minBytes);
        checkNotNegative("max_bytes", maxBytes);
        checkNotNegative("the time to wait", maxWaitMs);
    }

    /** @throws BrokerException INVALID_REQUEST */
    public static void check(FetchPosition from) {
        if (from instanceof FetchPosition.AtOffset at) {
            checkNotNegative("the offset", at.offset());
        } else if (from instanceof FetchPosition.EndOfEpoch of) {
            checkNotNegative("the leader epoch", of.epoch());
        } else if (from instanceof FetchPosition.AtTimestamp at) {
            checkNotNegative("the timestamp", at.timestamp());
        }
    }

    public static void checkNotNegative(String what, long value) {
        if (value < 0) {
            throw new BrokerException(ErrorKind.INVALID_REQUEST, what + " must be 0 or more; it is " + value);
        }
    }

    /** Reads on the caller's thread; what has to wait is read again on a worker's, and keeps no memory meanwhile. */
    public CompletableFuture<FetchResult> fetch(Partition partition, FetchRequest request, ReadMemory memory) {
        // Not more than max_bytes can ever be there at once; 0 asks for one batch, whatever its size.
        int needed = Math.min(request.minBytes(), Math.max(1, request.maxBytes()));
        long offset = partition.reads().resolve(request.from(), request.isolation());
        ParkedFetch fetch = new ParkedFetch(partition, offset, needed, request, memory, this::resume);
        PartitionRead read = fetch.read();
        if (isEnough(read, needed) || request.maxWaitMs() == 0) {
            observe(partition, read);
            return CompletableFuture.completedFuture(read.result());
        }
        Deadlines.Deadline deadline =
                deadlines.add(request.maxWaitMs(), () -> continuations.execute(() -> attempt(fetch, true)));
        // Answered, failed or cancelled: nothing of it is kept.
        waiting.add(fetch.result());
        fetch.result().whenComplete((result, failure) -> {
            waiting.remove(fetch.result());
            deadlines.remove(deadline);
            fetch.leave();
        });
        park(fetch, read);
        return fetch.result();
    }

    /** Whoever waits is answered with what there is, and nobody waits any more. @return completes when all are answered */
    public CompletableFuture<?> hurry() {
        deadlines.hurry();
        return CompletableFuture.allOf(waiting.toArray(CompletableFuture[]::new)).handle((done, failure) -> null);
    }

    public void close() {
        deadlines.close();
    }

    /** How many have a deadline, that is, wait. */
    public int waiting() {
        return deadlines.size();
    }

    private void resume(ParkedFetch fetch) {
        attempt(fetch, false);
    }

    private void attempt(ParkedFetch fetch, boolean timeIsOver) {
        if (fetch.result().isDone()) {
            return;
        }
        try {
            PartitionRead read = fetch.read();
            if (!timeIsOver && !isEnough(read, fetch.needed())) {
                park(fetch, read);
            } else if (fetch.result().complete(read.result())) {
                observe(fetch.partition(), read);
            }
        } catch (RuntimeException | Error failure) {
            fetch.result().completeExceptionally(BrokerErrors.outcome(failure));
        }
    }

    private static void park(ParkedFetch fetch, PartitionRead read) {
        fetch.memory().release();
        fetch.park(read.seen().bytes(read.isolation()) + fetch.needed() - read.bytes());
    }

    private static boolean isEnough(PartitionRead read, int needed) {
        return read.bytes() >= needed || !read.reachedEnd();
    }

    private void observe(Partition partition, PartitionRead read) {
        if (read.records() > 0) {
            observer.fetched(partition.topic(), read.records(), read.bytes());
        }
    }
}
