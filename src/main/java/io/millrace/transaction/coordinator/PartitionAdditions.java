package io.millrace.transaction.coordinator;

import io.millrace.metadata.BrokerErrors;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.TopicPartition;
import io.millrace.transaction.state.ProducerIdAndEpoch;
import io.millrace.transaction.state.Step;
import io.millrace.transaction.state.Transitions;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Adds partitions to transactions. Each record of a transaction has all its partitions, and their leaders ask for one each: those
 * that are asked for while a request of the same producer is under way wait for it, and go together in the next one, so that
 * the bytes that are written do not grow with the square of their number. Where they would be too many together, each half
 * of them is asked for by itself, one after the other, as some may fit. As many wait as leaders ask at once: one request for each
 * partition, and repetitions of it. Thread-safe.
 */
final class PartitionAdditions {
    private static final long SHORTEST_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

    private final TransactionRequests requests;
    private final LongSupplier nanoTime;
    /** Of those whose request is under way, what waits for that; guarded by this. */
    private final Map<Producer, List<Addition>> waiting = new HashMap<>();

    /** @param nanoTime the clock of the deadlines, in ns */
    PartitionAdditions(TransactionRequests requests, LongSupplier nanoTime) {
        this.requests = requests;
        this.nanoTime = nanoTime;
    }

    private record Producer(String transactionalId, ProducerIdAndEpoch named) {
    }

    private record Addition(List<TopicPartition> partitions, long deadline, CompletableFuture<Step> done) {
    }

    /** As {@link Transitions#addPartitions}. May block for a moment. @param deadline in ns */
    CompletableFuture<Step> add(String transactionalId, ProducerIdAndEpoch named, Collection<TopicPartition> partitions,
                                long deadline) {
        Producer producer = new Producer(transactionalId, named);
        Addition added = new Addition(List.copyOf(partitions), deadline, new CompletableFuture<>());
        synchronized (this) {
            List<Addition> others = waiting.get(producer);
            if (others != null) {
                others.add(added);
                return added.done;
            }
            waiting.put(producer, new ArrayList<>());
        }
        send(producer, List.of(added));
        return added.done;
    }

    private void send(Producer producer, List<Addition> together) {
        settled(producer, together).whenComplete((goOn, failure) -> {
            try {
                if (failure != null) {
                    throw new CompletionException(failure);
                }
                List<Addition> next = next(producer, goOn);
                if (!next.isEmpty()) {
                    send(producer, next);
                }
            } catch (RuntimeException | Error broken) {
                abandon(producer, together, BrokerErrors.outcome(broken));
            }
        });
    }

    /** Asks, and answers. @return those that are to be asked for again */
    private CompletableFuture<List<Addition>> settled(Producer producer, List<Addition> together) {
        return request(producer, together).handle((step, failure) -> {
            if (together.size() > 1 && is(ErrorKind.INVALID_REQUEST, failure)) {
                return halved(producer, together);
            }
            return CompletableFuture.completedFuture(answered(together, step, failure));
        }).thenCompose(Function.identity());
    }

    private CompletableFuture<List<Addition>> halved(Producer producer, List<Addition> together) {
        int half = together.size() / 2;
        return settled(producer, together.subList(0, half)).thenCompose(first ->
                settled(producer, together.subList(half, together.size())).thenApply(second ->
                        Stream.concat(first.stream(), second.stream()).toList()));
    }

    private List<Addition> answered(List<Addition> together, Step step, Throwable failure) {
        Map<Boolean, List<Addition>> goesOn = together.stream().collect(Collectors.partitioningBy(each ->
                is(ErrorKind.CONCURRENT_TRANSACTIONS, failure) && hasTime(each)));
        for (Addition each : goesOn.get(false)) {
            if (failure == null) {
                each.done.complete(step);
            } else {
                each.done.completeExceptionally(failure);
            }
        }
        return goesOn.get(true);
    }

    /** Nobody waits for what will not come. */
    private void abandon(Producer producer, List<Addition> together, Throwable failure) {
        List<Addition> others;
        synchronized (this) {
            others = waiting.remove(producer);
        }
        together.forEach(each -> each.done.completeExceptionally(failure));
        if (others != null) {
            others.forEach(each -> each.done.completeExceptionally(failure));
        }
    }

    /** Tried until the first of them has no time left: the others go on after that. */
    private CompletableFuture<Step> request(Producer producer, List<Addition> together) {
        List<TopicPartition> partitions = together.stream().flatMap(each -> each.partitions.stream()).distinct().toList();
        long now = nanoTime.getAsLong();
        long leftNanos = together.stream().mapToLong(each -> each.deadline - now).min().orElseThrow();
        try {
            return requests.request(producer.transactionalId, now + leftNanos, (before, fresh, nowMs) -> Transitions.addPartitions(
                    before, producer.named, partitions, TransactionOptions.MAX_PARTITIONS, nowMs));
        } catch (RuntimeException | Error failure) { // those that wait for it must not do so for ever
            return CompletableFuture.failedFuture(BrokerErrors.outcome(failure));
        }
    }

    private static boolean is(ErrorKind kind, Throwable failure) {
        return failure instanceof BrokerException known && known.kind() == kind;
    }

    private boolean hasTime(Addition added) {
        return added.deadline - nanoTime.getAsLong() >= SHORTEST_NANOS;
    }

    /** @return what is to be sent now: nothing when the producer has none */
    private synchronized List<Addition> next(Producer producer, List<Addition> goOn) {
        List<Addition> next = new ArrayList<>(goOn);
        next.addAll(waiting.getOrDefault(producer, List.of()));
        if (next.isEmpty()) {
            waiting.remove(producer);
        } else {
            waiting.put(producer, new ArrayList<>());
        }
        return next;
    }
}
