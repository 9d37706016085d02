package io.millrace.group;

import io.millrace.agreement.Member;
import io.millrace.broker.PlantedLog;
import io.millrace.broker.SimulatedCluster;
import io.millrace.broker.SimulatedServer;
import io.millrace.broker.SimulatedTime;
import io.millrace.broker.fetch.FetchAllResult;
import io.millrace.coordinator.BrokerLog;
import io.millrace.coordinator.CoordinatorOptions;
import io.millrace.group.SimulatedGroups.Weather;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.Topic;
import io.millrace.metadata.TopicIdPartition;
import io.millrace.metadata.TopicPartition;
import io.millrace.metadata.topics.InternalTopic;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * The groups of the brokers of a {@link SimulatedCluster}, all of it real but for the wire: what they keep is in the cluster's
 * logs, and so are the records that one group's consumers read. After every step it is held against what groups promise
 * what the cluster keeps of the group.
 */
final class InhabitedGroups implements SimulatedCluster.Inhabitants, GroupWorld {
    private static final String TOPIC = "payments";
    private static final InternalTopic OFFSETS = new InternalTopic(InternalTopic.OFFSETS, 1, 3);
    private static final TopicPartition GROUPS = new TopicPartition(OFFSETS.name(), 0);
    private static final CoordinatorOptions COORDINATORS = new CoordinatorOptions(1_000, TimeUnit.SECONDS.toNanos(4));
    /** Offsets outlive every jump of a clock. */
    private static final GroupOptions OPTIONS = new GroupOptions("sticky", 100, 1_000, TimeUnit.DAYS.toMillis(3_650), 600_000,
            30_000, 1_000);
    private static final long VERDICT_MS = 240_000;

    /** A fault of groups that is built in on purpose. */
    enum PlantedBug {
        NONE,
        /** An answer that got lost with the server that had it counts as arrived. */
        TRUSTING_DELIVERIES
    }

    private final SimulatedCluster cluster;
    private final PlantedBug bug;
    private final PlantedLog.Bug logBug;
    private final GroupPromises promises;
    private final ReplicatedTopic topic;
    private final SimulatedConsumers consumers = new SimulatedConsumers(this);
    private final Map<Integer, SimulatedEntry> entries = new HashMap<>();
    /** Whether the topic is deleted and created anew: then no other thread does anything while one waits for a disk. */
    private final boolean recreating;
    /** Between consumers and servers. With connections that deliver, consumers need not say which polls they got. */
    private final Weather weather;
    /** How much more happens to consumers than to servers. */
    private final int acts;
    /** Null until the offsets topic is there. */
    private CommittedGroup committed;
    private boolean settling;
    private long incarnations;

    InhabitedGroups(SimulatedCluster cluster, PlantedBug bug, PlantedLog.Bug logBug) {
        this.cluster = cluster;
        this.bug = bug;
        this.logBug = logBug;
        this.recreating = bug == PlantedBug.NONE && cluster.random().nextBoolean();
        this.weather = recreating || bug == PlantedBug.NONE && cluster.random().nextBoolean() ? Weather.STORM : Weather.DEATHS;
        this.topic = new ReplicatedTopic(cluster, TOPIC, how -> promises().broken(how));
        this.promises = new GroupPromises(topic, weather, cluster::note);
        this.acts = cluster.random().nextInt(6);
    }

    /** How often the user topic was created. */
    int creations() {
        return topic.creations();
    }

    /** How many leaderships of the offsets topic there were. */
    int leaderships() {
        return committed == null ? 0 : committed.leaderships();
    }

    // ---- servers

    private final class Host implements SimulatedEntry.Host {
        private final SimulatedServer server;
        private final SimulatedEntry entry = new SimulatedEntry(this, cluster.time());

        private Host(SimulatedServer server) {
            this.server = server;
        }

        private SimulatedEntry open() {
            ScheduledExecutorService threads = server.timers();
            BrokerSide side = new BrokerSide(server.broker(), OFFSETS.name());
            PlantedLog log = new PlantedLog(new BrokerLog(OFFSETS, server.broker().leaderships()), logBug, partition -> { },
                    partition -> server.partition(GROUPS, cluster.registered(OFFSETS.name()).orElseThrow().id()));
            entry.serve(Groups.open(OPTIONS, new GroupParts(log, COORDINATORS, server.registers(), side, side,
                    (by, group, consumer, answer) -> entry.wasWritten(by.brokerId(), consumer, answer.number()),
                    other -> CompletableFuture.completedFuture(List.of()), threads, threads, threads, threads, server.clock(),
                    cluster.time()::nanoTime, new FreshNames(() -> "never", () -> "i" + ++incarnations))));
            return entry;
        }

        @Override
        public int id() {
            return server.id();
        }

        @Override
        public int coordinator() {
            return entry.groups().remoteCoordinator(GROUP).map(Member::brokerId).orElse(server.id());
        }

        @Override
        public void run(Runnable task) {
            if (entries.get(server.id()) == entry) {
                server.receive(task);
            }
        }

        @Override
        public void send(int to, Runnable message) {
            cluster.send(server.id(), to, message);
        }

        @Override
        public SimulatedEntry at(int other) {
            return entryOf(other);
        }

        @Override
        public boolean trustsDeliveries() {
            return bug == PlantedBug.TRUSTING_DELIVERIES;
        }

        @Override
        public void gaveThrough(int entry) {
            if (cluster.random().nextInt(40) == 0) {
                cluster.crashSoon(cluster.server(entry), cluster.random().nextInt(5));
            }
        }

        @Override
        public void note(String what) {
            cluster.note(what);
        }
    }

    /** Null: it takes no connections. */
    private SimulatedEntry entryOf(int server) {
        return cluster.server(server).isStopping() ? null : entries.get(server);
    }

    @Override
    public void opened(SimulatedServer server) {
        entries.put(server.id(), new Host(server).open());
    }

    @Override
    public void stopping(SimulatedServer server) {
        SimulatedEntry entry = entries.get(server.id());
        entry.groups().endPolls();
        entry.groups().handOver();
    }

    @Override
    public void gone(SimulatedServer server) {
        SimulatedEntry entry = entries.remove(server.id());
        if (entry != null) {
            entry.disconnect();
        }
    }

    @Override
    public boolean isHosting(SimulatedServer server) {
        return recreating || !hasAll(server, OFFSETS.name()) || !hasAll(server, TOPIC);
    }

    private boolean hasAll(SimulatedServer server, String name) {
        Topic there = cluster.registered(name).orElse(null);
        for (int i = 0; there != null && i < there.partitions().size(); i++) {
            if (server.partition(new TopicPartition(name, i), there.id()) == null) {
                return false;
            }
        }
        return there != null;
    }

    // ---- what happens

    @Override
    public int acts() {
        return acts;
    }

    @Override
    public void act() {
        SimulatedServer server = cluster.servers().get(cluster.random().nextInt(cluster.servers().size()));
        if (topic.creations() == 0) {
            begin(server);
            return;
        }
        if (topic.topics().isEmpty() && cluster.random().nextInt(3) == 0) {
            changeTopic(server);
        }
        switch (cluster.random().nextInt(60)) {
            case 0 -> {
                cluster.note("the disk of " + server.id() + " is slow");
                server.setSlow(true);
            }
            case 1, 2, 3 -> cluster.servers().forEach(each -> each.setSlow(false));
            case 4 -> cluster.moveSomething(server, OFFSETS.name(), OFFSETS.partitions());
            case 5 -> cluster.registered(TOPIC).ifPresent(now -> cluster.moveSomething(server, TOPIC, now.partitions().size()));
            case 6, 7, 8, 16, 17 -> consumers.join();
            case 9 -> consumers.some(SimulatedConsumer::leave);
            case 10 -> consumers.some(SimulatedConsumer::crash);
            case 11 -> consumers.some(SimulatedConsumer::pause);
            case 12 -> {
                if (cluster.random().nextInt(2) == 0) {
                    consumers.stopAllAndReset();
                }
            }
            case 13 -> consumers.reset();
            case 14, 15 -> changeTopic(server);
            default -> {
                for (int burst = cluster.random().nextInt(3); burst >= 0; burst--) {
                    topic.produce();
                }
            }
        }
    }

    /** The cluster's first consumers come when there is something to read. */
    private void begin(SimulatedServer server) {
        if (cluster.servers().stream().allMatch(SimulatedServer::isWell)) {
            topic.create(server);
            for (int i = cluster.random().nextInt(3); i >= 0 && topic.creations() > 0; i--) {
                consumers.come();
            }
        }
    }

    /** While all are well: a replica that a server could not make is as one that it has lost, and nobody elects it. */
    private void changeTopic(SimulatedServer server) {
        if (recreating && cluster.servers().stream().allMatch(SimulatedServer::isWell)) {
            topic.change(server);
        }
    }

    @Override
    public void check() {
        if (committed == null) {
            committed = cluster.registered(OFFSETS.name()).map(there -> new CommittedGroup(new TopicIdPartition(there.id(), GROUPS),
                    promises)).orElse(null);
        }
        if (committed != null) {
            cluster.servers().forEach(committed::readOn);
        }
        promises.requireKept();
    }

    @Override
    public void settle() {
        settling = true;
        cluster.note("consumers have all that they need");
        topic.create(cluster.server(1));
        consumers.stay();
        long until = cluster.time().nanoTime() + TimeUnit.MILLISECONDS.toNanos(VERDICT_MS);
        while (missing() != null && cluster.time().nanoTime() < until) {
            cluster.advance(500);
        }
        cluster.check(missing() == null, "never came: " + missing() + "; " + cluster.registered(TOPIC) + " "
                + cluster.registered(OFFSETS.name()) + " " + state());
    }

    /** As the cluster keeps it; null: there is none. */
    private GroupState state() {
        return committed == null ? null : committed.state();
    }

    private String missing() {
        String missing = promises.missing(state());
        return missing != null ? missing : topic.unread();
    }

    // ---- what consumers live in

    @Override
    public Random random() {
        return cluster.random();
    }

    @Override
    public SimulatedTime time() {
        return cluster.time();
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
        return topic;
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
    public boolean isSettling() {
        return settling;
    }

    @Override
    public int pollBytes() {
        return settling ? 1 << 20 : 256;
    }

    @Override
    public int servers() {
        return cluster.servers().size();
    }

    @Override
    public <T> void ask(int server, String consumer, Long received, SimulatedEntry.Call<T> call, CompletableFuture<T> answer) {
        SimulatedEntry entry = entryOf(server);
        if (entry == null) {
            answer.completeExceptionally(new BrokerException(ErrorKind.UNAVAILABLE, "connection refused"));
        } else {
            entry.ask(consumer, received, call, answer);
        }
    }

    @Override
    public TopicIdPartition id(FetchAllResult.Part part) {
        return topic.id(part);
    }

    @Override
    public void note(String what) {
        cluster.note(what);
    }
}
