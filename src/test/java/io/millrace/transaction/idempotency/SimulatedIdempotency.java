package io.millrace.transaction.idempotency;

import io.millrace.broker.SimulatedTime;
import io.millrace.broker.produce.ProduceResult;
import io.millrace.coordinator.SimulatedInternalTopic;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.topics.InternalTopic;
import io.millrace.record.RecordBatch;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Clients that repeat requests with idempotency keys at three servers, in one thread, from a seed: the real coordinators over
 * simulated logs, clock and network. Servers crash between any two steps, and pause; coordinators and leaders move; messages
 * are lost and doubled. Each record must be there once, and each key have one answer; a violation is an {@link AssertionError}
 * that names the seed.
 */
final class SimulatedIdempotency {
    /** A fault that is built in on purpose, to see that the checks find it. */
    enum PlantedBug {
        NONE,
        /** A request that is carried out again has its records in other partitions. */
        FORGOTTEN_LAYOUT,
        /** A producer uses the same epoch for every request. */
        SAME_EPOCH,
        /** A request is carried out again in another name. */
        OTHER_PRODUCER,
        /** Producer ids are given twice. */
        SHARED_IDS,
        /** A new leader of a partition does not know what producers have appended. */
        FORGETFUL_LEADERS,
        /** A leader of the topic of keys that was replaced writes on. */
        UNFENCED_WRITES,
        /** What is written to the topic of keys is forgotten after it was acknowledged. */
        LOST_WRITES
    }

    /**
     * How much there may be.
     *
     * @param maxUnfinished of the keys' only partition
     * @param maxProducers  that each partition of the topic keeps in mind
     */
    record Limits(int partitions, int maxUnfinished, int maxProducers) {
    }

    /** A request, each time it is sent. @param partitions that each record names, or -1 */
    record Request(IdempotencyKey key, String body, int[] partitions) {
    }

    private static final int SERVERS = 3;
    private static final int CLIENTS = 6;
    private static final int PATIENCE_MS = 20_000;
    private static final int VERDICT_MS = 240_000;

    final Random random;
    final SimulatedTime time;
    final PlantedBug bug;
    final SimulatedPartitions partitions;
    final SimulatedInternalTopic topic;
    final Limits limits;
    private final long seed;
    private final boolean stormy;
    private final List<SimulatedKeyServer> servers = new ArrayList<>();
    private final List<SimulatedKeyClient> clients = new ArrayList<>();
    /** By key, what it was answered with. */
    private final Map<IdempotencyKey, String> answers = new HashMap<>();
    private final List<String> history = new ArrayList<>();
    private long producerIds;
    private boolean calmDown;
    /** The first one; what is thrown at whoever completes a future would be lost. */
    private String violation;
    int replayed;

    /** @param stormy whether anything goes wrong */
    SimulatedIdempotency(long seed, boolean stormy, PlantedBug bug) {
        this(seed, stormy, bug, new Limits(1 + new Random(~seed).nextInt(4), 100, 400), CLIENTS);
    }

    /** @param clientCount of those that repeat each request until it is answered */
    SimulatedIdempotency(long seed, boolean stormy, PlantedBug bug, Limits limits, int clientCount) {
        this.limits = limits;
        this.seed = seed;
        this.stormy = stormy;
        this.bug = bug;
        this.random = new Random(seed);
        this.time = new SimulatedTime(random);
        this.partitions = new SimulatedPartitions(limits.partitions(), limits.maxProducers(), time, random, () -> bug == PlantedBug.FORGETFUL_LEADERS);
        this.topic = new SimulatedInternalTopic(InternalTopic.IDEMPOTENCY_KEYS, time, random, new Faults()) {
            @Override
            protected void committed(List<RecordBatch> batches) {
                // what is in it shows in what is answered
            }
        };
        topic.elect(1);
        for (int id = 1; id <= SERVERS; id++) {
            servers.add(new SimulatedKeyServer(this, id));
        }
        for (int client = 0; client < clientCount; client++) {
            clients.add(new SimulatedKeyClient(this, client));
        }
    }

    void note(String what) {
        history.add("%.3f ".formatted(time.nanoTime() / 1e9) + what);
    }

    // ---- a run

    /** @return how many keys were answered */
    int run(int millis) {
        try {
            start();
            clients.forEach(SimulatedKeyClient::begin);
            long end = time.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
            while (time.nanoTime() < end) {
                if (stormy) {
                    act();
                }
                advance(1 + random.nextInt(random.nextInt(10) == 0 ? 3000 : 300));
            }
            settle();
            return answers.size();
        } catch (AssertionError | RuntimeException failure) {
            throw new AssertionError("seed " + seed + " " + bug + ": " + failure.getMessage() + "\n"
                    + String.join("\n", history.subList(Math.max(0, history.size() - 150), history.size())), failure);
        }
    }

    void start() {
        servers.forEach(SimulatedKeyServer::start);
    }

    void advance(int millis) {
        long until = time.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        boolean more = true;
        while (more) {
            more = time.step(until);
            if (violation != null) {
                throw new AssertionError(violation);
            }
        }
    }

    private void act() {
        SimulatedKeyServer server = servers.get(random.nextInt(SERVERS));
        switch (random.nextInt(40)) {
            case 0 -> {
                if (server.isUp()) {
                    note("server " + server.id() + " crashes");
                    server.crash();
                    movedSoon();
                }
            }
            case 1, 2, 3 -> servers.stream().filter(each -> !each.isUp()).findAny().ifPresent(down -> {
                note("server " + down.id() + " starts");
                down.start();
            });
            case 4 -> {
                if (server.isUp() && !server.isPaused()) {
                    note("server " + server.id() + " pauses");
                    server.pause();
                    movedSoon();
                    time.after(random.nextInt(15_000), server::resume);
                }
            }
            case 5 -> moveCoordinator();
            case 6, 7 -> {
                int partition = random.nextInt(partitions.count());
                note("partition " + partition + " has a new leader");
                partitions.elect(partition);
            }
            default -> {
            }
        }
    }

    private void settle() {
        note("all is well again");
        calmDown = true;
        servers.forEach(each -> {
            if (!each.isUp()) {
                each.start();
            }
            each.resume();
        });
        moveCoordinator();
        clients.forEach(SimulatedKeyClient::finish);
        long until = time.nanoTime() + TimeUnit.MILLISECONDS.toNanos(VERDICT_MS);
        while (time.nanoTime() < until && !clients.stream().allMatch(SimulatedKeyClient::isDone)) {
            advance(500);
        }
        clients.forEach(client -> require(client.isDone(), client + " is never answered"));
        advance(60_000); // what is still on its way
        Map<String, Integer> there = partitions.occurrences();
        there.forEach((record, count) -> require(count == 1, record + " is there " + count + " times"));
        clients.forEach(client -> client.sent().forEach(record ->
                require(there.containsKey(record), record + " is lost")));
        advance(0);
    }

    void require(boolean kept, String otherwise) {
        if (!kept && violation == null) {
            violation = otherwise;
        }
    }

    // ---- what clients see

    /** A client was answered: it is what everybody is answered who asks with this key, and true. */
    void answered(Request request, KeyedAnswer answer) {
        ProduceResult result = answer.result();
        StringBuilder offsets = new StringBuilder();
        for (int record = 0; record < result.recordCount(); record++) {
            offsets.append(result.partition(record)).append('-').append(result.offset(record)).append(' ');
            String there = partitions.at(result.partition(record), result.offset(record));
            require((request.body() + "-" + record).equals(there), "%s: record %d is said to be at offset %d of partition %d, where"
                    .formatted(request.key(), record, result.offset(record), result.partition(record)) + " there is " + there);
        }
        String before = answers.putIfAbsent(request.key(), offsets.toString());
        require(before == null || before.equals(offsets.toString()), request.key() + " was answered with " + before + " and with "
                + offsets);
        replayed += answer.replayed() ? 1 : 0;
    }

    /** Sends a request to some server; the future may never complete. */
    CompletableFuture<KeyedAnswer> ask(Request request) {
        CompletableFuture<KeyedAnswer> answer = new CompletableFuture<>();
        SimulatedKeyServer server = servers.get(random.nextInt(SERVERS));
        message(() -> server.ask(request, false, answer));
        time.after(PATIENCE_MS, () -> answer.completeExceptionally(new BrokerException(ErrorKind.UNAVAILABLE, "no answer")));
        return answer;
    }

    void pass(Request request, int server, CompletableFuture<KeyedAnswer> answer) {
        message(() -> servers.get(server - 1).ask(request, true, answer));
    }

    void answer(CompletableFuture<KeyedAnswer> answer, KeyedAnswer given, Throwable failure) {
        message(() -> {
            if (failure == null) {
                answer.complete(given);
            } else {
                answer.completeExceptionally(failure);
            }
        });
    }

    /** It may be lost, and come twice. */
    private void message(Runnable message) {
        int luck = isStormy() ? random.nextInt(30) : 29;
        if (luck > 0) {
            time.soon(luck == 1 ? 5_000_000 : 2_000, message);
        }
        if (luck == 2) {
            time.soon(8_000_000, message);
        }
    }

    /** An append on its way to a partition's leader and back. */
    CompletableFuture<Long> send(SimulatedKeyServer.Life from, int partition, List<String> records, long producerId, short epoch) {
        CompletableFuture<Long> outcome = new CompletableFuture<>();
        message(() -> partitions.append(partition, records, producerId, epoch).whenComplete((base, failure) -> message(() -> {
            if (failure == null) {
                outcome.complete(base);
            } else {
                outcome.completeExceptionally(failure);
            }
        })));
        time.after(8_000, () -> outcome.completeExceptionally(new BrokerException(ErrorKind.UNAVAILABLE, "the leader is silent")));
        return outcome;
    }

    // ---- what servers need

    long nextProducerId() {
        return bug == PlantedBug.SHARED_IDS ? random.nextInt(2) : producerIds++;
    }

    /** How many were given. */
    long producerIds() {
        return producerIds;
    }

    long idOf(long producerId) {
        return bug == PlantedBug.OTHER_PRODUCER ? 1_000_000 + producerIds++ : producerId;
    }

    short epochOf(short epoch) {
        return bug == PlantedBug.SAME_EPOCH ? 0 : epoch;
    }

    boolean crashesNow() {
        return isStormy() && random.nextInt(100) == 0;
    }

    private boolean isStormy() {
        return stormy && !calmDown;
    }

    void movedSoon() {
        time.after(100 + random.nextInt(3000), () -> {
            SimulatedKeyServer now = servers.get(topic.leader() - 1);
            if (!now.isUp() || now.isPaused()) {
                moveCoordinator();
            }
        });
    }

    private void moveCoordinator() {
        List<SimulatedKeyServer> up = servers.stream().filter(each -> each.isUp() && !each.isPaused()).toList();
        if (!up.isEmpty()) {
            elect(up.get(random.nextInt(up.size())).id());
        }
    }

    private void elect(int server) {
        note("the coordinator is " + server);
        topic.elect(server);
        servers.forEach(each -> time.after(random.nextInt(3000), each::learn));
    }

    /** One that led does so in another epoch. */
    void restarted(int server) {
        if (topic.leader() == server) {
            elect(server);
        }
    }

    /** What may happen to what is written to the topic of the keys. */
    private final class Faults implements SimulatedInternalTopic.Faults {
        @Override
        public boolean refuses(int server) {
            return isStormy() && random.nextInt(100) == 0;
        }

        @Override
        public int delayMs() {
            return isStormy() && random.nextInt(100) == 0 ? random.nextInt(15_000) : 0;
        }

        @Override
        public boolean loses() {
            return bug == PlantedBug.LOST_WRITES && random.nextInt(20) == 0;
        }

        @Override
        public boolean writesOn() {
            return bug == PlantedBug.UNFENCED_WRITES;
        }
    }
}
