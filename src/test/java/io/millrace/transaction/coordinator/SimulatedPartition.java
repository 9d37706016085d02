package io.millrace.transaction.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.TopicPartition;
import io.millrace.transaction.coordinator.SimulatedTransactions.PlantedBug;
import io.millrace.transaction.state.ProducerIdAndEpoch;
import io.millrace.transaction.state.TransactionMarker;
import io.millrace.transaction.state.TransactionResult;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * A partition as its leader keeps it: records, the newest epoch and sequence of each producer, and what is verified. What is
 * appended stays; a change of the leader forgets only what was verified and not appended yet.
 */
final class SimulatedPartition {
    /** What was written, and what became of it: null while it is open. */
    static final class Entry {
        final Write write;
        TransactionResult result;

        private Entry(Write write) {
            this.write = write;
        }
    }

    /** @param record unique */
    record Write(String transactionalId, ProducerIdAndEpoch producer, int sequence, long record) {
    }

    private static final class Producer {
        private short epoch;
        private int lastSequence = -1;
        /** Of the open transaction; empty: there is none. */
        private final List<Entry> open = new ArrayList<>();
    }

    final TopicPartition id;
    final List<Entry> entries = new ArrayList<>();
    private final SimulatedTransactions world;
    private final Map<Long, Producer> producers = new HashMap<>();
    /** Grows with each marker of a producer, and each change of the leader: what was verified before counts no more. */
    private final Map<Long, Integer> guards = new HashMap<>();
    private int leaderEpoch;
    boolean unreachable;

    SimulatedPartition(TopicPartition id, SimulatedTransactions world) {
        this.id = id;
        this.world = world;
    }

    void changeLeader() {
        leaderEpoch++;
    }

    int openTransactions() {
        return (int) producers.values().stream().filter(each -> !each.open.isEmpty()).count();
    }

    /** Fails with INVALID_PRODUCER_EPOCH, OUT_OF_ORDER_SEQUENCE, NOT_LEADER, or what the verification fails with. */
    CompletableFuture<?> write(Write write) {
        Producer producer = producers.get(write.producer().producerId());
        if (world.bug == PlantedBug.UNVERIFIED || producer != null && producer.epoch == write.producer().epoch() && !producer.open.isEmpty()) {
            return append(write);
        }
        int leader = leaderEpoch;
        int guard = guard(write);
        return world.ask(coordinator -> coordinator.addPartitions(write.transactionalId(), write.producer(), List.of(id),
            world.time.nanoTime() + 500_000_000L)).thenCompose(verified -> leader != leaderEpoch
                || guard != guard(write) && world.bug != PlantedBug.EPOCH_NOT_CHECKED ? CompletableFuture.failedFuture(new BrokerException(ErrorKind.NOT_LEADER, "verify it again")) : append(write));
    }

    private int guard(Write write) {
        return guards.getOrDefault(write.producer().producerId(), 0);
    }

    private CompletableFuture<?> append(Write write) {
        Producer producer = producers.computeIfAbsent(write.producer().producerId(), added -> {
            Producer first = new Producer();
            first.epoch = write.producer().epoch();
            return first;
        });
        if (write.producer().epoch() < producer.epoch && world.bug != PlantedBug.EPOCH_NOT_CHECKED) {
            return CompletableFuture.failedFuture(new BrokerException(ErrorKind.INVALID_PRODUCER_EPOCH, "fenced"));
        } else if (write.producer().epoch() != producer.epoch) {
            producer.epoch = write.producer().epoch();
            producer.lastSequence = -1;
        }
        if (write.sequence() <= producer.lastSequence) {
            return CompletableFuture.completedFuture(null);
        } else if (write.sequence() != producer.lastSequence + 1) {
            return CompletableFuture.failedFuture(new BrokerException(ErrorKind.OUT_OF_ORDER_SEQUENCE, "a gap"));
        }
        world.promises.written(write);
        producer.lastSequence = write.sequence();
        Entry entry = new Entry(write);
        entries.add(entry);
        producer.open.add(entry);
        return CompletableFuture.completedFuture(null);
    }

    void mark(TransactionMarker marker) {
        assertThat(marker.partition()).isEqualTo(id);
        Producer producer = producers.computeIfAbsent(marker.producer().producerId(), added -> {
            Producer first = new Producer();
            first.epoch = -1;
            return first;
        });
        boolean known = world.bug == PlantedBug.MARKER_TAKEN_AGAIN ? marker.producer().epoch() < producer.epoch
            : marker.producer().epoch() <= producer.epoch;
        if (known) {
            return;
        }
        producer.open.forEach(entry -> entry.result = marker.result());
        producer.open.clear();
        if (producer.epoch != marker.producer().epoch()) {
            producer.lastSequence = -1;
        }
        producer.epoch = marker.producer().epoch();
        guards.merge(marker.producer().producerId(), 1, Integer::sum);
    }
}
