package io.millrace.broker.fetch;

import io.millrace.agreement.Member;
import io.millrace.broker.Broker;
import io.millrace.metadata.BrokerErrors;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.BrokerObserver;
import io.millrace.metadata.ContinuationExecutor;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.TopicPartition;
import io.millrace.metadata.registers.TopicStore;
import io.millrace.replica.Routes;
import io.millrace.replica.hosting.Deadlines;
import io.millrace.replica.hosting.ReadMemory;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/** Reads several partitions at once, led here or elsewhere; parks what has to wait. Thread-safe. */
public final class FetchAlls {
    private final Routes routes;
    private final FetchAllTransport transport;
    private final ContinuationExecutor continuations;
    private final Deadlines deadlines;
    private final LongSupplier nanoTime;
    private final BrokerObserver observer;
    private final Set<CompletableFuture<FetchAllResult>> waiting = ConcurrentHashMap.newKeySet();
    private volatile BrokerException closed;

    public FetchAlls(Routes routes, FetchAllTransport transport, ContinuationExecutor continuations, Deadlines deadlines,
                     LongSupplier nanoTime, BrokerObserver observer) {
        this.routes = routes;
        this.transport = transport;
        this.continuations = continuations;
        this.deadlines = deadlines;
        this.nanoTime = nanoTime;
        this.observer = observer;
    }

    /** See {@link Broker#fetchAllLocal}. */
    public CompletableFuture<FetchAllResult> local(FetchAllRequest request, ReadMemory memory) {
        check(request);
        return kept(readLocal(request, memory));
    }

    private CompletableFuture<FetchAllResult> readLocal(FetchAllRequest request, ReadMemory memory) {
        LocalFetchAll fetch = new LocalFetchAll(request, memory.part(), observer);
        Set<TopicStore.Part> refreshed = new HashSet<>();
        for (FetchAllRequest.Part part : request.parts()) {
            TopicPartition id = new TopicPartition(part.topic(), part.partition());
            try {
                fetch.add(id, part.from(), routes.led(part.topic(), part.partition(), part.topicId(), refreshed));
            } catch (RuntimeException failure) {
                fetch.addFailed(id, part.from(), BrokerErrors.asBrokerException("the look-up", failure));
            }
        }
        CompletableFuture<FetchAllResult> answer = fetch.start();
        if (!answer.isDone()) {
            Deadlines.Deadline deadline =
                    deadlines.add(request.maxWaitMs(), () -> continuations.execute(fetch::timeIsOver));
            answer.whenComplete((result, failure) -> deadlines.remove(deadline));
        }
        return answer;
    }

    /** See {@link Broker#fetchAll}. */
    public CompletableFuture<FetchAllResult> everywhere(FetchAllRequest request, ReadMemory memory) {
        check(request);
        Map<Optional<Member>, List<Integer>> byLeader = new LinkedHashMap<>();
        Map<Integer, BrokerException> failures = new LinkedHashMap<>();
        Set<TopicStore.Part> refreshed = new HashSet<>();
        for (int place = 0; place < request.parts().size(); place++) {
            FetchAllRequest.Part part = request.parts().get(place);
            try {
                Optional<Member> leader = routes.remoteLeader(part.topic(), part.partition(), part.topicId(),
                        refreshed);
                byLeader.computeIfAbsent(leader, any -> new ArrayList<>()).add(place);
            } catch (RuntimeException failure) {
                failures.put(place, BrokerErrors.asBrokerException("the look-up", failure));
            }
        }
        if (failures.isEmpty() && byLeader.size() == 1 && byLeader.containsKey(Optional.<Member>empty())) {
            return kept(readLocal(request, memory));
        }
        ReadMemory own = memory.part();
        FetchAllSpread fetch = new FetchAllSpread(request, failures, own, continuations, deadlines, nanoTime);
        byLeader.forEach((remote, places) -> remote.ifPresentOrElse(
                leader -> fetch.add(leader, places, share -> readThere(leader, share, own.part())),
                () -> fetch.addHere(places, share -> readLocal(share, own))));
        return kept(fetch.start());
    }

    private CompletableFuture<FetchAllResult> readThere(Member leader, FetchAllRequest share, ReadMemory memory) {
        CompletableFuture<FetchAllResult> answer = transport.fetchAll(leader, share, memory);
        answer.whenComplete((result, failure) -> {
            if (failure == null) {
                routes.refreshSoon(result.parts().stream()
                        .filter(part -> part.failure() != null && knowsBetter(part.failure().kind()))
                        .map(FetchAllResult.Part::id).toList());
            }
        });
        return answer;
    }

    /** Whether a leader that says so knows of a change that is not known here. */
    private static boolean knowsBetter(ErrorKind kind) {
        return kind == ErrorKind.NOT_LEADER || kind == ErrorKind.UNKNOWN_TOPIC_ID;
    }

    /** Ends all that wait, and those yet to come. */
    public void close(BrokerException reason) {
        closed = reason;
        waiting.forEach(answer -> answer.completeExceptionally(reason));
    }

    private CompletableFuture<FetchAllResult> kept(CompletableFuture<FetchAllResult> answer) {
        if (!answer.isDone()) {
            waiting.add(answer);
            answer.whenComplete((result, failure) -> waiting.remove(answer));
            if (closed != null) {
                answer.completeExceptionally(closed);
            }
        }
        return answer;
    }

    private static void check(FetchAllRequest request) {
        if (request.parts().isEmpty()) {
            throw new BrokerException(ErrorKind.INVALID_REQUEST, "there are no partitions to fetch from: name some");
        }
        Fetches.checkBounds(request.minBytes(), request.maxBytes(), request.maxWaitMs());
        request.parts().forEach(part -> Fetches.check(part.from()));
    }
}
