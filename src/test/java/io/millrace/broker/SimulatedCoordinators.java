package io.millrace.broker;

import io.millrace.broker.PlantedLog.Bug;
import io.millrace.coordinator.BrokerLog;
import io.millrace.coordinator.Change;
import io.millrace.coordinator.CoordinatorOptions;
import io.millrace.coordinator.CoordinatorRuntime;
import io.millrace.coordinator.Decision;
import io.millrace.coordinator.SimulatedRuntimes;
import io.millrace.metadata.BrokerErrors;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.TopicPartition;
import io.millrace.metadata.topics.InternalTopic;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * A coordinator on each broker of a {@link SimulatedCluster}, and its clients. Each change writes its number to its keys'
 * ledgers, so that every answer tells the whole history of its key: all of them must be parts of one history, have what
 * was answered before, and nothing that was refused.
 */
final class SimulatedCoordinators implements SimulatedCluster.Inhabitants {
    private static final InternalTopic TOPIC = new InternalTopic("__ledgers", 3, 3);
    private static final int KEYS = 8;
    private static final int WRITERS = 3;
    private static final CoordinatorOptions OPTIONS = new CoordinatorOptions(40, TimeUnit.SECONDS.toNanos(4));
    /** For so long after another one was elected a leader may answer from what it had, in ns. */
    private static final long STALE_NANOS = TimeUnit.MILLISECONDS.toNanos(2_200);
    private static final long VERDICT_MS = 60_000;

    private final SimulatedCluster cluster;
    private final Bug bug;
    private final Map<Integer, Host> hosts = new HashMap<>();
    /** Of each key, the longest history that anyone was told. */
    private final Map<String, List<Long>> known = new TreeMap<>();
    /** Of each key, the changes that were answered, and when, in ns. */
    private final Map<String, Map<Long, Long>> answered = new TreeMap<>();
    /** Changes whose clients were told that nothing was done. */
    private final Set<Long> refused = new HashSet<>();
    /** Changes of two keys. */
    private final Map<Long, List<String>> together = new TreeMap<>();
    /** The first violation, or null. */
    private String violated;
    private final List<SimulatedLedgerWriter> writers = new ArrayList<>();
    private int transactions;
    private long changes;
    private int answers;
    private int unknown;

    private record Host(CoordinatorRuntime<String, List<Long>, Ledgers> runtime, Map<Integer, Ledgers> states) {
    }

    SimulatedCoordinators(SimulatedCluster cluster, Bug bug) {
        this.cluster = cluster;
        this.bug = bug;
        for (int i = 0; i < WRITERS; i++) {
            String key = "written-" + i;
            writers.add(new SimulatedLedgerWriter(new Transactions(), key, partitionOf(key), i));
        }
    }

    /** How many transactions were committed everywhere. */
    int transactions() {
        return transactions;
    }

    /** How many changes were answered. */
    int answers() {
        return answers;
    }

    /** Of how many it was told that nobody knows. */
    int unknown() {
        return unknown;
    }

    /** Of how many it was told that they were not made. */
    int refusals() {
        return refused.size();
    }

    @Override
    public void opened(SimulatedServer server) {
        Map<Integer, Ledgers> states = new HashMap<>();
        PlantedLog log = new PlantedLog(new BrokerLog(TOPIC, server.broker.leaderships()), bug,
                partition -> states.get(partition).setDeaf(true), // until the next decision
                partition -> server.broker.hosted().working().stream()
                        .filter(each -> each.id().equals(new TopicPartition(TOPIC.name(), partition))).findFirst().orElseThrow());
        hosts.put(server.id(), new Host(SimulatedRuntimes.open(log, Ledgers.CODEC, partition -> {
            states.put(partition, new Ledgers());
            return states.get(partition);
        }, OPTIONS, server.timers(), server.clock(), cluster.time()::nanoTime), states));
    }

    @Override
    public void gone(SimulatedServer server) {
        hosts.remove(server.id());
    }

    @Override
    public boolean isHosting(SimulatedServer server) {
        return server.broker.hosted().working().stream().filter(each -> each.topic().equals(TOPIC.name())).count()
                < TOPIC.partitions();
    }

    @Override
    public void act() {
        raise();
        if (cluster.random().nextInt(2) == 0) {
            writers.get(cluster.random().nextInt(WRITERS)).act();
            look("written-" + cluster.random().nextInt(WRITERS));
        }
        SimulatedServer server = cluster.servers().get(cluster.random().nextInt(cluster.servers().size()));
        switch (cluster.random().nextInt(40)) {
            case 0 -> {
                cluster.note("the disk of " + server.id() + " is slow");
                server.setSlow(true);
            }
            case 1, 2, 3 -> cluster.servers().forEach(each -> each.setSlow(false));
            case 4 -> cluster.moveSomething(server, TOPIC.name(), TOPIC.partitions());
            default -> {
                for (int burst = cluster.random().nextInt(6); burst >= 0; burst--) {
                    ask(key(), cluster.random().nextInt(3) == 0);
                }
            }
        }
    }

    private String key() {
        return "key-" + cluster.random().nextInt(KEYS);
    }

    /** Of whoever takes itself for the coordinator, or of anyone. */
    private void ask(String key, boolean onlyLook) {
        ask(partitionOf(key), server -> {
            if (onlyLook) {
                look(server, key);
            } else {
                change(server, key);
            }
        });
    }

    private void look(String key) {
        ask(partitionOf(key), server -> look(server, key));
    }

    private void ask(int partition, Consumer<SimulatedServer> what) {
        List<SimulatedServer> up = cluster.servers().stream().filter(server -> hosts.containsKey(server.id())).toList();
        List<SimulatedServer> leading = up.stream().filter(server -> hosts.get(server.id()).runtime().status().stream()
                .anyMatch(status -> status.partition() == partition)).toList();
        List<SimulatedServer> among = leading.isEmpty() ? up : leading;
        if (!among.isEmpty()) {
            SimulatedServer server = among.get(cluster.random().nextInt(among.size()));
            server.receive(() -> {
                if (hosts.containsKey(server.id())) {
                    what.accept(server);
                }
            });
        }
    }

    private static int partitionOf(String key) {
        return Math.abs(key.hashCode()) % TOPIC.partitions();
    }

    private CompletableFuture<List<Long>> look(SimulatedServer server, String key) {
        long asked = cluster.time().nanoTime();
        Host host = hosts.get(server.id());
        CompletableFuture<List<Long>> answer = host.runtime().read(key, ledgers -> {
            ledgers.setDeaf(false);
            return ledgers.of(key);
        });
        answer.whenComplete((history, failure) -> {
            if (failure == null) {
                told(server, key, history);
                checkHas(server, key, history, asked - STALE_NANOS);
            }
        });
        return answer;
    }

    /** What writers of ledgers live in. */
    private final class Transactions implements SimulatedLedgerWriter.World {
        @Override
        public void ask(int partition, Consumer<CoordinatorRuntime<String, List<Long>, Ledgers>> what) {
            SimulatedCoordinators.this.ask(partition, server -> what.accept(hosts.get(server.id()).runtime()));
        }

        @Override
        public long nextNumber() {
            return ++changes;
        }

        @Override
        public void aborted(String key, long number) {
            refused.add(number);
        }

        @Override
        public void committed(String key, long number) {
            transactions++;
            answered.computeIfAbsent(key, any -> new TreeMap<>()).put(number, cluster.time().nanoTime());
        }

        @Override
        public int random(int bound) {
            return cluster.random().nextInt(bound);
        }
    }

    /** Of one key or two. */
    private void change(SimulatedServer server, String key) {
        String other = key();
        change(server, partitionOf(other) == partitionOf(key) && !other.equals(key) ? List.of(key, other) : List.of(key));
    }

    private CompletableFuture<Map<String, List<Long>>> change(SimulatedServer server, List<String> keys) {
        long number = ++changes;
        long asked = cluster.time().nanoTime();
        if (keys.size() > 1) {
            together.put(number, keys);
        }
        CompletableFuture<Map<String, List<Long>>> answer = hosts.get(server.id()).runtime().change(keys.get(0), ledgers -> {
            ledgers.setDeaf(false);
            List<Change<String, List<Long>>> changed = new ArrayList<>();
            Map<String, List<Long>> histories = new TreeMap<>();
            for (String each : keys) {
                histories.put(each, ledgers.with(each, number));
                changed.add(new Change<>(each, histories.get(each)));
            }
            return new Decision<>(changed, histories);
        });
        answer.whenComplete((histories, failure) -> {
            if (failure == null) {
                answers++;
                cluster.note("coordinator " + server.id() + " answered change " + number + " of " + keys);
                histories.forEach((each, history) -> {
                    told(server, each, history);
                    checkHas(server, each, history, asked);
                    answered.computeIfAbsent(each, any -> new TreeMap<>()).put(number, cluster.time().nanoTime());
                });
            } else if (((BrokerException) BrokerErrors.outcome(failure)).kind() == ErrorKind.NOT_COMMITTED) {
                unknown++;
                cluster.note("coordinator " + server.id() + " does not know of change " + number + " of " + keys);
            } else {
                refused.add(number);
                cluster.note("coordinator " + server.id() + " refused change " + number + " of " + keys + ": " + failure.getMessage());
                keys.forEach(each -> check(!known.getOrDefault(each, List.of()).contains(number), "change " + number + " of "
                        + each + " was refused by " + server.id() + ", and was in an answer before"));
            }
        });
        return answer;
    }

    /** Every answer is a part of one history. */
    private void told(SimulatedServer server, String key, List<Long> history) {
        List<Long> before = known.getOrDefault(key, List.of());
        int common = Math.min(before.size(), history.size());
        check(before.subList(0, common).equals(history.subList(0, common)), "the history of " + key + " that " + server.id()
                + " tells contradicts what was told before: " + history + " and " + before);
        if (history.size() > before.size()) {
            known.put(key, List.copyOf(history));
        }
        history.forEach(number -> check(!refused.contains(number), "change " + number + " of " + key
                + " was refused, and is in the answer of " + server.id() + ": " + history));
    }

    private void checkHas(SimulatedServer server, String key, List<Long> history, long answeredBefore) {
        answered.getOrDefault(key, Map.of()).forEach((number, at) -> check(at > answeredBefore || history.contains(number),
                "the answer of " + server.id() + " for " + key + " lacks change " + number + ", which was answered: " + history));
    }

    @Override
    public void settle() {
        for (int i = 0; i < KEYS; i++) {
            String key = "key-" + i;
            long until = cluster.time().nanoTime() + TimeUnit.MILLISECONDS.toNanos(VERDICT_MS);
            while (!isChanged(key)) {
                check(cluster.time().nanoTime() < until, "nobody coordinates " + key + " after everything healed");
                raise();
            }
        }
        for (SimulatedLedgerWriter writer : writers) {
            long until = cluster.time().nanoTime() + TimeUnit.MILLISECONDS.toNanos(VERDICT_MS);
            while (!writer.isIdle()) {
                check(cluster.time().nanoTime() < until, "a transaction is not ended after everything healed");
                raise();
                writer.act();
                cluster.advance(1_000);
            }
        }
        for (int i = 0; i < WRITERS; i++) {
            look("written-" + i);
            cluster.advance(1_000);
        }
        together.forEach((number, keys) -> check(keys.stream().map(key -> known.get(key).contains(number)).distinct()
                .count() == 1, "change " + number + " was made of one of " + keys + " and not of the other: " + known));
        raise();
    }

    /** Asks each server once. A server that fails meanwhile, as some disks still do, leaves its client without an answer. */
    private boolean isChanged(String key) {
        for (SimulatedServer server : cluster.servers()) {
            if (hosts.containsKey(server.id())) {
                CompletableFuture<?> answer = change(server, List.of(key));
                long patience = cluster.time().nanoTime() + OPTIONS.commitNanos();
                while (!answer.isDone() && cluster.time().nanoTime() < patience) {
                    cluster.advance(20);
                }
                if (answer.isDone() && !answer.isCompletedExceptionally()) {
                    return true;
                }
            }
        }
        cluster.advance(100);
        return false;
    }

    /** Answers come to futures, which keep what is thrown there to themselves: it is thrown again with the next step. */
    private void check(boolean holds, String violation) {
        if (!holds && violated == null) {
            violated = violation;
        }
    }

    private void raise() {
        cluster.check(violated == null, violated);
    }
}
