package io.millrace.broker.fetch;

import io.millrace.agreement.Member;
import io.millrace.metadata.BrokerErrors;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ContinuationExecutor;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.TopicPartition;
import io.millrace.replica.hosting.Deadlines;
import io.millrace.replica.hosting.FetchPosition;
import io.millrace.replica.hosting.FetchResult;
import io.millrace.replica.hosting.ReadMemory;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.LongSupplier;

/**
 * One reading of partitions that several brokers lead. Each leader is asked at once for what it has. When that is not
 * enough, each is asked to wait, for a slice of the time, for its part of what is missing, and again when the slice is
 * over; what comes is added to what came before. Thread-safe; holds no thread while it waits.
 */
final class FetchAllSpread {
    /** The first slice; each is twice as long as the one before. What was given up may go on for the rest of one. */
    private static final long FIRST_SLICE_MS = 500;
    private static final long LONGEST_SLICE_MS = 5_000;
    /** How long a leader may take for its first answer, in ms: one that is halted must not keep the others' waiting. */
    private static final long FIRST_ANSWER_MS = 3_000;

    private final FetchAllRequest request;
    private final int needed;
    private final ReadMemory memory;
    private final ContinuationExecutor continuations;
    private final Deadlines deadlines;
    private final LongSupplier nanoTime;
    private final long startedAt;
    private final List<Leader> leaders = new ArrayList<>();
    private final CompletableFuture<FetchAllResult> answer = new CompletableFuture<>();

    // Guarded by this.
    private final FetchAllResult.Part[] found;
    private boolean lost;
    private boolean waits;
    private Deadlines.Deadline deadline;

    /** @param memory of this fetch alone; it is taken of by those who are asked, and released when the fetch fails */
    FetchAllSpread(FetchAllRequest request, Map<Integer, BrokerException> failures, ReadMemory memory, ContinuationExecutor continuations,
                   Deadlines deadlines, LongSupplier nanoTime) {
        this.request = request;
        this.memory = memory;
        this.needed = Math.min(request.minBytes(), Math.max(1, request.maxBytes()));
        this.continuations = continuations;
        this.deadlines = deadlines;
        this.nanoTime = nanoTime;
        this.startedAt = nanoTime.getAsLong();
        this.found = new FetchAllResult.Part[request.parts().size()];
        failures.forEach(this::fail);
    }

    /** Who is asked, and for which parts. What changes is guarded by the fetch. */
    private static final class Leader {
        private final String name;
        private final boolean isHere;
        private final List<Integer> places;
        private final Function<FetchAllRequest, CompletableFuture<FetchAllResult>> ask;
        private CompletableFuture<FetchAllResult> asked;
        private boolean answered;
        private int bytesLeft;
        private long sliceMs = FIRST_SLICE_MS;

        private Leader(String name, boolean isHere, List<Integer> places,
                       Function<FetchAllRequest, CompletableFuture<FetchAllResult>> ask) {
            this.name = name;
            this.isHere = isHere;
            this.places = places;
            this.ask = ask;
        }
    }

    /**
     * Adds a leader, before the start.
     *
     * @param places of its parts in the request
     */
    void add(Member leader, List<Integer> places,
             Function<FetchAllRequest, CompletableFuture<FetchAllResult>> ask) {
        leaders.add(new Leader("broker " + leader.brokerId() + " at " + leader.url(), false, places, ask));
    }

    /**
     * Adds this broker, before the start.
     *
     * @param ask answers at once where it need not wait
     */
    void addHere(List<Integer> places, Function<FetchAllRequest, CompletableFuture<FetchAllResult>> ask) {
        leaders.add(new Leader("this broker", true, places, ask));
    }

    /** Cancel the future to give it up. */
    CompletableFuture<FetchAllResult> start() {
        answer.whenComplete((result, failure) -> leave());
        answer.exceptionally(failure -> {
            memory.release();
            return null;
        });
        if (leaders.isEmpty()) {
            answer.complete(result());
            return answer;
        }
        synchronized (this) {
            deadline = deadlines.add(FIRST_ANSWER_MS, () -> continuations.execute(() -> orFail(this::timeIsOver)));
            for (Leader leader : leaders) {
                leader.bytesLeft = request.maxBytes() == 0 ? 0 : Math.max(1, request.maxBytes() / leaders.size());
                ask(leader, 0, 0);
            }
        }
        return answer;
    }

    /** Under the lock. */
    private void ask(Leader leader, int minBytes, long maxWaitMs) {
        List<FetchAllRequest.Part> parts = leader.places.stream().map(this::next).toList();
        FetchAllRequest share = new FetchAllRequest(parts, request.isolation(), minBytes, leader.bytesLeft, maxWaitMs);
        CompletableFuture<FetchAllResult> asked = asked(leader, share);
        leader.asked = asked;
        asked.whenComplete((result, failure) -> continuations.execute(() -> came(leader, asked, result, failure)));
    }

    private static CompletableFuture<FetchAllResult> asked(Leader leader, FetchAllRequest share) {
        try {
            return leader.ask.apply(share);
        } catch (RuntimeException | OutOfMemoryError failure) {
            return CompletableFuture.failedFuture(failure);
        }
    }

    /** The part as it is to be asked for now: after what is there already. */
    private FetchAllRequest.Part next(int place) {
        FetchAllRequest.Part part = request.parts().get(place);
        if (found[place] == null || found[place].result() == null) {
            return part;
        }
        return new FetchAllRequest.Part(part.topic(), part.partition(), part.topicId(),
                new FetchPosition.AtOffset(found[place].result().nextOffset(), found[place].result().leaderEpoch()));
    }

    private void came(Leader leader, CompletableFuture<FetchAllResult> asked, FetchAllResult result,
                      Throwable failure) {
        orFail(() -> understand(leader, asked, result, failure));
    }

    /** Whatever goes wrong is the answer: nobody else would give one. */
    private void orFail(Runnable step) {
        try {
            step.run();
        } catch (RuntimeException | Error failure) {
            answer.completeExceptionally(BrokerErrors.outcome(failure));
        }
    }

    private void understand(Leader leader, CompletableFuture<FetchAllResult> asked, FetchAllResult result,
                            Throwable failure) {
        synchronized (this) {
            if (answer.isDone() || leader.asked != asked) {
                return;
            }
            leader.asked = null;
            leader.answered = true;
            take(leader, result, failure);
            if (leaders.stream().anyMatch(each -> !each.answered) || !isEnough() && askToWait()) {
                return;
            }
        }
        answer.complete(result());
    }

    /** Under the lock. */
    private void take(Leader leader, FetchAllResult result, Throwable failure) {
        BrokerException refused = null;
        if (failure != null) {
            refused = BrokerErrors.asBrokerException("the fetch", failure);
        } else if (result.parts().size() != leader.places.size()) {
            refused = new BrokerException(ErrorKind.UNAVAILABLE, leader.name + " answered for " + result.parts().size()
                    + " partitions, and was asked for " + leader.places.size());
        }
        for (int i = 0; i < leader.places.size(); i++) {
            int place = leader.places.get(i);
            BrokerException reason = refused != null ? refused : result.parts().get(i).failure();
            if (reason != null) {
                fail(place, reason);
                continue;
            }
            FetchResult came = result.parts().get(i).result();
            FetchResult before = found[place] == null ? null : found[place].result();
            found[place] = FetchAllResult.Part.read(id(place), before == null ? came : joined(before, came));
            leader.bytesLeft -= came.batches().remaining();
        }
    }

    /** What came of a part stays; the next fetch fails then. */
    private void fail(int place, BrokerException reason) {
        lost = true;
        if (found[place] == null || found[place].bytes() == 0) {
            found[place] = FetchAllResult.Part.failed(id(place), reason);
        }
    }

    private TopicPartition id(int place) {
        FetchAllRequest.Part part = request.parts().get(place);
        return new TopicPartition(part.topic(), part.partition());
    }

    private static FetchResult joined(FetchResult before, FetchResult after) {
        ByteBuffer batches = after.batches();
        // what was passed over without a batch has its epoch, too
        int epoch = after.nextOffset() > after.offset() ? after.leaderEpoch() : before.leaderEpoch();
        if (before.batches().hasRemaining() && batches.hasRemaining()) {
            batches = ByteBuffer.allocate(before.batches().remaining() + after.batches().remaining())
                    .put(before.batches().duplicate()).put(after.batches().duplicate()).flip();
        } else if (!batches.hasRemaining()) {
            batches = before.batches();
        }
        return new FetchResult(before.offset(), after.nextOffset(), after.highWatermark(), after.lastStableOffset(),
                after.logStartOffset(), epoch, batches, after.aborted());
    }

    private long bytes() {
        long bytes = 0;
        for (FetchAllResult.Part part : found) {
            bytes += part.bytes();
        }
        return bytes;
    }

    private boolean isEnough() {
        if (lost || bytes() >= needed || leaders.stream().anyMatch(leader -> leader.bytesLeft <= 0)) {
            return true;
        }
        for (FetchAllResult.Part part : found) {
            if (part.result().nextOffset() < part.result().end(request.isolation())) {
                return true;
            }
        }
        return false;
    }

    /**
     * Under the lock: asks whoever is not asked now to wait.
     *
     * @return false: there is no time left for that
     */
    private boolean askToWait() {
        long leftMs = request.maxWaitMs() - TimeUnit.NANOSECONDS.toMillis(nanoTime.getAsLong() - startedAt);
        if (leftMs <= 0) {
            return false;
        }
        if (!waits) {
            waits = true;
            deadlines.remove(deadline);
            deadline = deadlines.add(leftMs, () -> continuations.execute(() -> orFail(this::timeIsOver)));
        }
        // What is missing cannot come unless one of them brings at least this.
        int minBytes = (int) ((needed - bytes() + leaders.size() - 1) / leaders.size());
        for (Leader leader : leaders) {
            if (leader.asked == null) {
                ask(leader, minBytes, Math.min(leftMs, leader.sliceMs));
                leader.sliceMs = Math.min(LONGEST_SLICE_MS, 2 * leader.sliceMs);
            }
        }
        return true;
    }

    /** Answers with what there is, what came here during the last slice included. */
    private void timeIsOver() {
        synchronized (this) {
            if (answer.isDone()) {
                return;
            }
            for (Leader leader : leaders) {
                if (!leader.answered) {
                    leader.places.forEach(place -> fail(place, new BrokerException(ErrorKind.UNAVAILABLE,
                            leader.name + " did not answer in time: try again in a moment")));
                } else if (leader.isHere && leader.asked != null) {
                    leader.asked.cancel(false);
                    ask(leader, 0, 0);
                    if (!leader.asked.isCompletedExceptionally()) {
                        take(leader, leader.asked.getNow(null), null);
                    }
                    leader.asked = null;
                }
            }
        }
        answer.complete(result());
    }

    private synchronized FetchAllResult result() {
        return new FetchAllResult(List.of(found));
    }

    /** Answered, failed or cancelled: nothing of it is kept. */
    private synchronized void leave() {
        if (deadline != null) {
            deadlines.remove(deadline);
        }
        for (Leader leader : leaders) {
            if (leader.asked != null) {
                leader.asked.cancel(false);
            }
        }
    }
}
