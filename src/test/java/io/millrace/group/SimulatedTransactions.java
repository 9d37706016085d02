package io.millrace.group;

import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.TopicIdPartition;
import io.millrace.record.EndTransactionMarker.Type;
import io.millrace.record.EndTransactionMarker;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * The coordinator of transactions as simulated groups meet it: it never fails and decides at once; its answers take a while, and
 * its markers come some time after, to whoever leads the offsets topic, maybe more than once. A transaction that takes too long
 * is aborted.
 */
final class SimulatedTransactions {
    private static final int TIMEOUT_MS = 12_000;
    /** So long a marker's answer is waited for. */
    private static final int ANSWER_MS = 5_000;

    private final SimulatedGroups world;
    private final Map<Long, Producer> producers = new HashMap<>();
    private int commits;
    private int aborts;

    private static final class Producer {
        private short epoch;
        /** Whether offsets are written in its transaction. */
        private boolean added;
        /** Whether its last transaction is not ended everywhere. */
        private boolean ending;
    }

    /** The records from an offset on, up to another one, exclusive. */
    record Range(long from, long to) {
    }

    SimulatedTransactions(SimulatedGroups world) {
        this.world = world;
    }

    /** How many transactions were committed. */
    int commits() {
        return commits;
    }

    /** How many were aborted in which offsets may have been written. */
    int aborts() {
        return aborts;
    }

    /** A producer of its own, in its first transaction. */
    TransactionalProducer begin(String name) {
        long id = producers.size();
        producers.put(id, new Producer());
        return new TransactionalProducer(name, id, (short) 0);
    }

    /** Whether markers are on their way. */
    boolean isEnding() {
        return producers.values().stream().anyMatch(each -> each.ending);
    }

    /** As {@link io.millrace.broker.produce.TransactionVerifier}. */
    CompletableFuture<?> verify(long id, short epoch) {
        CompletableFuture<Void> answer = new CompletableFuture<>();
        world.time.after(delay(), () -> {
            BrokerException refused = added(id, epoch);
            world.time.after(delay(), () -> {
                if (refused == null) {
                    answer.complete(null);
                } else {
                    answer.completeExceptionally(refused);
                }
            });
        });
        return answer;
    }

    private int delay() {
        return world.weather != SimulatedGroups.Weather.CALM && world.random.nextInt(20) == 0
                ? world.random.nextInt(world.random.nextInt(5) == 0 ? 2 * TIMEOUT_MS : 4_000) : world.random.nextInt(5);
    }

    private BrokerException added(long id, short epoch) {
        Producer producer = producers.get(id);
        if (world.bug == SimulatedGroups.PlantedBug.UNVERIFIED) {
            return null;
        } else if (epoch != producer.epoch) {
            return new BrokerException(ErrorKind.PRODUCER_FENCED, "it is in epoch " + producer.epoch);
        } else if (producer.ending) {
            return new BrokerException(ErrorKind.CONCURRENT_TRANSACTIONS, "the last one is not ended everywhere");
        } else if (!producer.added) {
            producer.added = true;
            world.time.after(TIMEOUT_MS, () -> end(id, epoch, false, Map.of()));
        }
        return null;
    }

    /**
     * Ends a transaction.
     *
     * @param outputs what was made in it: of these records
     * @return whether that is what became of it; false: it was ended otherwise before
     */
    boolean end(long id, short epoch, boolean commit, Map<TopicIdPartition, Range> outputs) {
        Producer producer = producers.get(id);
        if (producer.epoch != epoch) {
            return false;
        } else if (!producer.added) { // nothing is to be ended
            return !commit;
        }
        if (commit) {
            commits++;
            world.promises.output(outputs);
        } else {
            aborts++;
        }
        producer.epoch++;
        producer.added = false;
        producer.ending = true;
        world.note("the transaction of producer " + id + " and epoch " + epoch + (commit ? " is committed: " + outputs : " is aborted"));
        write(producer, id, producer.epoch, new EndTransactionMarker(commit ? Type.COMMIT : Type.ABORT, 0));
        return true;
    }

    private void write(Producer producer, long id, short epoch, EndTransactionMarker marker) {
        world.time.after(delay(), () -> {
            if (!producer.ending || producer.epoch != epoch) {
                return;
            } else if (world.bug == SimulatedGroups.PlantedBug.MARKERS_BESIDE) {
                world.offsets.writeBeside(marker.batch(id, epoch, 0));
                producer.ending = false;
                return;
            }
            CompletableFuture<Void> answer = new CompletableFuture<>();
            answer.whenComplete((done, failure) -> world.time.after(delay(), () -> {
                if (failure != null) {
                    world.time.after(200, () -> write(producer, id, epoch, marker));
                } else if (producer.epoch == epoch) {
                    producer.ending = false;
                }
            }));
            int server = world.random.nextInt(5) == 0 ? 1 + world.random.nextInt(world.servers()) : world.coordinator();
            int times = world.random.nextInt(10) == 0 ? 2 : 1;
            for (int i = 0; i < times; i++) {
                world.time.after(delay(), () -> world.servers.get(server - 1).run(groups -> groups.endTransaction(0, id, epoch, marker)
                        .whenComplete((done, failure) -> {
                            if (failure == null) {
                                answer.complete(null);
                            } else {
                                answer.completeExceptionally(failure);
                            }
                        })));
            }
            world.time.after(ANSWER_MS, () -> answer.completeExceptionally(new BrokerException(ErrorKind.UNAVAILABLE, "no answer")));
        });
    }
}
