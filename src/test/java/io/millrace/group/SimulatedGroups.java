package io.millrace.group;

import io.millrace.broker.SimulatedTime;
import io.millrace.broker.fetch.FetchAllResult;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.TopicIdPartition;
import io.millrace.metadata.TopicPartition;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * A group on three servers and its consumers in one thread, from a seed: the real coordinators over a simulated offsets topic, log,
 * clock and network. Servers crash, pause and lose their replicas; the coordinator moves; consumers crash, pause, leave, come
 * late and seek back; operators reset. After each change of the group it is checked what groups promise; a violation is an
 * {@link AssertionError} that names the seed.
 */
final class SimulatedGroups implements GroupWorld {
    static final String TOPIC = "orders";

    /** A fault that is built in on purpose, to see that the checks find it. */
    enum PlantedBug {
        NONE,
        /** A leader of the offsets topic that was replaced writes on. */
        UNFENCED_WRITES,
        /** An answer that got lost with the server that had it counts as arrived. */
        TRUSTING_DELIVERIES,
        /** A coordinator that was replaced answers from its memory as if it were not. */
        ENDLESS_LEASE,
        /** What is written to the offsets topic is forgotten after it was acknowledged. */
        LOST_WRITES,
        /** Who begins to coordinate takes transactions for committed that were aborted. */
        ABORTS_READ_AS_COMMITS(true),
        /** Who begins to coordinate does not know what is pending, and gives records from where the group had come before. */
        PENDING_NOT_READ(true),
        /** What is written in transactions is not verified, so that it may come behind their end. */
        UNVERIFIED(true),
        /** Markers are written beside the coordinator, which goes on as if the transactions were open. */
        MARKERS_BESIDE(true);

        /** Whether only transactions show it. */
        final boolean ofTransactions;

        PlantedBug() {
            this(false);
        }

        PlantedBug(boolean ofTransactions) {
            this.ofTransactions = ofTransactions;
        }
    }

    /** What may go wrong in a run. */
    enum Weather {
        /** Nothing: consumers come and leave, and the coordinator is moved on purpose. */
        CALM,
        /** Servers and consumers die; whoever is connected to a living server gets its answer. */
        DEATHS,
        /** Besides, servers and consumers pause, messages are lost or late, replicas are away. */
        STORM
    }

    private static final int SERVERS = 3;
    private static final int VERDICT_MS = 240_000;

    final long seed;
    final Random random;
    final SimulatedTime time;
    final Weather weather;
    final PlantedBug bug;
    final SimulatedTopics log;
    final SimulatedOffsetsTopic offsets;
    final List<SimulatedCoordinator> servers = new ArrayList<>();
    final SimulatedConsumers consumers = new SimulatedConsumers(this);
    final Set<Integer> withoutReplicas = new HashSet<>();
    final int partitions;
    final GroupPromises promises;
    final SimulatedTransactions transactions;
    private final List<String> history = new ArrayList<>();
    /** Who is to coordinate, by and by. */
    private int preferred = 1;
    private int incarnations;
    private boolean calmDown;

    SimulatedGroups(long seed, Weather weather, PlantedBug bug) {
        this(seed, weather, bug, false);
    }

    /** @param transactional whether consumers commit in transactions, and in no other way */
    SimulatedGroups(long seed, Weather weather, PlantedBug bug, boolean transactional) {
        this.seed = seed;
        this.random = new Random(seed);
        this.time = new SimulatedTime(random);
        this.weather = weather;
        this.bug = bug;
        this.log = new SimulatedTopics(time, random);
        this.partitions = 1 + random.nextInt(8);
        log.create(TOPIC, partitions);
        this.promises = new GroupPromises(log, weather, this::note);
        this.transactions = !transactional ? null : new SimulatedTransactions(this);
        if (transactional) {
            promises.onlyInTransactions();
        }
        this.offsets = new SimulatedOffsetsTopic(time, random, new OffsetsFaults(), () -> promises.check(state()));
        offsets.elect(1);
        for (int id = 1; id <= SERVERS; id++) {
            servers.add(new SimulatedCoordinator(this, id));
        }
    }

    private GroupState state() {
        return offsets.state().groups().contains(GROUP) ? offsets.state().state(GROUP, 0) : null;
    }

    String incarnation() {
        return "i" + ++incarnations;
    }

    // ---- what consumers live in

    @Override
    public Random random() {
        return random;
    }

    @Override
    public SimulatedTime time() {
        return time;
    }

    @Override
    public Weather weather() {
        return weather;
    }

    @Override
    public String topic() {
        return TOPIC;
    }

    @Override
    public TopicView topics() {
        return log;
    }

    @Override
    public SimulatedConsumers consumers() {
        return consumers;
    }

    @Override
    public GroupPromises promises() {
        return promises;
    }

    @Override
    public SimulatedTransactions transactions() {
        return transactions;
    }

    @Override
    public boolean isSettling() {
        return calmDown;
    }

    @Override
    public int pollBytes() {
        return 1 << 20;
    }

    @Override
    public int servers() {
        return SERVERS;
    }

    @Override
    public <T> void ask(int server, String consumer, Long received, SimulatedEntry.Call<T> call, CompletableFuture<T> answer) {
        SimulatedEntry entry = servers.get(server - 1).entry();
        if (entry == null) {
            answer.completeExceptionally(new BrokerException(ErrorKind.UNAVAILABLE, "connection refused"));
        } else {
            entry.ask(consumer, received, call, answer);
        }
    }

    @Override
    public TopicIdPartition id(FetchAllResult.Part part) {
        return SimulatedTopics.id(part);
    }

    @Override
    public void note(String what) {
        history.add("%.3f ".formatted(time.nanoTime() / 1e9) + what);
    }

    // ---- a run

    /** @return how many records were processed */
    long run(int millis) {
        try {
            servers.forEach(SimulatedCoordinator::start);
            advance(500);
            int members = 1 + random.nextInt(4);
            for (int i = 0; i < members; i++) {
                consumers.come();
            }
            long end = time.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
            log.failurePercent = weather == Weather.CALM ? 0 : random.nextInt(3) * 2;
            while (time.nanoTime() < end) {
                act();
                advance(1 + random.nextInt(random.nextInt(10) == 0 ? 3000 : 300));
            }
            settle();
            return promises.processed();
        } catch (AssertionError | RuntimeException failure) {
            throw new AssertionError("seed " + seed + " " + weather + ": " + failure.getMessage() + "\n"
                    + String.join("\n", history.subList(Math.max(0, history.size() - 120), history.size()))
                    + "\n" + state(), failure);
        }
    }

    private void advance(int millis) {
        long until = time.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        while (time.step(until)) {
            promises.requireKept();
        }
    }

    private void act() {
        SimulatedCoordinator server = servers.get(random.nextInt(SERVERS));
        switch (random.nextInt(40)) {
            case 0 -> consumers.join();
            case 1 -> consumers.some(SimulatedConsumer::leave);
            case 2 -> moveCoordinator();
            case 3 -> {
                if (random.nextInt(4) == 0 && log.topics().containsKey(TOPIC)) {
                    log.create(TOPIC, Math.min(12, log.topics().get(TOPIC).partitions() + 1));
                }
            }
            case 4 -> {
                if (weather != Weather.CALM) {
                    consumers.some(SimulatedConsumer::crash);
                }
            }
            case 5 -> {
                if (weather != Weather.CALM && server.isUp() && servers.stream().filter(SimulatedCoordinator::isUp).count() > 1) {
                    note("server " + server.id() + " crashes");
                    server.crash();
                    movedSoon();
                }
            }
            case 6, 7 -> servers.stream().filter(each -> !each.isUp()).findAny().ifPresent(down -> {
                note("server " + down.id() + " starts");
                down.start();
            });
            case 8 -> {
                if (weather == Weather.STORM) {
                    consumers.some(SimulatedConsumer::pause);
                }
            }
            case 9 -> {
                if (weather == Weather.STORM && server.isUp() && !server.isPaused()) {
                    note("server " + server.id() + " pauses");
                    server.pause();
                    movedSoon();
                    time.after(random.nextInt(15_000), server::resume);
                }
            }
            case 10 -> {
                if (weather == Weather.STORM) {
                    note("no replicas for " + server.id());
                    withoutReplicas.add(server.id());
                }
            }
            case 11, 12 -> withoutReplicas.clear();
            case 13 -> recreate();
            case 14 -> {
                if (transactions == null && random.nextInt(6) == 0) {
                    consumers.stopAllAndReset();
                }
            }
            case 15 -> {
                if (transactions == null) { // what is read again by wish is in two of them
                    consumers.reset();
                }
            }
            default -> {
                List<TopicPartition> all = List.copyOf(log.ends().keySet());
                if (!all.isEmpty()) {
                    log.append(all.get(random.nextInt(all.size())), 1 + random.nextInt(5));
                }
            }
        }
    }

    private void recreate() {
        if (random.nextInt(3) != 0 || !log.topics().containsKey(TOPIC)) {
            return;
        }
        note("the topic is created anew");
        int size = 1 + random.nextInt(8);
        if (random.nextBoolean()) {
            log.recreate(TOPIC, size);
        } else {
            log.delete(TOPIC);
            time.after(random.nextInt(400), () -> log.create(TOPIC, size));
        }
        int soon = random.nextInt(20);
        time.after(random.nextInt(400), () -> log.ends().keySet().stream().toList().forEach(each -> log.append(each, soon)));
    }

    // ---- who coordinates

    private void movedSoon() {
        time.after(100 + random.nextInt(3000), () -> {
            SimulatedCoordinator now = servers.get(coordinator() - 1);
            if (!now.isUp() || now.isPaused()) {
                moveCoordinator();
            }
        });
    }

    private void moveCoordinator() {
        List<SimulatedCoordinator> up = servers.stream().filter(each -> each.isUp() && !each.isPaused()).toList();
        if (!up.isEmpty()) {
            int next = up.get(random.nextInt(up.size())).id();
            note("coordinator is to be " + next);
            preferred = next;
            if (weather != Weather.CALM || !servers.get(coordinator() - 1).isUp()) {
                elect(next);
            }
        }
    }

    /** Whether another one is to coordinate, as soon as this one lets it. */
    boolean isBorrowed(int server) {
        return weather == Weather.CALM && coordinator() == server && preferred != server;
    }

    void giveBack(int server) {
        if (isBorrowed(server)) {
            elect(preferred);
        }
    }

    private void elect(int server) {
        note("coordinator is " + server);
        offsets.elect(server);
        servers.forEach(each -> time.after(random.nextInt(weather == Weather.CALM ? 300 : 3000), each::learn));
    }

    /** One that led does so in another epoch. */
    void restarted(int server) {
        if (coordinator() == server) {
            elect(server);
        }
    }

    int coordinator() {
        return offsets.leader();
    }

    /** What may happen to what is written. */
    private final class OffsetsFaults implements SimulatedOffsetsTopic.Faults {
        @Override
        public boolean refuses(int server) {
            return withoutReplicas.contains(server) || isStormy() && random.nextInt(200) == 0;
        }

        @Override
        public int delayMs() {
            return isStormy() && random.nextInt(200) == 0 ? random.nextInt(30_000) : 0;
        }

        @Override
        public boolean loses() {
            return bug == PlantedBug.LOST_WRITES && random.nextInt(50) == 0;
        }

        @Override
        public boolean overstaysLease() {
            return bug == PlantedBug.ENDLESS_LEASE;
        }

        @Override
        public boolean writesOn() {
            return bug == PlantedBug.UNFENCED_WRITES;
        }

        @Override
        public boolean readsAbortsAsCommits() {
            return bug == PlantedBug.ABORTS_READ_AS_COMMITS;
        }

        @Override
        public boolean readsNoOpenTransactions() {
            return bug == PlantedBug.PENDING_NOT_READ;
        }

        private boolean isStormy() {
            return weather == Weather.STORM && !calmDown;
        }
    }

    private void settle() {
        note("all is well again");
        calmDown = true;
        withoutReplicas.clear();
        log.failurePercent = 0;
        servers.forEach(SimulatedCoordinator::heal);
        moveCoordinator();
        consumers.stay();
        long until = time.nanoTime() + TimeUnit.MILLISECONDS.toNanos(VERDICT_MS);
        while (time.nanoTime() < until && promises.missing(state()) != null) {
            advance(500);
        }
        promises.requireAll(state());
    }
}
