package io.millrace.transaction.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.broker.SimulatedTime;
import io.millrace.broker.SimulatedTimers;
import io.millrace.coordinator.CoordinatorOptions;
import io.millrace.metadata.BrokerErrors;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.TopicPartition;
import io.millrace.transaction.coordinator.SimulatedPartition.Write;
import io.millrace.transaction.state.ProducerIdAndEpoch;
import io.millrace.transaction.state.Transaction;
import io.millrace.transaction.state.TransactionMarker;
import io.millrace.transaction.state.TransactionResult;
import io.millrace.transaction.state.TransactionState;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/**
 * Two servers with real coordinators over a simulated topic, partitions that are models, and applications: one thread, one clock,
 * and faults from a seed. Messages are lost, doubled and late; servers and applications crash, applications stand still and go on.
 * In the end all faults stop, and what was promised is held against what is there.
 */
final class SimulatedTransactions {
    /** What is made wrong on purpose, to see that it is found. */
    enum PlantedBug {
        NONE,
        /** Markers are sent, and producers told, before the decision is in the log for good. */
        MARKER_BEFORE_DECISION,
        /** Leaders take records that were verified, although a marker has ended their epoch since. */
        EPOCH_NOT_CHECKED,
        /** Leaders do not ask the coordinator before the first record. */
        UNVERIFIED,
        /** Leaders take a marker again that they had before. */
        MARKER_TAKEN_AGAIN,
        /** A marker that is lost counts as written. */
        MARKER_NOT_REPEATED
    }

    private static final int SERVERS = 2;
    private static final int APPLICATIONS = 3;
    private static final int PARTITIONS = 4;
    private static final int SETTLING_MS = 30_000;
    private static final int LOST_MS = 1_000;

    final PlantedBug bug;
    final Random random;
    final SimulatedTime time;
    final TransactionPromises promises = new TransactionPromises();
    final List<SimulatedPartition> partitions;
    private final SimulatedStateTopic topic;
    private final List<SimulatedApplication> applications;
    private final Run[] runs = new Run[SERVERS];
    private final Map<ProducerIdAndEpoch, TransactionResult> decisions = new HashMap<>();
    private final boolean stormy;
    private long producerIds = 1_000;
    long records;
    boolean settling;

    SimulatedTransactions(long seed, boolean stormy, PlantedBug bug) {
        this.bug = bug;
        this.stormy = stormy;
        this.random = new Random(seed);
        this.time = new SimulatedTime(random);
        this.topic = new SimulatedStateTopic(time, random);
        this.partitions = IntStream.range(0, PARTITIONS)
            .mapToObj(each -> new SimulatedPartition(new TopicPartition("data", each), this)).toList();
        this.applications = IntStream.range(0, APPLICATIONS).mapToObj(each -> new SimulatedApplication("app-" + each, this)).toList();
        topic.tellsTooSoon = bug == PlantedBug.MARKER_BEFORE_DECISION;
        topic.store("app-0", new Transaction(new ProducerIdAndEpoch(7, (short) (ProducerIdAndEpoch.LAST_EPOCH - random.nextInt(20))), -1,
            -1, SimulatedApplication.TIMEOUT_MS, TransactionState.EMPTY, new TreeSet<>(), 0, -1)); // its epochs are soon used up
    }

    /** A server from its start to its crash. */
    private final class Run {
        private final SimulatedStateTopic.View view;
        private final TransactionCoordinator coordinator;
        private boolean over;

        private Run(int server) {
            this.view = topic.new View(server);
            SimulatedTimers threads = new SimulatedTimers(time, task -> {
                if (!over) {
                    task.run();
                }
            }, () -> over);
            this.coordinator = new TransactionCoordinator(new TransactionParts(view,
                new CoordinatorOptions(1_000, TimeUnit.SECONDS.toNanos(2)), new TransactionOptions(60_000, 3_600_000, 100),
                SimulatedTransactions.this::mark, () -> producerIds++, threads, threads, threads, new SimulatedClock(time), time::nanoTime));
            coordinator.start();
            learn();
        }

        private void learn() {
            if (!over) {
                view.learn();
                time.soon(stormy && !settling ? 600_000 : 20_000, this::learn);
            }
        }
    }

    long in(long millis) {
        return time.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    }

    /** What somebody decided of a prepared transaction stays. */
    TransactionResult decided(ProducerIdAndEpoch producer, TransactionResult wanted) {
        TransactionResult before = decisions.putIfAbsent(producer, wanted);
        return before == null ? wanted : before;
    }

    // ---- messages

    private boolean fault(int inHundred) {
        return stormy && !settling && random.nextInt(100) < inHundred;
    }

    private long delayMicros() {
        return fault(3) ? 2_500_000 : fault(10) ? 100_000 : 1_000;
    }

    private <T> CompletableFuture<T> message(Supplier<CompletableFuture<? extends T>> request) {
        CompletableFuture<T> answer = new CompletableFuture<>();
        time.after(LOST_MS, () -> answer.completeExceptionally(new BrokerException(ErrorKind.UNAVAILABLE, "no answer came")));
        for (int copies = fault(4) ? 0 : fault(6) ? 2 : 1; copies > 0; copies--) {
            time.soon(delayMicros(), () -> request.get().whenComplete((value, failure) -> {
                if (!fault(4)) {
                    time.soon(delayMicros(), () -> {
                        if (failure == null) {
                            answer.complete(value);
                        } else {
                            answer.completeExceptionally(BrokerErrors.outcome(failure));
                        }
                    });
                }
            }));
        }
        return answer;
    }

    /** Asks the coordinator, or somebody who was it. */
    <T> CompletableFuture<T> ask(Function<TransactionCoordinator, CompletableFuture<T>> request) {
        int server = fault(5) ? random.nextInt(SERVERS) : topic.leader();
        return message(() -> runs[server] == null ? new CompletableFuture<>() : request.apply(runs[server].coordinator));
    }

    CompletableFuture<Object> write(int partition, Write write) {
        return message(() -> partitions.get(partition).unreachable ? new CompletableFuture<>() : partitions.get(partition).write(write));
    }

    private CompletableFuture<?> mark(TransactionMarker marker) {
        CompletableFuture<Object> answer = message(() -> {
            SimulatedPartition partition = partitions.get(marker.partition().partition());
            if (partition.unreachable) {
                return new CompletableFuture<>();
            }
            partition.mark(marker);
            return CompletableFuture.completedFuture(null);
        });
        return bug == PlantedBug.MARKER_NOT_REPEATED ? answer.exceptionally(lost -> null) : answer;
    }

    // ---- faults

    private void crash(int server) {
        if (runs[server] != null) {
            runs[server].over = true;
            runs[server] = null;
            time.after(50 + random.nextInt(500), () -> runs[server] = new Run(server));
            if (topic.leader() == server) {
                elect(random.nextInt(SERVERS));
            }
        }
    }

    private void elect(int server) {
        topic.elect(server);
        for (Run each : runs) {
            if (each != null && random.nextBoolean()) {
                each.view.learn();
            }
        }
    }

    private void chaos() {
        if (settling) {
            return;
        }
        switch (random.nextInt(stormy ? 9 : 2)) {
            case 0 -> topic.delayMs = random.nextInt(20);
            case 1 -> elect(random.nextInt(SERVERS));
            case 2 -> crash(random.nextInt(SERVERS));
            case 3 -> applications.get(random.nextInt(APPLICATIONS)).crash();
            case 4 -> applications.get(random.nextInt(APPLICATIONS)).pause();
            case 5 -> partitions.get(random.nextInt(PARTITIONS)).changeLeader();
            case 6 -> {
                SimulatedPartition gone = partitions.get(random.nextInt(PARTITIONS));
                gone.unreachable = true;
                time.after(random.nextInt(1_500), () -> gone.unreachable = false);
            }
            case 7 -> {
                topic.refusing = true;
                time.after(random.nextInt(300), () -> topic.refusing = false);
            }
            default -> topic.delayMs = random.nextInt(400);
        }
        time.after(random.nextInt(stormy ? 800 : 2_000), this::chaos);
    }

    /** Decides what is prepared and whose owner does not: that what nobody decided is aborted. */
    private void recover() {
        topic.state().forEach((id, transaction) -> {
            if (transaction.state() == TransactionState.PREPARED
                    && TimeUnit.NANOSECONDS.toMillis(time.nanoTime()) - transaction.updatedAtMs() > 2 * SimulatedApplication.TIMEOUT_MS) {
                TransactionResult result = decided(transaction.producer(), TransactionResult.ABORT);
                ask(coordinator -> coordinator.end(id, transaction.producer(), result, in(500)));
            }
        });
        time.after(300, this::recover);
    }

    /** @return how many transactions were told to be committed */
    int run(int millis) {
        for (int server = 0; server < SERVERS; server++) {
            runs[server] = new Run(server);
        }
        topic.elect(0);
        applications.forEach(SimulatedApplication::begin);
        time.after(100, this::chaos);
        time.after(100, this::recover);
        runUntil(in(millis));
        settling = true;
        topic.delayMs = 0;
        runUntil(in(SETTLING_MS));
        promises.check(partitions);
        topic.state().forEach((id, transaction) -> assertThat(transaction.state().isResting()).as(id + " rests: " + transaction).isTrue());
        assertThat(partitions).as("nobody is held back").allMatch(partition -> partition.openTransactions() == 0);
        assertThat(open()).as("what the coordinator knows is what is in the log").isEqualTo(Set.copyOf(topic.state().keySet()));
        return promises.committed;
    }

    private Set<String> open() {
        CompletableFuture<TransactionList> listed = ask(coordinator -> coordinator.list(TransactionFilter.ALL, 10_000));
        runUntil(in(500));
        return Set.copyOf(listed.join().transactions().stream().map(TransactionDescription::transactionalId).toList());
    }

    private void runUntil(long until) {
        while (time.step(until)) {
            assertThat(promises.violation).isNull();
        }
    }
}
