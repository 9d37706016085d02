package io.millrace.broker;

import io.millrace.agreement.Member;
import io.millrace.agreement.RegisterUnavailableException;
import io.millrace.agreement.registers.InMemoryRegisterStore;
import io.millrace.broker.fetch.FetchRequest;
import io.millrace.log.AppendResult;
import io.millrace.log.CorruptLogException;
import io.millrace.log.ProducerLimits;
import io.millrace.log.Truncation;
import io.millrace.log.write.PartitionLog;
import io.millrace.log.write.SimulatedDirectory;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.Topic;
import io.millrace.metadata.TopicPartition;
import io.millrace.metadata.brokers.BrokerRegistry;
import io.millrace.metadata.controller.Controller;
import io.millrace.metadata.registers.TopicStore;
import io.millrace.record.Codec;
import io.millrace.record.Header;
import io.millrace.record.RecordBatchBuilder;
import io.millrace.replica.ReplicationOptions;
import io.millrace.replica.hosting.Acks;
import io.millrace.replica.hosting.FetchPosition;
import io.millrace.replica.hosting.FetchResult;
import io.millrace.replica.hosting.Partition;
import io.millrace.replica.hosting.PartitionLocks;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * Some brokers in one thread, from a seed: real ones, over a network that drops, delays, duplicates and parts, disks that
 * lose what was not forced, and an agreement that may be out of reach. After every step it checks what replication
 * promises; a violation is an {@link AssertionError} that names the seed. One long file, so that what may happen, what the
 * planted bugs do and what must hold then stand side by side, over the same state.
 */
public final class SimulatedCluster {
    static final String TOPIC = "orders";
    private static final int VERDICT_MS = 90_000;
    /** So much of what happened last a failure tells. */
    private static final int HISTORY = Integer.getInteger("millrace.simulation.history", 60);
    /** In one batch. */
    private static final int MOST_RECORDS = 6;
    /** Of a compacted topic. */
    private static final int KEYS = 7;

    /** What the checks say where records are lost. */
    private static final String LOST = "is not in the log of its later leader|is committed as .*, and broker"
            + "|two records were acknowledged at offset";

    /** A fault that is built in on purpose, to see that the checks find it. */
    public enum PlantedBug {
        NONE(""),
        TRUNCATE_TO_HIGH_WATERMARK(LOST),
        ACKNOWLEDGE_BEFORE_REPLICATION(LOST),
        ELECT_OUTSIDE_ISR(LOST),
        SKIP_JOURNAL("two leaders in epoch|" + LOST),
        /** A follower without records is told that its log differs, wherever it lies in the leader's. */
        DIVERGE_WITHOUT_EPOCH("not whole again"),
        /** After a power loss nobody knows that there was one. */
        FORGET_BOOT(LOST),
        /** What follows damage is cut off with it, and the replica stays in sync. */
        CUT_AT_DAMAGE(LOST),
        /** An append reaches the log some time after the leader made sure that it leads, whoever leads by then. */
        QUEUE_OUTSIDE_LOCK(LOST),
        /** The log takes all that is written for committed. */
        FORGET_HIGH_WATERMARK("is committed as .*, and broker"),
        /** A fetch session goes on from what the leader has sent, and not from what the follower says it has. */
        TAKE_SENT_FOR_FETCHED(LOST),
        /** A record gives way to one that is not committed, and is cut off later. */
        COMPACT_ABOVE_HIGH_WATERMARK(LOST);

        private final String violation;

        /** @param violation part of the message that tells of what it leads to, a regular expression */
        PlantedBug(String violation) {
            this.violation = violation;
        }

        String violation() {
            return violation;
        }
    }

    /** What lives on the brokers beside the clients of the topic. */
    public interface Inhabitants {
        /** Nothing does. */
        Inhabitants NOBODY = new Inhabitants() { };

        /** That each log keeps in mind. */
        default ProducerLimits producers() {
            return ProducerLimits.DEFAULT;
        }

        /** A server's broker is open. */
        default void opened(SimulatedServer server) {
        }

        /** It was told to stop, and hands over. */
        default void stopping(SimulatedServer server) {
        }

        /** It is no more. */
        default void gone(SimulatedServer server) {
        }

        /** Whether a server may be opening logs of theirs, under a lock that would keep other threads out, and not this one. */
        default boolean isHosting(SimulatedServer server) {
            return false;
        }

        /** Something happens to them. */
        default void act() {
        }

        /** How often that is so for each time that something happens to servers, too. */
        default int acts() {
            return 0;
        }

        /** Something may have changed: what was promised to them is held against it. */
        default void check() {
        }

        /** Everything has healed, and must be well again soon. */
        default void settle() {
        }
    }

    private final long seed;
    private final Random random;
    private final SimulatedTime time;
    private final int partitions;
    private final PlantedBug bug;
    private final PlantedFetches fetches;
    private final InMemoryRegisterStore registers = new InMemoryRegisterStore();
    private final int partitionsPerPage;
    private final TopicStore store;
    private final List<SimulatedServer> servers = new ArrayList<>();
    /** Directed: pairs of servers that do not reach each other. */
    private final Set<List<Integer>> cut = new HashSet<>();
    private final Set<Integer> withoutAgreement = new HashSet<>();
    private final Map<TopicPartition, TreeMap<Long, String>> acknowledged = new HashMap<>();
    private final Map<TopicPartition, TreeMap<Long, String>> committed = new HashMap<>();
    private final Map<TopicPartition, Map<Integer, String>> leaders = new HashMap<>();
    /** The high watermark that readers were told, and in which leader epoch. */
    private final Map<TopicPartition, long[]> told = new HashMap<>();
    private final Map<Integer, Map<TopicPartition, Long>> checkedUpTo = new HashMap<>();
    private final List<String> history = new ArrayList<>();
    /** Of each partition, as the register had it last. */
    private List<List<Integer>> inSync = List.of();
    private UUID topicId;
    private boolean inOneRegister;
    private int lossPercent;
    private long records;
    private int acknowledgements;
    /** Whether an election may lose records, as the script wants it. */
    private boolean lossAllowed;
    /** Whether a script deletes records where it likes. */
    private boolean scripted;
    /** Whether faults happen by chance now. */
    private boolean faulty;
    /** Whether the script took a disk away. */
    boolean wiped;
    /** Of each partition: the highest start that a leader's log has had. */
    private final Map<TopicPartition, Long> decidedStart = new HashMap<>();
    /** Of each partition: the highest high watermark that a replica has had. */
    private final Map<TopicPartition, Long> highestMark = new HashMap<>();
    /** The servers whose logs may be damaged: one at a time. */
    private final Set<Integer> rotten = new TreeSet<>();
    private boolean interleaving;
    private Inhabitants inhabitants = Inhabitants.NOBODY;
    private String flush = "commit";
    private boolean compacted;

    public SimulatedCluster(long seed, int brokers, int partitions, PlantedBug bug) {
        this(seed, brokers, partitions, TopicStore.PARTITIONS_PER_PAGE, bug);
    }

    SimulatedCluster(long seed, int brokers, int partitions, int partitionsPerPage, PlantedBug bug) {
        this.seed = seed;
        this.random = new Random(seed);
        this.time = new SimulatedTime(random);
        this.partitions = partitions;
        this.bug = bug;
        this.fetches = new PlantedFetches(bug);
        this.partitionsPerPage = partitionsPerPage;
        this.store = new TopicStore(registers, partitionsPerPage);
        for (int id = 1; id <= brokers; id++) {
            servers.add(new SimulatedServer(this, id));
        }
    }

    // ---- what servers need

    public SimulatedTime time() {
        return time;
    }

    public Random random() {
        return random;
    }

    public InMemoryRegisterStore registers() {
        return registers;
    }

    public List<SimulatedServer> servers() {
        return servers;
    }

    /** Before it begins. */
    public void inhabit(Inhabitants by) {
        inhabitants = by;
    }

    private boolean isInhabited() {
        return inhabitants != Inhabitants.NOBODY;
    }

    Inhabitants inhabitants() {
        return inhabitants;
    }

    public SimulatedServer server(int id) {
        return servers.get(id - 1);
    }

    ReplicationOptions options() {
        return new ReplicationOptions(TimeUnit.SECONDS.toNanos(2), TimeUnit.SECONDS.toNanos(2),
                TimeUnit.SECONDS.toNanos(5), TimeUnit.SECONDS.toNanos(5), 0, 1);
    }

    Map<String, String> topicDefaults() {
        return Map.of();
    }

    SimulatedDirectory.PlantedBug logBug() {
        return switch (bug) {
            case QUEUE_OUTSIDE_LOCK -> SimulatedDirectory.PlantedBug.TAKE_EPOCH_LATE;
            case COMPACT_ABOVE_HIGH_WATERMARK -> SimulatedDirectory.PlantedBug.COMPACT_ABOVE_HIGH_WATERMARK;
            case FORGET_HIGH_WATERMARK -> SimulatedDirectory.PlantedBug.FORGET_HIGH_WATERMARK;
            default -> SimulatedDirectory.PlantedBug.NONE;
        };
    }

    boolean forgetsBoots() {
        return bug == PlantedBug.FORGET_BOOT;
    }

    PlantedFetches fetches() {
        return fetches;
    }

    /** Whoever holds a partition's lock keeps the others out. Else other threads may do anything meanwhile. */
    void betweenCheckAndQueue(SimulatedServer server, PartitionLog log) {
        Partition partition = server.partition(new TopicPartition(log.topic(), log.partition()), log.topicId());
        boolean outside = partition != null && (!PartitionLocks.isHeldHere(partition)
                || bug == PlantedBug.QUEUE_OUTSIDE_LOCK && partition.state().isLeading());
        if (outside && !scripted && random.nextInt(8) == 0) {
            meanwhile(10_000);
        }
    }

    /** Followers copy what their leader has written and not forced, and fetch on before they have forced it. */
    void whileForcing(SimulatedServer server) {
        // Where replicas move away, their logs are deleted, and whoever does that waits for the writer.
        if (server.isUp() && topicId != null && servers.size() == 3 && random.nextInt(5) == 0 && !interleaving
                && !inhabitants.isHosting(server)) {
            meanwhile(40);
            if (faulty && random.nextInt(20) == 0 && mayLosePower(server)) {
                note("power loss " + server.id() + ", which has not forced what others may have seen");
                server.disk().stopAfter(0);
                time.at(time.nanoTime(), () -> {
                    losePower(server);
                    if (!faulty) { // everything healed in the same moment
                        server.start();
                    }
                });
            }
        }
    }

    /** What others do while somebody is in the middle of something, in the same thread. */
    private void meanwhile(int longestMs) {
        if (!interleaving) {
            interleaving = true;
            long until = time.nanoTime() + TimeUnit.MILLISECONDS.toNanos(random.nextInt(longestMs));
            while (time.step(until)) {
                checkAll();
            }
            interleaving = false;
        }
    }

    void foundDamage(SimulatedServer server, CorruptLogException damage) {
        if (bug == PlantedBug.CUT_AT_DAMAGE) {
            TopicPartition id = new TopicPartition(damage.topic(), damage.partition());
            server.log(id).log().directory().truncateTo(server.log(id).log(), damage.nextReadableOffset() - 1,
                    Truncation.UNCLEAN);
        } else {
            server.broker.foundDamage(damage);
        }
    }

    int partitionsPerPage() {
        return partitionsPerPage;
    }

    void requireAgreement(int server) {
        if (withoutAgreement.contains(server)) {
            throw new RegisterUnavailableException("no majority", null);
        }
    }

    void ring(String key, SimulatedServer writer) {
        if (store.partOf(key).isPresent() && store.read(TOPIC).isPresent()) {
            checkWhoIsLeft(writer);
            registered().partitions().forEach(now -> note("assigned by " + writer.id() + ": leader " + now.leader() + " epoch "
                    + now.leaderEpoch() + " replicas " + now.replicas() + " isr " + now.isr()));
        }
        servers.forEach(server -> {
            if (random.nextInt(10) > 0) {
                server.ring(key);
            }
        });
    }

    /** A server that stops takes nobody out of an ISR, and once it has said so the others leave it alone in none. */
    private void checkWhoIsLeft(SimulatedServer writer) {
        List<Topic.Assignment> now = registered().partitions();
        for (int i = 0; i < inSync.size(); i++) {
            List<Integer> before = inSync.get(i);
            List<Integer> after = now.get(i).isr();
            check(after.size() > 1 || before.size() == 1 || !isGoing(server(after.get(0)), writer), "the ISR of partition " + i
                    + " was " + before + ", and is left with broker " + after + " alone, which stops");
        }
        inSync = now.stream().map(Topic.Assignment::isr).toList();
    }

    private boolean isGoing(SimulatedServer last, SimulatedServer writer) {
        return last.isLeaving() && (last == writer || last.hasSaidThatItStops());
    }

    public void send(int from, int to, Runnable message) {
        if (random.nextInt(100) < lossPercent) {
            return;
        }
        int copies = random.nextInt(100) < lossPercent ? 2 : 1;
        for (int i = 0; i < copies; i++) {
            long longest = random.nextInt(20) == 0 ? 400_000 : 3_000;
            time.soon(longest, () -> {
                if (!cut.contains(List.of(from, to))) {
                    message.run();
                }
            });
        }
    }

    /** Views follow what happens after a while, each server's in its own time. */
    void memberChanged() {
        for (SimulatedServer server : servers) {
            time.after(100 + random.nextInt(random.nextBoolean() ? 400 : 4000), () -> server.see(membersSeenBy(server)));
        }
    }

    private List<Member> membersSeenBy(SimulatedServer viewer) {
        return servers.stream()
                .filter(other -> other.self() != null && (other == viewer || !other.isPaused()
                        && !cut.contains(List.of(viewer.id(), other.id()))
                        && !cut.contains(List.of(other.id(), viewer.id()))))
                .map(SimulatedServer::self).toList();
    }

    void logOpened(SimulatedServer server, TopicPartition id, PartitionLog log) {
        if (bug == PlantedBug.TRUNCATE_TO_HIGH_WATERMARK) {
            long mark = checkedUpTo.getOrDefault(server.id(), Map.of()).getOrDefault(id, 0L);
            log.directory().truncateTo(log, Math.max(mark, log.logStartOffset()), Truncation.UNCLEAN);
        }
        checkedUpTo.computeIfAbsent(server.id(), any -> new HashMap<>()).remove(id);
    }

    // ---- a run

    /** Everything is well at first; then faults and load for a while; then all is healed, and everything must be there. */
    public void run(int faultyMs) {
        try {
            servers.forEach(SimulatedServer::start);
            advance(8_000);
            createTopic();
            advance(2_000);
            long end = time.nanoTime() + TimeUnit.MILLISECONDS.toNanos(faultyMs);
            lossPercent = random.nextInt(3) * 4;
            faulty = true;
            while (time.nanoTime() < end) {
                act();
                advance(1 + random.nextInt(random.nextInt(10) == 0 ? 3000 : 120));
            }
            heal();
            settle();
            inhabitants.settle();
        } catch (AssertionError | RuntimeException failure) {
            throw new AssertionError("seed " + seed + ": " + failure.getMessage() + "\n"
                    + String.join("\n", history.subList(Math.max(0, history.size() - HISTORY), history.size())) + logs(),
                    failure);
        }
    }

    private String logs() {
        StringBuilder text = new StringBuilder();
        servers.forEach(server -> text.append("\nbroker ").append(server.id()).append(" ").append(server.tails()));
        return text.toString();
    }

    // ---- a script of one's own

    /** All brokers are up, and the topic is there, with replicas on every broker of three. */
    void begin(Map<String, String> configs) {
        scripted = true;
        lossAllowed = "true".equals(configs.get("unclean.leader.election.enable"));
        servers.forEach(SimulatedServer::start);
        advance(8_000);
        forgetPageReaders();
        Broker broker = server(1).broker;
        while (topicId == null) {
            try {
                topicId = broker.topics().create(TOPIC, partitions, 3, configs).id();
            } catch (BrokerException lostAnswer) {
                topicId = broker.topics().names().contains(TOPIC) ? broker.topics().get(TOPIC).id() : null;
            }
        }
        advance(2_000);
        await("every replica is heard of", this::isWhole);
    }

    /** Where the only partition's leader is, as the register has it; null where it has none. */
    SimulatedServer leader() {
        int leader = registered().partitions().get(0).leader();
        return leader < 0 ? null : server(leader);
    }

    /** The first replica that does not lead. */
    List<SimulatedServer> followers() {
        Topic.Assignment now = registered().partitions().get(0);
        return now.replicas().stream().filter(id -> id != now.leader()).map(this::server).toList();
    }

    Partition partition(SimulatedServer server) {
        return server.partition(new TopicPartition(TOPIC, 0), topicId);
    }

    SimulatedLog log(SimulatedServer server) {
        return server.log(new TopicPartition(TOPIC, 0));
    }

    CompletableFuture<AppendResult> produce(SimulatedServer server, String value, Acks acks) {
        return server.broker.append(TOPIC, 0, batch(value), acks);
    }

    /** In one batch, to the leader. */
    CompletableFuture<AppendResult> produceTogether(String... values) {
        return leader().broker.append(TOPIC, 0, batch(values), Acks.ALL);
    }

    /** Produces with acks=all until that is answered, as a client does: again, to whoever leads by then. */
    long acknowledged(String value) {
        long until = time.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (true) {
            check(time.nanoTime() < until, "nobody acknowledges " + value + "; " + registered() + logs());
            int id = registered().partitions().get(0).leader();
            if (id > 0 && server(id).isUp()) {
                CompletableFuture<AppendResult> answer = produce(server(id), value, Acks.ALL);
                for (int i = 0; i < 600 && !answer.isDone(); i++) {
                    advance(10);
                }
                if (answer.isDone() && !answer.isCompletedExceptionally()) {
                    return answer.join().baseOffset();
                }
            }
            advance(100);
        }
    }

    void cut(int from, int to) {
        cut.add(List.of(from, to));
        memberChanged();
    }

    /** It does not reach the agreement, until all {@link #rejoin()}. */
    void withoutAgreement(SimulatedServer server) {
        withoutAgreement.add(server.id());
    }

    void isolate(SimulatedServer server) {
        for (SimulatedServer other : servers) {
            if (other != server) {
                cut.add(List.of(server.id(), other.id()));
                cut.add(List.of(other.id(), server.id()));
            }
        }
        withoutAgreement.add(server.id());
        memberChanged();
    }

    void rejoin() {
        cut.clear();
        withoutAgreement.clear();
        memberChanged();
    }

    /** Advances until something holds. */
    void await(String what, BooleanSupplier holds) {
        long until = time.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!holds.getAsBoolean()) {
            check(time.nanoTime() < until, "never came: " + what + "; " + registered() + logs());
            advance(20);
        }
    }

    /** How many batches were acknowledged. */
    int acknowledgements() {
        return acknowledgements;
    }

    /** What happened, as a number: a run that is the same has the same. */
    public long trace() {
        return 31L * history.hashCode() + random.nextLong();
    }

    /** As with brokers of an earlier version, until they were started again. */
    void createInOneRegister() {
        inOneRegister = true;
    }

    private void forgetPageReaders() {
        if (inOneRegister) {
            registers.read("topic-page-readers").ifPresent(now -> registers.compareAndDelete(now.key(), now.version()));
        }
    }

    private void createTopic() {
        forgetPageReaders();
        Broker any = servers.stream().filter(SimulatedServer::isUp).findFirst().orElseThrow().broker;
        flush = bug == PlantedBug.FORGET_BOOT ? "os" : List.of("commit", "commit", "os", "interval").get(random.nextInt(4));
        flush = isInhabited() ? "commit" : flush; // what may be lost without it is looked at where nobody else is
        Map<String, String> configs = new HashMap<>(Map.of("flush", flush, "segment.bytes", "1024"));
        boolean shortened = random.nextInt(3) == 0;
        if (shortened) {
            configs.put("retention.bytes", "2048");
        }
        compacted = bug == PlantedBug.COMPACT_ABOVE_HIGH_WATERMARK || bug == PlantedBug.NONE && random.nextInt(2) == 0;
        if (compacted) {
            configs.put("cleanup.policy", shortened ? "compact,delete" : "compact");
            configs.put("delete.retention.ms", Integer.toString(random.nextInt(2_000)));
        }
        if (bug == PlantedBug.ELECT_OUTSIDE_ISR) {
            configs.put("unclean.leader.election.enable", "true");
        } else {
            configs.put("min.insync.replicas", Integer.toString(1 + random.nextInt(2)));
        }
        note("topic " + new TreeMap<>(configs));
        boolean created = false;
        while (!created) {
            try {
                topicId = any.topics().create(TOPIC, partitions, 3, configs).id();
                created = true;
            } catch (BrokerException lostAnswer) {
                advance(500);
                created = any.topics().names().contains(TOPIC);
                if (created) {
                    topicId = any.topics().get(TOPIC).id();
                }
            }
        }
    }

    private void act() {
        if (inhabitants.acts() > 0 && random.nextInt(inhabitants.acts() + 1) > 0) {
            inhabitants.act();
            return;
        }
        SimulatedServer server = servers.get(random.nextInt(servers.size()));
        switch (random.nextInt(100)) {
            case 0, 1 -> {
                if (server.isUp() && !server.isStopping() && random.nextInt(3) == 0 && mayStop(server)) {
                    note("stop " + server.id());
                    server.stop();
                } else if (server.self() != null && mayLosePower(server) && random.nextBoolean()) {
                    note("power loss " + server.id());
                    losePower(server);
                } else if (server.self() != null && mayStop(server)) {
                    note("crash " + server.id());
                    server.crash();
                }
            }
            case 2, 3, 4, 5 -> servers.stream().filter(each -> each.self() == null).findAny().ifPresent(down -> {
                note("start " + down.id());
                down.start();
            });
            case 6 -> {
                if (server.isUp() && !server.isPaused()) {
                    note("pause " + server.id());
                    server.pause();
                }
            }
            case 7, 8, 9 -> servers.stream().filter(SimulatedServer::isPaused).findAny().ifPresent(paused -> {
                note("resume " + paused.id());
                paused.resume();
            });
            case 10 -> {
                note("isolate " + server.id());
                for (SimulatedServer other : servers) {
                    if (other != server) {
                        cut.add(List.of(server.id(), other.id()));
                        cut.add(List.of(other.id(), server.id()));
                    }
                }
                withoutAgreement.add(server.id());
                memberChanged();
            }
            case 11 -> {
                SimulatedServer other = servers.get(random.nextInt(servers.size()));
                note("one-way loss " + server.id() + " to " + other.id());
                cut.add(List.of(server.id(), other.id()));
                memberChanged();
            }
            case 12, 13, 14 -> {
                if (!cut.isEmpty() || !withoutAgreement.isEmpty()) {
                    note("network heals");
                    cut.clear();
                    withoutAgreement.clear();
                    memberChanged();
                }
            }
            case 15 -> {
                note("no agreement for " + server.id());
                withoutAgreement.add(server.id());
            }
            case 16 -> server.jumpWallClock(random.nextInt(2_000_000) - 1_000_000);
            case 17 -> moveSomething(server, TOPIC, partitions);
            case 18 -> {
                if (bug == PlantedBug.SKIP_JOURNAL) {
                    forgetNewestAssignment();
                }
            }
            case 19 -> {
                if (!isInhabited()) {
                    deleteRecords(server);
                }
            }
            case 20 -> {
                if (mayStop(server)) {
                    note("the disk of " + server.id() + " is full");
                    server.disk().setFull(true);
                }
            }
            case 21, 22, 23 -> servers.forEach(each -> each.disk().setFull(false));
            case 24 -> failDisk(server);
            case 25 -> rot(server);
            case 26, 27 -> scrub(server);
            case 28, 29, 30 -> compact(server);
            default -> {
                if (isInhabited() && random.nextInt(4) > 0) {
                    inhabitants.act();
                } else if (random.nextInt(4) > 0) {
                    for (int burst = random.nextInt(4); burst >= 0; burst--) {
                        produce(server);
                    }
                } else {
                    read(server);
                }
            }
        }
    }

    private void losePower(SimulatedServer server) {
        server.losePower();
        if (!flush.equals("commit")) {
            rotten.add(server.id()); // of what was not forced, the middle may be lost
        }
    }

    /**
     * Where what is written is forced before it is acknowledged, always. Else acknowledged records stay only where another
     * in-sync replica has not lost any.
     */
    private boolean mayLosePower(SimulatedServer server) {
        if (flush.equals("commit") || topicId == null) {
            return true;
        }
        if (!othersAreIntact(server)) {
            return false;
        }
        List<Topic.Assignment> assignments = registered().partitions();
        for (int i = 0; i < assignments.size(); i++) {
            TopicPartition id = new TopicPartition(TOPIC, i);
            if (assignments.get(i).replicas().contains(server.id()) && assignments.get(i).isr().stream()
                    .map(this::server).noneMatch(other -> other != server && other.isUp() && !other.isPaused()
                            && cut.stream().noneMatch(pair -> pair.contains(other.id())) // or it may be taken out just now
                            && !other.isStopping() && !other.disk().isFailing() && !other.disk().isFull()
                            && other.log(id) != null && !other.log(id).log().mayHaveLost())) {
                return false;
            }
        }
        return true;
    }

    /**
     * As in Kafka: who stops, is gone for a moment or hands over because of its disk leaves what is not forced to another
     * one in the ISR, which must not have lost its power just now, unnoticed.
     */
    private boolean mayStop(SimulatedServer server) {
        if (flush.equals("commit") || topicId == null) {
            return true;
        }
        List<Topic.Assignment> assignments = registered().partitions();
        for (int i = 0; i < assignments.size(); i++) {
            TopicPartition id = new TopicPartition(TOPIC, i);
            if (assignments.get(i).isr().stream().map(this::server).anyMatch(other -> other != server && mayHaveLost(other, id))) {
                return false;
            }
        }
        return true;
    }

    private void deleteRecords(SimulatedServer server) {
        TopicPartition id = new TopicPartition(TOPIC, random.nextInt(partitions));
        Partition partition = server.partition(id, topicId);
        if (partition != null && !server.isPaused() && partition.state().isLeading()) {
            long start = server.log(id).startOffset();
            long before = start + random.nextInt((int) Math.max(0, partition.highWatermark() - start) + 1);
            note("delete records before " + before);
            server.broker.deleteRecords(TOPIC, id.partition(), before).whenComplete((done, failure) ->
                    note("deleted before " + before + ": " + (failure == null ? "done" : failure.getMessage())));
        }
    }

    /** Nothing can be written any more; whoever looks after it starts the server again, with a disk that works. */
    private void failDisk(SimulatedServer server) {
        if (server.isUp() && !server.isStopping() && mayStop(server)) {
            note("the disk of " + server.id() + " fails");
            server.disk().setFailing(true);
            crashLater(server, server.self().session(), 1_000 + random.nextInt(5_000));
        }
    }

    /** Unless everything has healed by then. */
    public void crashSoon(SimulatedServer server, int ms) {
        if (faulty && server.isUp()) {
            note("crash " + server.id() + " in the midst of it");
            crashLater(server, server.self().session(), ms);
        }
    }

    private void crashLater(SimulatedServer server, String session, int ms) {
        time.after(ms, () -> {
            if (interleaving) {
                crashLater(server, session, 50);
            } else if (faulty && server.self() != null && server.self().session().equals(session)) {
                note("crash " + server.id());
                server.crash();
            }
        });
    }

    /** A record goes bad while others in sync have it, and stay as they are until it is healed. */
    private void rot(SimulatedServer server) {
        TopicPartition id = new TopicPartition(TOPIC, random.nextInt(partitions));
        if (server.isUp() && server.log(id) != null && othersAreIntact(server)) {
            List<Integer> inSync = registered().partitions().get(id.partition()).isr();
            if (inSync.contains(server.id()) && inSync.stream().filter(other -> server(other).isUp()).count() > 1
                    && server.directory().rot(server.log(id).log(), server.disk(), random)) {
                note("a byte rots at " + server.id());
                rotten.add(server.id());
            }
        }
    }

    private boolean othersAreIntact(SimulatedServer server) {
        rotten.removeIf(id -> isIntact(server(id)));
        return rotten.stream().allMatch(id -> id == server.id());
    }

    private boolean isIntact(SimulatedServer server) {
        List<Topic.Assignment> assignments = registered().partitions();
        for (int i = 0; i < assignments.size(); i++) {
            SimulatedLog log = server.log(new TopicPartition(TOPIC, i));
            if (assignments.get(i).replicas().contains(server.id()) && (log == null || log.log().mayHaveLost())) {
                return false;
            }
        }
        return server.isUp() && !hasDamage(server);
    }

    private void scrub(SimulatedServer server) {
        if (server.isUp() && !server.isPaused()) {
            server.logs().forEach(log -> server.directory().scrub(log.log()));
        }
    }

    private void compact(SimulatedServer server) {
        if (compacted && server.isUp() && !server.isPaused() && !interleaving) {
            for (SimulatedLog log : server.logs()) {
                long to = server.directory().compact(log.log(), 24 * (1 + random.nextInt(200)));
                note("broker " + server.id() + " compacted " + log.log().partition() + " up to " + to);
            }
        }
    }

    /** Of a compacted topic: records with the same one replace each other. */
    private static String key(String value) {
        return "key-" + Integer.parseInt(value.substring(value.indexOf('-') + 1)) % KEYS;
    }

    private boolean isTombstone(String value) {
        return compacted && value.hashCode() % 5 == 0;
    }

    /** Whether a log has a record, or, where it may, a newer one of its key, or nothing of a key that was deleted. */
    private boolean has(TopicPartition id, TreeMap<Long, String> log, long offset, String value) {
        String found = log.get(offset);
        if (value.equals(found) || !compacted || found != null) {
            return value.equals(found);
        }
        Map.Entry<Long, String> newest = newest(id, offset, value);
        return isTombstone(newest.getValue()) ? log.headMap(newest.getKey()).values().stream()
                .noneMatch(older -> isOfKey(older, value) && !isTombstone(older)) || log.containsKey(newest.getKey())
                : log.tailMap(offset, false).values().stream().anyMatch(newer -> isOfKey(newer, value));
    }

    /** The last committed record of a record's key, or this itself. */
    private Map.Entry<Long, String> newest(TopicPartition id, long offset, String value) {
        Map.Entry<Long, String> newest = Map.entry(offset, value);
        for (Map.Entry<Long, String> later : committed.getOrDefault(id, new TreeMap<>()).tailMap(offset, false).entrySet()) {
            newest = isOfKey(later.getValue(), value) ? later : newest;
        }
        return newest;
    }

    private static boolean isOfKey(String newer, String value) {
        return !SimulatedLog.DAMAGED.equals(newer) && key(newer).equals(key(value));
    }

    private String damages() {
        StringBuilder text = new StringBuilder();
        servers.forEach(server -> server.logs().forEach(log -> log.values(log.startOffset(), log.endOffset())
                .forEach((offset, value) -> text.append(SimulatedLog.DAMAGED.equals(value) ? ", damage at offset " + offset
                        + " of broker " + server.id() + " in " + server.partition(new TopicPartition(log.log().topic(),
                        log.log().partition()), log.log().topicId()).state() : ""))));
        return text.toString();
    }

    boolean hasDamage(SimulatedServer server) {
        return server.logs().stream().anyMatch(log -> log.values(log.startOffset(), log.endOffset())
                .containsValue(SimulatedLog.DAMAGED));
    }

    /** Replicas of a partition go and come, if this server may say so; where the leader stays, it goes on in the next epoch. */
    public void moveSomething(SimulatedServer server, String topic, int partitionCount) {
        if (server.isUp() && !server.isPaused()) {
            List<Integer> brokers = new ArrayList<>(servers.stream().map(SimulatedServer::id).toList());
            Collections.shuffle(brokers, random);
            int partition = random.nextInt(partitionCount);
            note("move " + topic + "-" + partition + " to " + brokers.subList(0, 3));
            try {
                server.broker.reassignments().start(topic, partition, List.copyOf(brokers.subList(0, 3)));
            } catch (BrokerException refused) {
                note("refused: " + refused.getMessage());
            }
        }
    }

    /** As if the newest version of a register had been acted upon before a majority's journals had it. */
    private void forgetNewestAssignment() {
        registers.read("topic/" + TOPIC).ifPresent(now -> {
            if (previousAssignment != null && !previousAssignment.equals(now.value())) {
                registers.compareAndSet("topic/" + TOPIC, now.version(), previousAssignment);
                note("the agreement forgets its newest assignment");
            }
            previousAssignment = now.value();
        });
    }

    private String previousAssignment;

    private void produce(SimulatedServer server) {
        TopicPartition id = new TopicPartition(TOPIC, random.nextInt(partitions));
        Partition partition = server.partition(id, topicId);
        if (partition == null || server.isPaused()) {
            return;
        }
        String[] values = new String[random.nextInt(3) == 0 ? 1 + random.nextInt(MOST_RECORDS) : 1];
        Arrays.setAll(values, i -> "record-" + ++records);
        boolean all = bug != PlantedBug.ACKNOWLEDGE_BEFORE_REPLICATION;
        server.broker.append(TOPIC, id.partition(), batch(values), all ? Acks.ALL : Acks.LEADER)
                .whenComplete((appended, failure) -> {
                    if (failure == null) {
                        acknowledgements++;
                        note("broker " + server.id() + " acknowledged " + String.join(", ", values) + " at "
                                + appended.baseOffset());
                        for (int i = 0; i < values.length; i++) {
                            acknowledge(id, appended.baseOffset() + i, values[i]);
                        }
                    }
                });
    }

    private void acknowledge(TopicPartition id, long offset, String value) {
        String before = acknowledged.computeIfAbsent(id, any -> new TreeMap<>()).put(offset, value);
        check(before == null, "two records were acknowledged at offset " + offset + " of " + id + ": " + before + " and "
                + value);
    }

    private ByteBuffer batch(String... values) {
        RecordBatchBuilder builder = new RecordBatchBuilder(Codec.NONE);
        for (String value : values) {
            builder.append(SimulatedServer.BEGIN_MS + time.nanoTime() / 1_000_000,
                    compacted ? BrokerHarness.bytes(key(value)) : null, isTombstone(value) ? null : BrokerHarness.bytes(value),
                    isTombstone(value) ? List.of(new Header("name", BrokerHarness.bytes(value))) : List.of());
        }
        return builder.build();
    }

    private void read(SimulatedServer server) {
        TopicPartition id = new TopicPartition(TOPIC, random.nextInt(partitions));
        Partition partition = server.partition(id, topicId);
        if (partition == null || server.isPaused() || !partition.state().isLeading()) {
            return;
        }
        int epoch = partition.state().leaderEpoch();
        long[] before = told.computeIfAbsent(id, any -> new long[] {-1, 0});
        if (epoch < before[0]) {
            return; // a reader that knows of a newer leader does not ask this one
        }
        server.broker.fetch(new FetchRequest(TOPIC, id.partition(), new FetchPosition.Earliest(), 0, 1 << 20, 0))
                .whenComplete((found, failure) -> {
                    if (failure == null && found.highWatermark() != FetchResult.NOT_KNOWN) {
                        check(found.highWatermark() >= before[1], "the high watermark of " + id + " went back from "
                                + before[1] + " to " + found.highWatermark() + " for a reader");
                        before[0] = epoch;
                        before[1] = found.highWatermark();
                    }
                });
    }

    void heal() {
        note("everything heals");
        faulty = false;
        lossPercent = 0;
        cut.clear();
        withoutAgreement.clear();
        servers.forEach(server -> {
            server.disk().setFull(false);
            server.setSlow(false);
            if (server.isPaused()) {
                server.resume();
            }
            if (server.disk().isFailing() && server.self() != null) {
                server.crash();
            }
            if (server.isStopping()) {
                server.crash();
            }
            if (server.self() == null) {
                server.start();
            }
        });
        memberChanged();
    }

    /** In bounded time every partition has its leader and all of its replicas in sync, and nothing is missing. */
    private void settle() {
        long until = time.nanoTime() + TimeUnit.MILLISECONDS.toNanos(VERDICT_MS);
        servers.forEach(this::scrubSoon);
        while (!isWhole() || servers.stream().anyMatch(this::hasDamage)) {
            check(time.nanoTime() < until, "not whole again " + VERDICT_MS + " ms after everything healed"
                    + damages() + ": " + registers.read("topic/" + TOPIC) + " " + registers.read(BrokerRegistry.KEY) + " "
                    + registers.read(Controller.KEY));
            advance(200);
        }
        servers.forEach(server -> check(server.knownDamage().isEmpty(), "nothing is damaged any more at " + server.id()
                + ", and yet that is named: " + server.knownDamage()));
        checkAlike();
        acknowledged.forEach((id, records) -> {
            SimulatedServer leader = server(registered().partitions().get(id.partition()).leader());
            checkHasAcknowledged(leader, id);
            check(leader.partition(id, topicId).highWatermark() >= (records.isEmpty() ? 0 : records.lastKey() + 1),
                    "acknowledged records of " + id + " cannot be read");
        });
    }

    /** Damage is found while there is time to heal it. */
    private void scrubSoon(SimulatedServer server) {
        time.after(5_000, () -> {
            scrub(server);
            scrubSoon(server);
        });
    }

    /** Every replica has what is committed, and everything that is committed. */
    private void checkAlike() {
        committed.forEach((id, known) -> registered().partitions().get(id.partition()).replicas().forEach(replica -> {
            SimulatedLog log = server(replica).log(id);
            long end = known.isEmpty() ? 0 : known.lastKey() + 1;
            TreeMap<Long, String> found = log.values(log.startOffset(), end);
            known.tailMap(log.startOffset()).forEach((offset, value) -> check(has(id, found, offset, value), "offset "
                    + offset + " of " + id + " is committed as " + value + ", and broker " + replica + " has "
                    + found.get(offset) + " in the end"));
        }));
    }

    Topic registered() {
        return registered(TOPIC).orElseThrow();
    }

    /** A topic as the registers have it. */
    public Optional<Topic> registered(String name) {
        return store.read(name).map(read -> read.topic());
    }

    boolean isWhole() {
        if (servers.stream().anyMatch(server -> !server.isUp())) {
            return false;
        }
        Topic topic = registered();
        for (int i = 0; i < partitions; i++) {
            Topic.Assignment now = topic.partitions().get(i);
            if (now.leader() < 0 || now.isr().size() != now.replicas().size() || now.move() != null) {
                return false;
            }
            TopicPartition id = new TopicPartition(TOPIC, i);
            Partition leader = server(now.leader()).partition(id, topicId);
            if (leader == null || !leader.state().isLeading() || leader.state().leaderEpoch() != now.leaderEpoch()
                    || leader.highWatermark() != leader.log().logEndOffset()) {
                return false;
            }
        }
        return true;
    }

    // ---- the checks

    public void advance(int millis) {
        long until = time.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        while (time.step(until)) {
            checkAll();
        }
    }

    private void checkAll() {
        inhabitants.check();
        if (topicId == null || lossAllowed) {
            return;
        }
        if (random.nextInt(20) == 0) {
            checkInSync();
        }
        for (SimulatedServer server : servers) {
            for (int i = 0; server.isUp() && i < partitions; i++) {
                TopicPartition id = new TopicPartition(TOPIC, i);
                Partition partition = server.partition(id, topicId);
                if (partition != null && server.log(id) != null) {
                    checkLeader(server, id, partition);
                    checkCommitted(server, id, partition);
                }
            }
        }
    }

    private void checkLeader(SimulatedServer server, TopicPartition id, Partition partition) {
        if (!partition.state().isLeading()) {
            return;
        }
        Map<Integer, String> epochs = leaders.computeIfAbsent(id, any -> new TreeMap<>());
        int epoch = partition.state().leaderEpoch();
        String session = server.self().session();
        String before = epochs.putIfAbsent(epoch, session);
        check(before == null || before.equals(session), id + " has two leaders in epoch " + epoch + ": " + before
                + " and " + session);
        if (before == null) {
            note(session + " leads " + id + " in epoch " + epoch);
            boolean newest = epochs.keySet().stream().allMatch(other -> other <= epoch);
            if (newest) {
                checkHasAcknowledged(server, id);
            }
        }
    }

    private void checkHasAcknowledged(SimulatedServer leader, TopicPartition id) {
        SimulatedLog log = leader.log(id);
        TreeMap<Long, String> found = log.values(log.startOffset(), log.endOffset());
        acknowledged.getOrDefault(id, new TreeMap<>()).tailMap(log.startOffset()).forEach((offset, value) ->
                check(has(id, found, offset, value) || isRottenBehind(leader, found, offset), "acknowledged " + value
                        + " at offset " + offset + " of " + id + " is not in the log of its later leader " + leader.id()
                        + ", there is " + found.get(offset)));
    }

    /** Of a compacted log what is damaged may be the newer record. */
    private boolean isRottenBehind(SimulatedServer server, TreeMap<Long, String> found, long offset) {
        return isRotten(server, found.get(offset)) || compacted && rotten.contains(server.id())
                && found.tailMap(offset).containsValue(SimulatedLog.DAMAGED);
    }

    private boolean isRotten(SimulatedServer server, String value) {
        return rotten.contains(server.id()) && SimulatedLog.DAMAGED.equals(value);
    }

    /** What any replica takes for committed is the same record at every replica, for ever. */
    private void checkCommitted(SimulatedServer server, TopicPartition id, Partition partition) {
        Map<TopicPartition, Long> upTo = checkedUpTo.computeIfAbsent(server.id(), any -> new HashMap<>());
        TreeMap<Long, String> known = committed.computeIfAbsent(id, any -> new TreeMap<>());
        SimulatedLog log = server.log(id);
        long from = Math.max(log.startOffset(), upTo.getOrDefault(id, 0L));
        long mark = partition.highWatermark();
        if (from < mark) {
            TreeMap<Long, String> found = log.values(from, mark);
            for (long offset = from; offset < mark; offset++) {
                String value = found.get(offset);
                if (isRotten(server, value) || value == null && isReplaced(known, offset)) {
                    continue;
                }
                String before = known.putIfAbsent(offset, String.valueOf(value));
                check(value != null && (before == null || before.equals(value)), "offset " + offset + " of " + id
                        + " is committed as " + before + ", and broker " + server.id() + " has " + value);
            }
        }
        upTo.put(id, Math.max(from, mark));
        if (!scripted) {
            checkStart(server, id, partition, highestMark.merge(id, mark, Math::max));
        }
    }

    /**
     * Whether a record may not be there because a newer one of its key is committed, which who copies a compacted log may
     * not have yet; or because the log was compacted before this was looked at.
     */
    private boolean isReplaced(TreeMap<Long, String> known, long offset) {
        String value = known.get(offset);
        return compacted && (value == null || isTombstone(value)
                || known.tailMap(offset, false).values().stream().anyMatch(newer -> isOfKey(newer, value)));
    }

    /** Only what is committed is deleted, and only a leader decides that. */
    private void checkStart(SimulatedServer server, TopicPartition id, Partition partition, long committedEnd) {
        long start = server.log(id).startOffset();
        check(start <= committedEnd, "broker " + server.id() + " deleted records of " + id + " up to " + start
                + ", and only those before " + committedEnd + " are committed");
        if (partition.state().isLeading()) {
            decidedStart.merge(id, start, Math::max);
        }
        check(start <= decidedStart.getOrDefault(id, 0L), "broker " + server.id() + " deleted records of " + id + " up to "
                + start + ", which no leader did");
    }

    /** Whoever may be elected has everything that is committed. */
    private void checkInSync() {
        Topic topic = registered();
        for (int i = 0; i < partitions; i++) {
            TopicPartition id = new TopicPartition(TOPIC, i);
            TreeMap<Long, String> known = committed.getOrDefault(id, new TreeMap<>());
            long end = known.isEmpty() ? 0 : known.lastKey() + 1;
            for (int replica : topic.partitions().get(i).isr()) {
                check(server(replica).diskEnd(id) >= end || bug != PlantedBug.NONE || wiped || mayHaveLost(server(replica), id),
                        "broker " + replica
                        + " counts as in sync for " + id + ", and lacks what is committed from "
                        + server(replica).diskEnd(id) + " to " + end);
            }
        }
    }

    /** A power loss took what was not forced: it is in no ISR, or soon not any more. */
    private boolean mayHaveLost(SimulatedServer server, TopicPartition id) {
        return !flush.equals("commit") && (!server.isUp() || server.log(id) == null || server.log(id).log().mayHaveLost());
    }

    public void check(boolean holds, String violation) {
        if (!holds) {
            throw new AssertionError(violation);
        }
    }

    public void note(String event) {
        history.add("%.3f s: %s".formatted(time.nanoTime() / 1e9, event));
    }
}
