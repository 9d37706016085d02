package io.millrace.log.write;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.log.AppendResult;
import io.millrace.log.Compaction;
import io.millrace.log.CorruptLogException;
import io.millrace.log.FlushPolicy;
import io.millrace.log.LogConfig;
import io.millrace.log.LogDirectoryOfflineException;
import io.millrace.log.LogObserver;
import io.millrace.log.SettableClock;
import io.millrace.log.Truncation;
import io.millrace.log.file.SimulatedDisk;
import io.millrace.log.write.SimulatedDirectory.PlantedBug;
import io.millrace.log.write.TransactionModel.Entry;
import io.millrace.log.write.TransactionModel.Shown;
import io.millrace.record.RecordBatch;
import io.millrace.record.TimestampType;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.LongStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Producers that write in transactions and outside of them, while the log is cut, deleted from, compacted, begun anew, closed,
 * killed by the power and filled up: whatever came before, the last stable offset, the aborted transactions and what readers
 * of committed records see is what the history of the log tells.
 */
class TransactionModelTest {
    private static final int OPERATIONS = 150;
    private static final int PRODUCERS = 5;
    /** After the last of their records, in ms. */
    private static final long MARKERS_STAY = 10_000;
    private static final Logger LOGGER = Logger.getLogger("io.millrace.log");

    private final SettableClock clock = new SettableClock(100_000);
    private PlantedBug bug;
    private Random random;
    private CommittedReader reader;
    private TransactionModel model;
    private SimulatedDisk disk;
    private SimulatedDirectory directory;
    private LogConfig config;
    private PartitionLog log;
    private int boots;
    private List<Runnable> waiting;
    private boolean damaged;
    /** Whether records are gone from the log's start or its middle, and whether snapshots may be. */
    private boolean compacted;
    /** Up to where records may have given way. */
    private long cleaned;
    /** Before it stands what decides of them. */
    private long decided;
    private boolean shortened;
    private boolean lossy;
    private boolean keepsMarkers;
    /** Whether records may have given way to some that were cut off, or not be known to be aborted any more. */
    private boolean thinned;

    static List<Long> seeds() {
        return LongStream.rangeClosed(1, Integer.getInteger("millrace.test.seeds", 150)).boxed().toList();
    }

    @BeforeEach
    void quiet() {
        LOGGER.setLevel(Level.OFF);
    }

    private void boot() {
        reader.forget();
        directory = SimulatedDirectory.open(disk, "boot-" + boots++, clock,
            () -> TimeUnit.MILLISECONDS.toNanos(clock.millis()), new AtOnce(), bug);
        log = directory.openReplicated("orders", 0, TestDirectory.TOPIC_ID, config, Integer.MAX_VALUE);
        log.upkeep().keepTombstones(keepsMarkers);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void whateverHappensReadersOfCommittedRecordsSeeWhatTheHistoryTells(long seed) {
        run(seed, PlantedBug.NONE);
    }

    @ParameterizedTest
    @EnumSource(value = PlantedBug.class, names = {"KEEP_SNAPSHOTS_AT_CUT", "LOSE_TRANSACTION_INDEXES"})
    void aPlantedBugIsFound(PlantedBug planted) {
        int found = 0;
        for (long seed = 1; seed <= 150 && found == 0; seed++) {
            try {
                new TransactionModelTest().run(seed, planted);
            } catch (AssertionError | RuntimeException violation) {
                found++;
            }
        }
        assertThat(found).as("violations that " + planted + " leads to").isPositive();
    }

    private void run(long seed, PlantedBug planted) {
        bug = planted;
        random = new Random(seed);
        reader = new CommittedReader(random, MARKERS_STAY);
        model = new TransactionModel(random, PRODUCERS);
        disk = new SimulatedDisk(random);
        LogConfig small = Compacted.config((random.nextBoolean() ? 300 : 1_500) + random.nextInt(600),
            new Compaction(0, 0, Long.MAX_VALUE, MARKERS_STAY));
        config = new LogConfig(small.segmentBytes(), Long.MAX_VALUE, -1, -1, 100, TimestampType.CREATE_TIME,
            random.nextInt(3) > 0 ? FlushPolicy.COMMIT : FlushPolicy.values()[random.nextInt(FlushPolicy.values().length)],
            small.cleanup());
        boolean compacts = random.nextBoolean();
        keepsMarkers = random.nextInt(4) == 0;
        boot();
        for (int i = 0; i < OPERATIONS; i++) {
            clock.advance(random.nextInt(10_000));
            if (random.nextInt(6) == 0) {
                compact(compacts);
            }
            operate(compacts);
            if (mayHaveForgotten()) {
                return;
            }
            check();
            reader.readOn(log, model, clock.millis());
        }
        endAll();
        if (!shortened) { // what began before the log's start is in the snapshots only
            restartWithoutSnapshots();
            copyFromTheBeginning();
        }
    }

    /** What was known where headers are gone is not, when the power took the snapshots: nobody could know. */
    private boolean mayHaveForgotten() {
        return damaged || thinned || lossy && (compacted || shortened);
    }

    private void operate(boolean compacts) {
        int kind = random.nextInt(100);
        if (kind < 50) {
            append(model.next());
        } else if (kind < 56) {
            copy();
        } else if (kind < 60) {
            cut(cleanCut(), Truncation.CLEAN);
        } else if (kind < 62) {
            cut(log.logStartOffset() + random.nextInt((int) (log.logEndOffset() - log.logStartOffset()) + 1), Truncation.UNCLEAN);
        } else if (kind < 63) {
            beginAnew();
        } else if (kind < 72) {
            model.batchEnds().stream().filter(end -> end > log.highWatermark() && random.nextInt(3) > 0)
                .forEach(log::raiseHighWatermark);
        } else if (kind < 75) {
            long start = log.logStartOffset();
            shortened = true;
            directory.deleteRecordsBefore(log, start + random.nextInt((int) (log.highWatermark() - start) + 1)).join();
        } else if (kind < 80) {
            compact(compacts);
        } else if (kind < 83) {
            directory.applyRetention().join();
        } else if (kind < 87) {
            directory.close();
            boot();
        } else if (kind < 89) {
            damageAnIndex();
        } else if (kind < 91) {
            damageTheNewestSnapshot();
        } else if (kind < 95) {
            loseThePower(compacts);
        } else {
            fillUp();
        }
    }

    private long cleanCut() {
        long mark = log.highWatermark();
        return mark + random.nextInt((int) (log.logEndOffset() - mark) + 1);
    }

    private void compact(boolean compacts) {
        if (compacts) {
            compacted = true;
            cleaned = Math.max(cleaned, log.transactions().lastStableOffset());
            decided = Math.max(decided, log.highWatermark());
            directory.compact(log, 1 << 16);
        }
    }

    private void append(Entry entry) {
        assertThat(directory.append(log, List.of(entry.bytes()), 0).join())
            .isEqualTo(new AppendResult(entry.baseOffset(), entry.endOffset() - 1, -1));
    }

    /** As a follower gets them: batches of any producers at once. */
    private void copy() {
        List<ByteBuffer> copied = new ArrayList<>();
        for (int i = 1 + random.nextInt(5); i > 0; i--) {
            Entry entry = model.next();
            ByteBuffer bytes = entry.bytes();
            RecordBatch.at(bytes).assign(entry.baseOffset(), 0);
            copied.add(bytes);
        }
        ByteBuffer all = ByteBuffer.allocate(copied.stream().mapToInt(ByteBuffer::remaining).sum());
        copied.forEach(all::put);
        directory.appendReplicated(log, all.flip(), 0).join();
    }

    private void cut(long offset, Truncation truncation) {
        directory.truncateTo(log, offset, truncation).join();
        thinned |= log.logEndOffset() < decided;
        cutModel();
    }

    private void cutModel() {
        reader.forget();
        model.cut(log.logEndOffset());
        cleaned = Math.min(cleaned, log.logEndOffset());
    }

    private void beginAnew() {
        long offset = random.nextInt((int) log.logEndOffset() + 20);
        directory.beginAnew(log, offset, Truncation.UNCLEAN).join();
        reader.forget();
        model.beginAnew(offset);
        cleaned = 0;
        decided = 0;
    }

    /** An entry of an index is not what was written any more. */
    private void damageAnIndex() {
        directory.close();
        LogDamage.rotAnIndex(disk, log, random);
        boot();
    }

    private void damageTheNewestSnapshot() {
        directory.close();
        List<Long> snapshots = LogDamage.snapshots(log);
        if (!snapshots.isEmpty() && !shortened) {
            LogDamage.rotSnapshot(disk, log, snapshots.get(snapshots.size() - 1));
        }
        boot();
    }

    private void restartWithoutSnapshots() {
        Map<Long, List<Object>> before = LogCopies.producers(log);
        directory.close();
        LogDamage.snapshots(log).forEach(snapshot -> LogDamage.rotSnapshot(disk, log, snapshot));
        boot();
        log.raiseHighWatermark(log.logEndOffset());
        assertThat(log.transactions().lastStableOffset()).isEqualTo(log.logEndOffset());
        assertThat(LogCopies.producers(log)).isEqualTo(before);
        check();
    }

    /** As a new follower does. */
    private void copyFromTheBeginning() {
        long end = log.logEndOffset();
        PartitionLog copy = directory.openReplicated("orders", 1, TestDirectory.TOPIC_ID, config, Integer.MAX_VALUE);
        if (log.logStartOffset() > 0) {
            directory.beginAnew(copy, log.logStartOffset(), Truncation.UNCLEAN).join();
        }
        while (copy.logEndOffset() < end) {
            LogCopies.fetch(directory, copy, log, end, 1_000, 0);
        }
        copy.raiseHighWatermark(end);
        assertThat(copy.transactions().lastStableOffset()).isEqualTo(end);
        assertThat(LogCopies.producers(copy)).isEqualTo(LogCopies.producers(log));
        assertThat(reader.shown(copy, end)).isEqualTo(reader.shown(log, end));
    }

    private void loseThePower(boolean compacts) {
        long safe = log.logEndOffset();
        disk.stopAfter(random.nextInt(60));
        try {
            for (int i = 0; i < 12 && !disk.isStopped(); i++) {
                switch (random.nextInt(8)) {
                    case 0 -> directory.applyRetention().join();
                    case 1 -> compact(compacts);
                    case 2 -> {
                        safe = Math.min(safe, log.highWatermark());
                        cut(cleanCut(), Truncation.CLEAN);
                    }
                    case 3 -> log.raiseHighWatermark(log.logEndOffset());
                    default -> append(model.next());
                }
            }
        } catch (CompletionException | LogDirectoryOfflineException gone) {
            assertThat(disk.isStopped()).isTrue();
        }
        disk.goOn();
        disk.losePower();
        boot();
        if (config.flush() == FlushPolicy.COMMIT) {
            assertThat(damaged).isFalse();
            assertThat(log.logEndOffset()).isGreaterThanOrEqualTo(safe);
        } else {
            lossy = true;
        }
        cutModel();
    }

    /** The disk fills up at any step of what the writer does at once: all of that is refused, or done. */
    private void fillUp() {
        List<Entry> before = model.entries();
        List<CompletableFuture<AppendResult>> answers = new ArrayList<>();
        waiting = new ArrayList<>();
        for (int i = 1 + random.nextInt(12); i > 0; i--) {
            answers.add(directory.append(log, List.of(model.next().bytes()), 0));
        }
        int full = random.nextInt(4);
        AtomicInteger forces = new AtomicInteger();
        disk.setFull(full == 0);
        disk.whileForcing(() -> disk.setFull(forces.incrementAndGet() >= full));
        waiting.forEach(Runnable::run);
        waiting = null;
        disk.whileForcing(() -> { });
        disk.setFull(false);
        clock.advance(10_000);
        directory.work();
        assertThat(directory.failure()).isNull();
        if (answers.get(0).isCompletedExceptionally()) {
            assertThat(answers).allMatch(CompletableFuture::isCompletedExceptionally);
            model.goBackTo(before);
        }
        assertThat(log.logEndOffset()).as("nothing was shown of what was refused").isEqualTo(model.end());
    }

    private void endAll() {
        model.endAll().forEach(this::append);
        log.raiseHighWatermark(log.logEndOffset());
        assertThat(log.transactions().lastStableOffset()).isEqualTo(log.logEndOffset());
        check();
    }

    private void check() {
        assertThat(log.logEndOffset()).isEqualTo(model.end());
        long start = log.logStartOffset();
        for (long mark = log.highWatermark(); mark <= log.logEndOffset(); mark++) {
            long expected = model.lastStableOffset(start, mark);
            // What was compacted is stable, whatever became of the watermark since.
            assertThat(log.transactions().lastStableOffset(mark)).as("last stable offset below %d", mark)
                .isBetween(expected, Math.max(expected, Math.min(mark, cleaned)));
        }
        long stable = log.transactions().lastStableOffset();
        if (!compacted) {
            checkAborted(start, stable);
            int stables = (int) (stable - start);
            long from = start + (stables == 0 ? 0 : random.nextInt(stables));
            checkAborted(from, from + random.nextInt((int) (stable - from) + 1));
            assertThat(reader.shown(log, stable)).isEqualTo(model.shown(start, stable));
        } else {
            List<Shown> all = model.shown(start, stable);
            List<Shown> shown = reader.shown(log, stable);
            assertThat(all).as("seen of all").containsAll(shown);
            assertThat(shown).as("not compacted").containsAll(model.shown(Math.max(start, cleaned), stable));
            if (stable >= cleaned) { // else what others have given way to may be shown later
                assertThat(newest(shown)).isEqualTo(newest(all));
            }
        }
    }

    private void checkAborted(long from, long to) {
        assertThat(log.transactions().aborted(from, to)).as("aborted transactions of %d to %d", from, to)
            .isEqualTo(from == to ? List.of() : model.aborted(from, to));
    }

    private static Map<String, Shown> newest(List<Shown> records) {
        Map<String, Shown> newest = new TreeMap<>();
        records.forEach(each -> newest.put(each.key(), each));
        return newest;
    }

    /** The writer works as soon as there is something to do, unless that is to wait for more. */
    private final class AtOnce implements SimulatedDirectory.Surroundings {
        @Override
        public void later(Runnable writer) {
            if (waiting == null) {
                writer.run();
            } else {
                waiting.add(writer);
            }
        }

        @Override
        public void opened(PartitionLog opened) {
            // There is one.
        }

        @Override
        public void closed(PartitionLog closed) {
            // It stays.
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
                    damaged = true;
                }
            };
        }
    }
}
