package io.millrace.log.write;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.log.AppendResult;
import io.millrace.log.CorruptLogException;
import io.millrace.log.FlushPolicy;
import io.millrace.log.LogConfig;
import io.millrace.log.OffsetAndTimestamp;
import io.millrace.log.OffsetOutOfRangeException;
import io.millrace.log.SettableClock;
import io.millrace.log.file.OpenFiles;
import io.millrace.log.segment.LogFolder;
import io.millrace.record.Record;
import io.millrace.record.TimestampType;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Random operations on a log and on the simplest thing that behaves as a log should, compared after each. */
class LogModelTest {
    private static final int OPERATIONS = 300;
    private static final int CRASH_TAIL = 300;

    @TempDir
    Path temp;

    /** The simplest log: what each offset holds. */
    private static final class Model {
        private final TreeMap<Long, Long> timestamps = new TreeMap<>();
        private final TreeMap<Long, Long> batchOf = new TreeMap<>();
        private long start;
        private long end;

        void append(long[] batch) {
            long base = end;
            for (long timestamp : batch) {
                timestamps.put(end, timestamp);
                batchOf.put(end++, base);
            }
        }

        void startAt(long offset) {
            start = Math.max(start, offset);
        }

        /** As a log must: whole batches only. */
        void endAt(long offset) {
            if (offset < end) {
                end = batchOf.get(offset);
                timestamps.tailMap(end, true).clear();
                batchOf.tailMap(end, true).clear();
                start = Math.min(start, end);
            }
        }

        Optional<OffsetAndTimestamp> find(long timestamp) {
            for (Map.Entry<Long, Long> entry : timestamps.tailMap(start, true).entrySet()) {
                if (entry.getValue() >= timestamp) {
                    return Optional.of(new OffsetAndTimestamp(entry.getKey(), entry.getValue()));
                }
            }
            return Optional.empty();
        }
    }

    private final Model model = new Model();
    private final SettableClock clock = new SettableClock(10_000);
    private Path root;
    private Random random;
    private TestDirectory test;
    private PartitionLog log;
    private int crashes;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void whateverHappensInWhateverOrderTheLogDoesAsTheModel(long seed) throws Exception {
        random = new Random(seed);
        root = temp.resolve("log");
        open();
        for (int i = 0; i < OPERATIONS; i++) {
            operate();
            check();
        }
        test.close();
    }

    private void open() {
        FlushPolicy policy = FlushPolicy.values()[random.nextInt(FlushPolicy.values().length)];
        test = new TestDirectory(root, clock);
        log = test.log(new LogConfig(400 + random.nextInt(600), 3000, -1, -1, random.nextInt(300),
            TimestampType.CREATE_TIME, policy));
    }

    private void operate() throws IOException {
        int kind = random.nextInt(100);
        if (kind < 70) {
            append();
        } else if (kind < 76) {
            long offset = model.start + random.nextInt((int) (model.end - model.start) / 2 + 1);
            model.startAt(offset);
            assertThat(test.directory.deleteRecordsBefore(log, offset).join()).isEqualTo(offset);
        } else if (kind < 82) {
            long offset = model.end - random.nextInt((int) Math.min(10, model.end - model.start) + 1);
            model.endAt(offset);
            assertThat(test.directory.truncateTo(log, offset).join()).isEqualTo(model.end);
        } else if (kind < 88) {
            retain();
        } else if (kind < 94) {
            test.close();
            open();
        } else {
            crash();
        }
    }

    private void append() {
        ByteBuffer[] batches = new ByteBuffer[1 + random.nextInt(2)];
        long base = model.end;
        for (int i = 0; i < batches.length; i++) {
            long[] timestamps = new long[1 + random.nextInt(4)];
            var builder = new io.millrace.record.RecordBatchBuilder(io.millrace.record.Codec.NONE);
            for (int j = 0; j < timestamps.length; j++) {
                clock.advance(random.nextInt(50));
                timestamps[j] = clock.millis() - random.nextInt(100);
                builder.append(timestamps[j], null, ByteBuffer.allocate(random.nextInt(60)), List.of());
            }
            model.append(timestamps);
            batches[i] = builder.build();
        }
        assertThat(test.append(log, batches)).isEqualTo(new AppendResult(base, model.end - 1, -1));
    }

    /** The model does not know segments: it is told how far the log's start may have moved, and checks that it may. */
    private void retain() {
        LogConfig old = log.config();
        long retention = 1000 + random.nextInt(5000);
        log.reconfigure(new LogConfig(old.segmentBytes(), old.segmentMillis(), retention, -1, old.indexIntervalBytes(),
            old.timestampType(), old.flush()));
        test.directory.applyRetention().join();
        for (long timestamp : model.timestamps.subMap(model.start, true, Math.max(model.start, log.logStartOffset()),
                false).values()) {
            assertThat(clock.millis() - timestamp).as("what was deleted is old").isGreaterThan(retention);
        }
        model.startAt(log.logStartOffset());
        log.reconfigure(old);
    }

    /** Leaves the files as they are, loses some bytes at the end that were not durable, and opens what remains. */
    private void crash() throws IOException {
        Path copy = TestDirectory.copy(root, temp.resolve("crash" + crashes++));
        long durable = Math.max(recoveryPoint(copy), model.start);
        test.close();
        root = copy;
        Path last = lastSegment(copy);
        int lost = random.nextInt(CRASH_TAIL);
        try (RandomAccessFile file = new RandomAccessFile(last.toFile(), "rw")) {
            file.setLength(Math.max(0, file.length() - lost));
        }
        open();
        assertThat(log.logEndOffset()).isBetween(durable, model.end);
        if (log.logEndOffset() < model.end && !model.batchOf.get(log.logEndOffset()).equals(log.logEndOffset())) {
            assertThat(log.logEndOffset()).as("the end is a batch's, or where the log must go on").isEqualTo(durable);
        }
        resume();
    }

    /**
     * A crash may lose what was durable here, because the test cuts bytes blindly: then only what is left is compared.
     */
    private void resume() {
        long end = log.logEndOffset();
        model.timestamps.tailMap(end, true).clear();
        model.batchOf.tailMap(end, true).clear();
        model.end = end;
        long readable = model.start;
        while (readable < end) {
            try {
                for (Record record : Batches.records(log.read(readable, Long.MAX_VALUE, 1))) {
                    readable = record.offset() + 1;
                }
            } catch (CorruptLogException e) {
                readable = e.nextReadableOffset();
                test.directory.deleteRecordsBefore(log, readable).join();
                model.startAt(readable);
            }
        }
    }

    private static long recoveryPoint(Path root) throws IOException {
        return new LogFolder(root.resolve("orders-0"), new OpenFiles(10)).recoveryPoint()
            .read(SmallFilesTest::unexpected).offset();
    }

    private static Path lastSegment(Path root) throws IOException {
        LogFolder folder = new LogFolder(root.resolve("orders-0"), new OpenFiles(10));
        List<Long> offsets = folder.segments();
        return folder.segmentFile(offsets.get(offsets.size() - 1), LogFolder.LOG_SUFFIX);
    }

    private void check() {
        assertThat(log.logStartOffset()).isEqualTo(model.start);
        assertThat(log.logEndOffset()).isEqualTo(model.end);
        long offset = model.start;
        while (offset < model.end) {
            List<Record> records = Batches.records(log.read(offset, Long.MAX_VALUE, 1 + random.nextInt(500)));
            assertThat(records.get(0).offset()).isEqualTo(model.batchOf.get(offset));
            for (Record record : records) {
                if (record.offset() >= offset) {
                    assertThat(record.offset()).isEqualTo(offset);
                    assertThat(record.timestamp()).isEqualTo(model.timestamps.get(offset));
                    offset++;
                }
            }
        }
        long middle = model.end == model.start ? model.start
            : model.start + random.nextInt((int) (model.end - model.start));
        if (middle < model.end) {
            assertThat(Batches.offsets(log.read(middle, Long.MAX_VALUE, 1))).startsWith(model.batchOf.get(middle));
        }
        long timestamp = clock.millis() - random.nextInt(3000);
        assertThat(log.offsetForTimestamp(timestamp)).isEqualTo(model.find(timestamp));
        assertThatThrownBy(() -> log.read(model.end + 1, Long.MAX_VALUE, 1))
            .isInstanceOf(OffsetOutOfRangeException.class);
    }
}
