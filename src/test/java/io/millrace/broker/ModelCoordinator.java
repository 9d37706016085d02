package io.millrace.broker;

import io.millrace.broker.produce.TransactionVerifier;
import io.millrace.metadata.BrokerErrors;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.TopicPartition;
import io.millrace.record.EndTransactionMarker;
import io.millrace.transaction.state.ProducerIdAndEpoch;
import io.millrace.transaction.state.Step;
import io.millrace.transaction.state.Transaction;
import io.millrace.transaction.state.TransactionMarker;
import io.millrace.transaction.state.TransactionResult;
import io.millrace.transaction.state.Transitions;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Function;

/**
 * A coordinator of transactions that never fails, for leaders that do: what it decides and remembers is the truth. Its messages
 * to them take their time, get lost, and come twice.
 */
final class ModelCoordinator {
    /** A fault that is built in on purpose. */
    enum Bug {
        NONE(""),
        /** Nobody notes that a partition has records of a transaction. */
        VERIFY_NOTHING("is not ended|held back|never decided"),
        /** The producer writes on in the epoch of its marker, as before KIP-890. */
        RAISE_NO_EPOCH("is not ended|held back|was decided|is shown|in its own epoch"),
        /** A marker that may get lost counts as written. */
        TAKE_UNKNOWN_FOR_WRITTEN("is not ended|held back|was decided"),
        /** It is decided when the markers are there. */
        MARK_BEFORE_DECISION("is shown|was decided");

        private final String violation;

        /** @param violation part of the message that tells of what it leads to, a regular expression */
        Bug(String violation) {
            this.violation = violation;
        }

        String violation() {
            return violation;
        }
    }

    private static final int TIMEOUT_MS = 4_000;
    private static final int MOST_PARTITIONS = 100;

    private final SimulatedCluster cluster;
    private final String topic;
    private final Bug bug;
    private final Map<String, Transaction> transactions = new TreeMap<>();
    /** How the transaction of each producer and epoch ended. */
    private final Map<ProducerIdAndEpoch, TransactionResult> outcomes = new HashMap<>();
    /** Of each transactional id: where the markers are still to be written. */
    private final Map<String, Set<TopicPartition>> unmarked = new TreeMap<>();
    private long producerIds;
    private int refusals;
    /** The first violation, or null. */
    private String violated;

    ModelCoordinator(SimulatedCluster cluster, String topic, Bug bug) {
        this.cluster = cluster;
        this.topic = topic;
        this.bug = bug;
    }

    /** Null where it never decided. */
    TransactionResult outcome(ProducerIdAndEpoch producer) {
        return outcomes.get(producer);
    }

    /** How many questions of leaders were refused. */
    int refusals() {
        return refusals;
    }

    String violated() {
        return violated;
    }

    /** Whether all transactions are decided, and their markers written. */
    boolean isResting() {
        return transactions.values().stream().allMatch(now -> now.state().isResting());
    }

    private long nowMs() {
        return cluster.time().nanoTime() / 1_000_000;
    }

    private Random random() {
        return cluster.random();
    }

    // ---- what producers ask

    /** @return who goes on; null: try again. @throws BrokerException as {@link Transitions#init} */
    ProducerIdAndEpoch init(String id) {
        return ask(id, now -> Transitions.init(now, TIMEOUT_MS, OptionalLong.of(++producerIds), nowMs()));
    }

    /** @return who goes on; null: try again. @throws BrokerException as {@link Transitions#end} */
    ProducerIdAndEpoch end(String id, ProducerIdAndEpoch producer, TransactionResult result) {
        Transaction now = transactions.get(id);
        boolean early = bug == Bug.MARK_BEFORE_DECISION && result == TransactionResult.COMMIT && now.state().decided().isEmpty()
                && now.producer().equals(producer) && random().nextBoolean();
        if (early) {
            for (TopicPartition partition : now.partitions()) {
                mark(id, new TransactionMarker(partition, new ProducerIdAndEpoch(producer.producerId(), (short) (producer.epoch() + 1)),
                        0, result));
            }
            return null;
        }
        return ask(id, before -> Transitions.end(before, producer, result, OptionalLong.of(++producerIds), nowMs()));
    }

    /** Time-outs abort, as time goes on. */
    void tick() {
        List.copyOf(transactions.keySet())
                .forEach(id -> ask(id, now -> Transitions.timeOut(now, OptionalLong.of(++producerIds), nowMs())));
    }

    private ProducerIdAndEpoch ask(String id, Function<Transaction, Step> request) {
        Transaction before = transactions.get(id);
        Step step = request.apply(before);
        if (step.next() != null) {
            become(id, before, step.next());
        }
        return step.progress() == Step.Progress.DONE ? step.producer() : null;
    }

    private void become(String id, Transaction before, Transaction next) {
        transactions.put(id, next);
        next.state().decided().ifPresent(result -> {
            cluster.note("transaction of " + id + ", " + before.producer() + ": " + result + " in " + next.partitions());
            outcomes.put(before.producer(), result);
            unmarked.put(id, new HashSet<>(next.partitions()));
            next.markers(0).forEach(marker -> mark(id, marker));
        });
    }

    // ---- what leaders ask

    /** As a server asks it. */
    TransactionVerifier verifier(ScheduledExecutorService threads) {
        return (id, producerId, epoch, partition) -> {
            CompletableFuture<Void> answer = new CompletableFuture<>();
            if (bug == Bug.VERIFY_NOTHING) {
                answer.complete(null);
            } else {
                later(() -> verify(id, new ProducerIdAndEpoch(producerId, epoch), partition, threads, answer));
                cluster.time().after(1_500, () -> threads.execute(() -> answer.completeExceptionally(
                        new BrokerException(ErrorKind.UNAVAILABLE, "the coordinator does not answer"))));
            }
            return answer;
        };
    }

    private void verify(String id, ProducerIdAndEpoch named, TopicPartition partition, ScheduledExecutorService threads,
                        CompletableFuture<Void> answer) {
        try {
            ProducerIdAndEpoch going = ask(id, now -> Transitions.addPartitions(now, named, Set.of(partition), MOST_PARTITIONS, nowMs()));
            if (going == null) {
                throw new BrokerException(ErrorKind.CONCURRENT_TRANSACTIONS, "the one before is being ended");
            }
            later(() -> threads.execute(() -> answer.complete(null)));
        } catch (BrokerException refused) {
            refusals++;
            later(() -> threads.execute(() -> answer.completeExceptionally(refused)));
        }
    }

    /** A message on its way: mostly quick, sometimes late, sometimes lost. */
    private void later(Runnable message) {
        if (random().nextInt(60) > 0) {
            cluster.time().soon(random().nextInt(25) == 0 ? 5_000_000 : 4_000, message);
        }
    }

    // ---- what it asks of leaders

    /** Until it is written. */
    private void mark(String id, TransactionMarker marker) {
        if (!isToBeMarked(id, marker) && bug != Bug.MARK_BEFORE_DECISION) {
            return;
        }
        int leader = cluster.registered(topic).orElseThrow().partitions().get(marker.partition().partition()).leader();
        if (leader > 0) {
            later(() -> send(id, marker, cluster.server(leader)));
            if (random().nextInt(10) == 0) {
                later(() -> send(id, marker, cluster.server(leader)));
            }
        }
        if (isToBeMarked(id, marker)) {
            cluster.time().after(700, () -> mark(id, marker));
        }
    }

    private boolean isToBeMarked(String id, TransactionMarker marker) {
        Transaction now = transactions.get(id);
        return now.markers(0).contains(marker) && unmarked.get(id).contains(marker.partition());
    }

    private void send(String id, TransactionMarker marker, SimulatedServer server) {
        short epoch = (short) (marker.producer().epoch() - (bug == Bug.RAISE_NO_EPOCH ? 1 : 0));
        EndTransactionMarker.Type type = marker.result() == TransactionResult.COMMIT ? EndTransactionMarker.Type.COMMIT
                : EndTransactionMarker.Type.ABORT;
        server.receive(() -> server.broker().transactions().end(marker.partition(), marker.producer().producerId(), epoch,
                new EndTransactionMarker(type, marker.coordinatorEpoch())).whenComplete((done, failure) ->
                        later(() -> answered(id, marker, failure))));
    }

    private void answered(String id, TransactionMarker marker, Throwable failure) {
        ErrorKind kind = failure == null ? null : ((BrokerException) BrokerErrors.outcome(failure)).kind();
        if (kind == ErrorKind.UNKNOWN_TOPIC || kind == ErrorKind.UNKNOWN_PARTITION) {
            violated = "a leader says that " + marker.partition() + " is gone: " + failure.getMessage();
        }
        boolean written = kind == null || kind == ErrorKind.NOT_COMMITTED && bug == Bug.TAKE_UNKNOWN_FOR_WRITTEN;
        if (written && isToBeMarked(id, marker)) {
            unmarked.get(id).remove(marker.partition());
            if (unmarked.get(id).isEmpty()) {
                ask(id, now -> Transitions.complete(now, now.producer(), nowMs()));
            }
        }
    }
}
