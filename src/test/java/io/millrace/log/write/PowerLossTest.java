package io.millrace.log.write;

import static io.millrace.log.write.Batches.allValues;
import static io.millrace.log.write.Batches.batch;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.log.AppendResult;
import io.millrace.log.CorruptLogException;
import io.millrace.log.FlushPolicy;
import io.millrace.log.LogConfig;
import io.millrace.log.LogObserver;
import io.millrace.log.SettableClock;
import io.millrace.log.Truncation;
import io.millrace.log.file.SimulatedDisk;
import io.millrace.log.write.SimulatedDirectory.PlantedBug;
import io.millrace.record.TimestampType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.LongStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The power goes in the middle of what takes segments away, or right after it, and the disk keeps of the names that were
 * not forced whatever the seed says: what is left has no hole.
 */
class PowerLossTest {
    private static final LogConfig CONFIG = new LogConfig(400, Long.MAX_VALUE, -1, -1, 100, TimestampType.CREATE_TIME,
        FlushPolicy.COMMIT);
    private static final Logger LOGGER = Logger.getLogger("io.millrace.log");

    private final SettableClock clock = new SettableClock(100_000);
    private final List<CorruptLogException> damages = new ArrayList<>();
    private Random random;
    private SimulatedDisk disk;
    private SimulatedDirectory directory;
    private PartitionLog log;
    private int boots;
    /** What the writer is to do at once; null: nothing has to wait. */
    private List<Runnable> waiting;

    static List<Long> seeds() {
        return LongStream.rangeClosed(1, 150).boxed().toList();
    }

    @BeforeEach
    void quiet() {
        LOGGER.setLevel(Level.OFF);
    }

    private void begin(long seed) {
        random = new Random(seed);
        disk = new SimulatedDisk(random);
        boot();
    }

    /** The machine starts, with what the disk has kept. */
    private void boot() {
        directory = SimulatedDirectory.open(disk, "boot-" + boots++, clock,
            () -> TimeUnit.MILLISECONDS.toNanos(clock.millis()), new AtOnce(), PlantedBug.NONE);
        log = directory.openReplicated("orders", 0, TestDirectory.TOPIC_ID, CONFIG, Integer.MAX_VALUE);
    }

    private void loseThePower() {
        disk.goOn();
        disk.losePower();
        boot();
    }

    private void append(int from, int to) {
        for (int i = from; i < to; i++) {
            directory.append(log, List.of(batch(i, "v" + i)), 0).join();
        }
    }

    private static List<String> values(long from, long to) {
        List<String> values = new ArrayList<>();
        for (long i = from; i < to; i++) {
            values.add("v" + i);
        }
        return values;
    }

    /** @return whether all of it was done */
    private boolean inTheMiddleOf(Runnable change) {
        disk.stopAfter(random.nextInt(30));
        try {
            change.run();
            return true;
        } catch (CompletionException gone) {
            assertThat(disk.isStopped()).isTrue();
            return false;
        }
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void aLogWhoseEndWasCutEndsThereOrWhereItEndedBefore(long seed) {
        begin(seed);
        append(0, 40);
        assertThat(log.segmentCount()).isGreaterThan(5);
        int cut = random.nextInt(40);

        boolean done = inTheMiddleOf(() -> directory.truncateTo(log, cut).join());
        loseThePower();

        assertThat(damages).isEmpty();
        assertThat(log.logEndOffset()).isBetween((long) cut, done ? cut : 40L);
        assertThat(allValues(log, 0)).isEqualTo(values(0, log.logEndOffset()));
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void aLogThatBeginsAnewElsewhereHasNothingOfWhatItWas(long seed) {
        begin(seed);
        directory.advanceLogStart(log, 20).join();
        append(20, 60);
        int offset = random.nextInt(80);

        boolean done = inTheMiddleOf(() -> directory.beginAnew(log, offset, Truncation.UNCLEAN).join());
        loseThePower();

        assertThat(damages).isEmpty();
        long start = log.logStartOffset();
        assertThat(start).isIn(20L, (long) offset);
        if (done) {
            assertThat(List.of(start, log.logEndOffset())).containsOnly((long) offset);
        }
        assertThat(allValues(log, start)).isEqualTo(values(start, log.logEndOffset()));
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void whatAFullDiskRefusedLeavesNoHoleWhenItIsTakenBack(long seed) {
        begin(seed);
        int kept = 1 + random.nextInt(20);
        append(0, kept);
        int more = 20 + random.nextInt(20);
        int full = 1 + random.nextInt(4);
        AtomicInteger forces = new AtomicInteger();
        disk.whileForcing(() -> disk.setFull(forces.incrementAndGet() >= full));
        List<CompletableFuture<AppendResult>> refused = new ArrayList<>();
        waiting = new ArrayList<>();
        for (int i = kept; i < kept + more; i++) {
            refused.add(directory.append(log, List.of(batch(i, "v" + i)), 0));
        }
        waiting.forEach(Runnable::run);
        waiting = null;
        assertThat(refused).allMatch(CompletableFuture::isCompletedExceptionally);
        disk.whileForcing(() -> { });
        disk.setFull(false);
        clock.advance(10_000);

        disk.stopAfter(random.nextInt(30));
        directory.work();
        loseThePower();

        assertThat(damages).isEmpty();
        assertThat(log.logEndOffset()).isBetween((long) kept, (long) kept + more);
        assertThat(allValues(log, 0)).isEqualTo(values(0, log.logEndOffset()));
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void aLogThatIsCompactedIsWhatItWasOrCompactedSegmentBySegment(long seed) {
        begin(seed);
        log.reconfigure(Compacted.config(400));
        for (int i = 0; i < 60; i++) {
            directory.append(log, List.of(Compacted.batch(i, "key" + random.nextInt(4), "v" + i)), 0).join();
        }
        log.raiseHighWatermark(60);
        Map<String, String> table = Compacted.table(Compacted.records(log));
        directory.compact(log, random.nextInt(200) + 100);

        disk.stopAfter(random.nextInt(60));
        directory.compact(log, 1 << 16);
        loseThePower();

        assertThat(damages).isEmpty();
        assertThat(log.logEndOffset()).isEqualTo(60);
        assertThat(Compacted.table(Compacted.records(log))).isEqualTo(table);
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
                    damages.add(damage);
                }
            };
        }
    }
}
