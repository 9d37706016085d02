package io.millrace.log.write;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.log.Compaction;
import io.millrace.log.CorruptLogException;
import io.millrace.log.LogConfig;
import io.millrace.log.LogObserver;
import io.millrace.log.SettableClock;
import io.millrace.log.Truncation;
import io.millrace.log.file.SimulatedDisk;
import io.millrace.log.write.SimulatedDirectory.PlantedBug;
import io.millrace.log.write.TransactionModel.Entry;
import io.millrace.log.write.TransactionModel.Shown;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.LongStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Three replicas of a log, each of which is cleaned when it is its turn, while the leader changes, some lag, and some begin from
 * nothing: whoever is in sync shows the same committed records, and none waits for a marker that is gone.
 */
class ReplicaCleaningModelTest {
    private static final int OPERATIONS = 250;
    private static final int REPLICAS = 3;
    private static final long MARKERS_STAY = 5_000;
    private static final Logger LOGGER = Logger.getLogger("io.millrace.log");

    private final SettableClock clock = new SettableClock(100_000);
    private final List<PartitionLog> logs = new ArrayList<>();
    private final Set<Integer> inSync = new TreeSet<>(Set.of(0, 1, 2));
    /** Lost all, and copy it from the leader: while there is one, the leader stays. */
    private final Set<Integer> copying = new TreeSet<>();
    private Random random;
    private CommittedReader reader;
    private TransactionModel model;
    private SimulatedDisk disk;
    private SimulatedDirectory directory;
    private LogConfig config;
    private int leader;
    private int epoch;
    private long committed;
    private int boots;
    private int copies;
    /** Whether batches were cut off: for these an earlier one of their producer may have given way, which only snapshots tell. */
    private boolean takenBack;
    private boolean snapshotsLost;

    static List<Long> seeds() {
        return LongStream.rangeClosed(1, Integer.getInteger("millrace.test.seeds", 60)).boxed().toList();
    }

    @BeforeEach
    void quiet() {
        LOGGER.setLevel(Level.OFF);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void whoeverIsInSyncShowsTheSameAndWaitsForNothingThatIsGone(long seed) {
        random = new Random(seed);
        reader = new CommittedReader(random, MARKERS_STAY);
        model = new TransactionModel(random, 4);
        disk = new SimulatedDisk(random);
        config = Compacted.config((random.nextBoolean() ? 300 : 1_500) + random.nextInt(600),
            new Compaction(0, 0, Long.MAX_VALUE, MARKERS_STAY));
        boot();
        for (int i = 0; i < OPERATIONS; i++) {
            clock.advance(random.nextInt(4_000));
            operate();
            inSync.forEach(each -> check(logs.get(each)));
            if (random.nextInt(15) == 0) {
                copy(new ArrayList<>(inSync).get(random.nextInt(inSync.size())));
            }
        }
        settle();
        restartWithoutSnapshots();
        for (int i = 0; i < REPLICAS && !takenBack; i++) {
            leader = i;
            epoch++;
            append(model.next());
            settle();
        }
    }

    private void boot() {
        directory = SimulatedDirectory.open(disk, "boot-" + boots++, clock,
            () -> TimeUnit.MILLISECONDS.toNanos(clock.millis()), new AtOnce(), PlantedBug.NONE);
        logs.clear();
        for (int i = 0; i < REPLICAS; i++) {
            logs.add(directory.openReplicated("orders", i, TestDirectory.TOPIC_ID, config, Integer.MAX_VALUE));
        }
        agree();
    }

    /** As the register says to all brokers. */
    private void agree() {
        logs.forEach(log -> {
            log.upkeep().keepTombstones(inSync.size() < REPLICAS);
            log.raiseHighWatermark(Math.min(committed, log.logEndOffset()));
        });
    }

    private void operate() {
        int kind = random.nextInt(100);
        int replica = random.nextInt(REPLICAS);
        if (kind < 35) {
            append(model.next());
        } else if (kind < 60) {
            fetch(replica);
        } else if (kind < 75) {
            commit();
        } else if (kind < 94) {
            directory.compact(logs.get(replica), 1 << 16);
        } else if (kind < 95 && replica != leader) {
            inSync.remove(replica);
            agree();
        } else if (kind < 96 && replica != leader) {
            loseAll(replica);
        } else if (kind < 98 && inSync.contains(replica) && copying.isEmpty()) {
            lead(replica);
        } else {
            directory.close();
            boot();
        }
    }

    private void append(Entry entry) {
        directory.append(logs.get(leader), List.of(entry.bytes()), epoch).join();
        assertThat(logs.get(leader).logEndOffset()).isEqualTo(entry.endOffset());
    }

    private void fetch(int replica) {
        PartitionLog log = logs.get(replica);
        long end = logs.get(leader).logEndOffset();
        if (replica != leader && log.logEndOffset() < end) {
            LogCopies.fetch(directory, log, logs.get(leader), end, 100 + random.nextInt(2_000), epoch);
            if (log.logEndOffset() >= committed && inSync.add(replica)) {
                copying.remove(replica);
            }
            agree();
        }
    }

    private void commit() {
        committed = Math.max(committed, inSync.stream().mapToLong(each -> logs.get(each).logEndOffset()).min().orElseThrow());
        agree();
    }

    private void loseAll(int replica) {
        inSync.remove(replica);
        copying.add(replica);
        directory.beginAnew(logs.get(replica), 0, Truncation.UNCLEAN).join();
        agree();
    }

    /** What the new leader lacks was not committed. */
    private void lead(int replica) {
        leader = replica;
        epoch++;
        long end = logs.get(leader).logEndOffset();
        takenBack |= end < model.end();
        for (PartitionLog log : logs) {
            directory.truncateTo(log, Math.min(end, log.logEndOffset()), Truncation.CLEAN).join();
        }
        model.cut(end);
        commit();
    }

    /** What is committed, as a new replica would have it: it knows nothing but what is in the log. */
    private void copy(int replica) {
        PartitionLog original = logs.get(replica);
        PartitionLog copy = directory.openReplicated("copies", boots * OPERATIONS + copies++, TestDirectory.TOPIC_ID, config,
            Integer.MAX_VALUE);
        while (copy.logEndOffset() < original.highWatermark()) {
            LogCopies.fetch(directory, copy, original, original.highWatermark(), 2_000, epoch);
        }
        copy.raiseHighWatermark(original.highWatermark());
        check(copy);
        directory.delete(copy).join();
    }

    private void check(PartitionLog log) {
        long stable = log.transactions().lastStableOffset(log.highWatermark());
        assertThat(stable).as("last stable offset of %s", log.name()).isEqualTo(model.lastStableOffset(0, log.highWatermark()));
        List<Shown> all = model.shown(0, stable);
        List<Shown> shown = reader.shown(log, stable);
        assertThat(all).as("seen of all").containsAll(shown);
        assertThat(newest(shown)).as("newest at %s", log.name()).isEqualTo(newest(all));
    }

    private static Map<String, Shown> newest(List<Shown> records) {
        Map<String, Shown> newest = new TreeMap<>();
        records.forEach(each -> newest.put(each.key(), each));
        return newest;
    }

    /** Everything ends, and everybody has it. */
    private void settle() {
        model.endAll().forEach(this::append);
        for (int i = 0; i < REPLICAS; i++) {
            while (logs.get(i).logEndOffset() < model.end()) {
                fetch(i);
            }
        }
        assertThat(inSync).hasSize(REPLICAS);
        commit();
        for (int i = 0; i < REPLICAS; i++) {
            check(logs.get(i));
            copy(i);
            assertThat(logs.get(i).transactions().lastStableOffset()).isEqualTo(model.end());
            if (!takenBack || !snapshotsLost) {
                assertThat(LogCopies.producers(logs.get(i))).isEqualTo(LogCopies.producers(logs.get(leader)));
            }
        }
    }

    private void restartWithoutSnapshots() {
        directory.close();
        logs.forEach(log -> LogDamage.snapshots(log).forEach(snapshot -> LogDamage.rotSnapshot(disk, log, snapshot)));
        snapshotsLost = true;
        boot();
        settle();
    }

    /** The writer works as soon as there is something to do. */
    private static final class AtOnce implements SimulatedDirectory.Surroundings {
        @Override
        public void later(Runnable writer) {
            writer.run();
        }

        @Override
        public void opened(PartitionLog opened) {
            // They are held here.
        }

        @Override
        public void closed(PartitionLog closed) {
            // They stay.
        }

        @Override
        public void betweenCheckAndQueue(PartitionLog appended) {
            // Nobody else is there.
        }

        @Override
        public LogObserver observer() {
            return new LogObserver() {
                @Override
                public void damaged(CorruptLogException damage) {
                    throw new AssertionError("nothing is damaged here", damage);
                }
            };
        }
    }
}
