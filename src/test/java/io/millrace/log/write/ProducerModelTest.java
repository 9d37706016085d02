package io.millrace.log.write;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.log.AppendResult;
import io.millrace.log.CorruptLogException;
import io.millrace.log.FlushPolicy;
import io.millrace.log.InvalidProducerEpochException;
import io.millrace.log.LogConfig;
import io.millrace.log.LogDirectoryOfflineException;
import io.millrace.log.LogObserver;
import io.millrace.log.OutOfOrderSequenceException;
import io.millrace.log.SettableClock;
import io.millrace.log.file.SimulatedDisk;
import io.millrace.log.write.SimulatedDirectory.PlantedBug;
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
 * Producers that write, repeat, leave gaps and begin new epochs, while the log is cut, deleted from, compacted, closed, killed
 * by the power and filled up: whatever came before, the log knows of each producer what the headers of all its batches tell.
 */
class ProducerModelTest {
    private static final int OPERATIONS = 120;
    private static final int PRODUCERS = 4;
    private static final Logger LOGGER = Logger.getLogger("io.millrace.log");

    /** An append of a producer that is in the log. */
    private record Written(long producerId, int epoch, int sequence, int records, long baseOffset) {
        private long endOffset() {
            return baseOffset + records;
        }

        private ByteBuffer bytes() {
            return Sequenced.batch(producerId, epoch, sequence, records);
        }

        private AppendResult result(boolean isRepetition) {
            return new AppendResult(baseOffset, endOffset() - 1, -1, isRepetition);
        }
    }

    private final SettableClock clock = new SettableClock(100_000);
    /** In the order of the log; what is deleted from its start stays here. */
    private final List<Written> model = new ArrayList<>();
    private final List<Long> batchEnds = new ArrayList<>();
    private PlantedBug bug;
    private Random random;
    private SimulatedDisk disk;
    private SimulatedDirectory directory;
    private LogConfig config;
    private PartitionLog log;
    private int boots;
    private List<Runnable> waiting;
    private boolean damaged;
    /** Whether headers are gone, and whether snapshots may be. */
    private boolean thinned;
    private boolean lossy;

    static List<Long> seeds() {
        return LongStream.rangeClosed(1, Integer.getInteger("millrace.test.seeds", 150)).boxed().toList();
    }

    @BeforeEach
    void quiet() {
        LOGGER.setLevel(Level.OFF);
    }

    private void boot() {
        directory = SimulatedDirectory.open(disk, "boot-" + boots++, clock,
            () -> TimeUnit.MILLISECONDS.toNanos(clock.millis()), new AtOnce(), bug);
        log = directory.openReplicated("orders", 0, TestDirectory.TOPIC_ID, config, Integer.MAX_VALUE);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void whateverHappensTheLogKnowsWhatTheHeadersTell(long seed) {
        run(seed, PlantedBug.NONE);
    }

    @ParameterizedTest
    @EnumSource(value = PlantedBug.class, names = {"KEEP_SNAPSHOTS_AT_CUT"})
    void aPlantedBugIsFound(PlantedBug planted) {
        int found = 0;
        for (long seed = 1; seed <= 150 && found == 0; seed++) {
            try {
                new ProducerModelTest().run(seed, planted);
            } catch (AssertionError | RuntimeException violation) {
                found++;
            }
        }
        assertThat(found).as("violations that " + planted + " leads to").isPositive();
    }

    private void run(long seed, PlantedBug planted) {
        bug = planted;
        random = new Random(seed);
        disk = new SimulatedDisk(random);
        LogConfig compacted = Compacted.config(300 + random.nextInt(600));
        config = new LogConfig(compacted.segmentBytes(), Long.MAX_VALUE, -1, -1, 100, TimestampType.CREATE_TIME,
            random.nextInt(3) > 0 ? FlushPolicy.COMMIT : FlushPolicy.values()[random.nextInt(FlushPolicy.values().length)],
            compacted.cleanup());
        boot();
        for (int i = 0; i < OPERATIONS && !damaged; i++) {
            clock.advance(10_000);
            operate();
            if (!mayHaveForgotten()) {
                check();
            }
        }
    }

    /** A producer whose headers are gone, and the snapshots with the power, is not known; but nobody is known by less than the truth. */
    private boolean mayHaveForgotten() {
        return damaged || thinned && lossy;
    }

    private void operate() {
        int kind = random.nextInt(100);
        if (kind < 55) {
            write();
        } else if (kind < 70) {
            repeat();
        } else if (kind < 74) {
            long mark = log.highWatermark();
            cut(mark + random.nextInt((int) (log.logEndOffset() - mark) + 1));
        } else if (kind < 78) {
            batchEnds.stream().filter(end -> end > log.highWatermark() && random.nextInt(3) > 0).forEach(log::raiseHighWatermark);
        } else if (kind < 81) {
            long start = log.logStartOffset();
            thinned = true;
            directory.deleteRecordsBefore(log, start + random.nextInt((int) (log.highWatermark() - start) + 1)).join();
        } else if (kind < 85) {
            thinned = true;
            directory.compact(log, 1 << 16);
        } else if (kind < 88) {
            directory.applyRetention().join();
        } else if (kind < 92) {
            directory.close();
            boot();
        } else if (kind < 96) {
            loseThePower();
        } else {
            fillUp();
        }
    }

    private Map<Long, Written> newest() {
        Map<Long, Written> newest = new TreeMap<>();
        model.forEach(written -> newest.put(written.producerId(), written));
        return newest;
    }

    private Written next(long producer) {
        int records = 1 + random.nextInt(5);
        Written last = newest().get(producer);
        if (last == null) {
            int sequence = random.nextBoolean() ? 0 : Integer.MAX_VALUE - random.nextInt(4);
            return new Written(producer, random.nextInt(3), sequence, records, end());
        } else if (random.nextInt(8) == 0) {
            return new Written(producer, last.epoch() + 1, 0, records, end());
        }
        return new Written(producer, last.epoch(), last.sequence() + last.records() & Integer.MAX_VALUE, records, end());
    }

    private long end() {
        return batchEnds.isEmpty() ? 0 : batchEnds.get(batchEnds.size() - 1);
    }

    private void write() {
        if (random.nextInt(3) == 0) {
            directory.append(log, List.of(Batches.batch(1, "of nobody")), 0).join();
            batchEnds.add(log.logEndOffset());
            return;
        }
        Written written = next(random.nextInt(PRODUCERS));
        assertThat(append(written)).isEqualTo(written.result(false));
        add(written);
    }

    private void add(Written written) {
        model.add(written);
        batchEnds.add(written.endOffset());
    }

    private AppendResult append(Written written) {
        return directory.append(log, List.of(written.bytes()), 0).join();
    }

    /** Any append is answered as the first time, or refused where it is too long ago; never written again. */
    private void repeat() {
        if (model.isEmpty() || mayHaveForgotten()) {
            return;
        }
        int index = Math.max(0, model.size() - 1 - random.nextInt(12));
        Written written = model.get(index);
        Written last = newest().get(written.producerId());
        long end = log.logEndOffset();
        long since = model.subList(index, model.size()).stream().filter(each -> each.producerId() == written.producerId())
            .count() - 1;
        if (written.epoch() < last.epoch()) {
            assertThatThrownBy(() -> append(written)).hasCauseInstanceOf(InvalidProducerEpochException.class);
        } else if (since < 5) {
            assertThat(append(written)).isEqualTo(written.result(true));
        } else {
            assertThatThrownBy(() -> append(written)).hasCauseInstanceOf(OutOfOrderSequenceException.class);
        }
        assertThat(log.logEndOffset()).isEqualTo(end);
    }

    private void cut(long offset) {
        directory.truncateTo(log, offset).join();
        cutModel();
    }

    /** As the log ends. */
    private void cutModel() {
        long end = log.logEndOffset();
        batchEnds.removeIf(each -> each > end);
        model.removeIf(each -> each.endOffset() > end);
    }

    private void loseThePower() {
        long safe = log.logEndOffset();
        disk.stopAfter(random.nextInt(40));
        try {
            for (int i = 0; i < 8 && !disk.isStopped(); i++) {
                switch (random.nextInt(6)) {
                    case 0 -> directory.applyRetention().join();
                    case 1 -> {
                        thinned = true;
                        directory.compact(log, 1 << 16);
                    }
                    case 2 -> {
                        long mark = log.highWatermark();
                        safe = Math.min(safe, mark);
                        cut(mark + random.nextInt((int) (log.logEndOffset() - mark) + 1));
                    }
                    default -> {
                        Written written = next(random.nextInt(PRODUCERS));
                        add(written);
                        append(written);
                    }
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
        List<Written> before = List.copyOf(model);
        List<Long> endsBefore = List.copyOf(batchEnds);
        List<CompletableFuture<AppendResult>> answers = new ArrayList<>();
        waiting = new ArrayList<>();
        for (int i = 1 + random.nextInt(12); i > 0; i--) {
            Written written = next(random.nextBoolean() ? random.nextInt(PRODUCERS) : 100 + random.nextInt(3));
            add(written);
            answers.add(directory.append(log, List.of(written.bytes()), 0));
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
            model.clear();
            model.addAll(before);
            batchEnds.clear();
            batchEnds.addAll(endsBefore);
            cutBackWhoWasNeverThere();
        }
        assertThat(log.logEndOffset()).as("nothing was shown of what was refused").isEqualTo(end());
    }

    private void cutBackWhoWasNeverThere() {
        for (long producer = 100; producer < 103; producer++) {
            if (!newest().containsKey(producer)) {
                assertThat(append(new Written(producer, 0, 50, 1, -1)).baseOffset()).isEqualTo(end());
                directory.truncateTo(log, end()).join();
            }
        }
    }

    /** Of each producer the last five batches are known, and what comes next; nothing is written by the look at it. */
    private void check() {
        long end = log.logEndOffset();
        for (Written last : newest().values()) {
            List<Written> inEpoch = model.stream().filter(each -> each.producerId() == last.producerId()
                && each.epoch() == last.epoch()).toList();
            for (Written each : inEpoch.subList(Math.max(0, inEpoch.size() - 5), inEpoch.size())) {
                assertThat(append(each)).isEqualTo(each.result(true));
            }
            Written gap = new Written(last.producerId(), last.epoch(), last.sequence() + last.records() + 1 & Integer.MAX_VALUE,
                1, -1);
            assertThatThrownBy(() -> append(gap)).hasCauseInstanceOf(OutOfOrderSequenceException.class);
            if (last.epoch() > 0) {
                assertThatThrownBy(() -> append(new Written(last.producerId(), last.epoch() - 1, last.sequence(), 1, -1)))
                    .hasCauseInstanceOf(InvalidProducerEpochException.class);
            }
        }
        assertThat(log.logEndOffset()).isEqualTo(end);
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
