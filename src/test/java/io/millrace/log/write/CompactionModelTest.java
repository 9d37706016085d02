package io.millrace.log.write;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.log.Compaction;
import io.millrace.log.CorruptLogException;
import io.millrace.log.LogConfig;
import io.millrace.log.LogObserver;
import io.millrace.log.SettableClock;
import io.millrace.log.Truncation;
import io.millrace.log.file.FileAccess;
import io.millrace.record.Codec;
import io.millrace.record.Record;
import io.millrace.record.RecordBatch;
import io.millrace.record.RecordBatchBuilder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Whatever is appended, deleted, cleaned, cut off and restarted, in whatever order: a reader from the start ends with the
 * last value of each key, and every record that it sees is at its offset and as it was written.
 */
class CompactionModelTest {
    private static final int OPERATIONS = 150;
    private static final int KEYS = 12;

    static List<Long> seeds() {
        int count = Boolean.getBoolean("millrace.long") ? 500 : 25;
        return java.util.stream.LongStream.rangeClosed(1, count).boxed().toList();
    }

    /** A batch as the leader of the partition has written it. */
    private record Written(long baseOffset, long lastOffset, byte[] bytes, List<Record> records) {
    }

    @TempDir
    Path temp;
    private final SettableClock clock = new SettableClock(100_000);
    private final TreeMap<Long, Written> written = new TreeMap<>();
    private final List<CorruptLogException> damages = new CopyOnWriteArrayList<>();
    private Random random;
    private Path root;
    private TestDirectory test;
    private PartitionLog log;
    private long committed;
    private int crashes;
    private int epoch;
    private String history = "";

    @ParameterizedTest
    @MethodSource("seeds")
    void aReaderFromTheStartEndsWithTheLastValueOfEachKey(long seed) throws Exception {
        random = new Random(seed);
        root = temp.resolve("log");
        open();
        for (int i = 0; i < OPERATIONS; i++) {
            operate();
            check("seed " + seed + " operation " + i + ":" + history);
        }
        assertThat(damages).isEmpty();
        test.close();
    }

    private void open() {
        LogObserver observer = new LogObserver() {
            @Override
            public void damaged(CorruptLogException damage) {
                damages.add(damage);
            }
        };
        test = new TestDirectory(root, clock, observer, FileAccess.DISK, TestDirectory.OPTIONS);
        LogConfig config = Compacted.config(300 + random.nextInt(900),
            new Compaction(0, random.nextInt(3) == 0 ? random.nextInt(500) : 0, Long.MAX_VALUE, random.nextInt(3_000)));
        log = test.directory.openReplicated("orders", 0, TestDirectory.TOPIC_ID, config, Integer.MAX_VALUE);
        log.upkeep().keepTombstones(random.nextInt(4) == 0);
    }

    private long end() {
        return written.isEmpty() ? 0 : written.lastEntry().getValue().lastOffset() + 1;
    }

    private void operate() throws Exception {
        clock.advance(random.nextInt(200));
        int kind = random.nextInt(100);
        if (kind < 55) {
            history += " append";
            append();
        } else if (kind < 75) {
            history += " clean";
            new CompactionPass(CleanableLog.of(log, log.config().cleanup().compaction().orElseThrow(), clock.millis()),
                Compacted.limits(random.nextBoolean() ? 1 << 20 : 24 * (2 + random.nextInt(20))), clock.millis(), bytes -> { },
                CompletableFuture::join).run();
        } else if (kind < 83) {
            long offset = boundary(committed);
            history += " cut" + offset;
            test.directory.truncateTo(log, offset).join();
            forget(offset);
        } else if (kind < 86) {
            long offset = boundary(0);
            history += " unclean" + offset;
            test.directory.truncateTo(log, offset, Truncation.UNCLEAN).join();
            forget(offset);
            committed = Math.min(committed, offset);
            fetchAnew();
        } else if (kind < 93) {
            history += " restart";
            test.close();
            open();
            catchUp();
        } else {
            history += " crash";
            Path copy = TestDirectory.copy(root, temp.resolve("crash" + crashes++));
            test.close();
            root = copy;
            open();
            catchUp();
        }
    }

    private void append() {
        RecordBatchBuilder builder = new RecordBatchBuilder(Codec.values()[random.nextInt(Codec.values().length)]);
        int count = 1 + random.nextInt(5);
        for (int i = 0; i < count; i++) {
            builder.append(clock.millis() - random.nextInt(100), Compacted.utf8("key" + random.nextInt(KEYS)),
                random.nextInt(4) == 0 ? null : Compacted.utf8("value " + random.nextInt(1_000)), List.of());
        }
        epoch += random.nextInt(15) == 0 ? 1 : 0;
        ByteBuffer batch = builder.build();
        test.directory.append(log, List.of(batch), epoch).join();
        ByteBuffer bytes = ByteBuffer.allocate(batch.limit()).put(batch.duplicate()).flip();
        RecordBatch parsed = RecordBatch.at(bytes);
        List<Record> records = new ArrayList<>();
        parsed.records().forEachRemaining(records::add);
        written.put(parsed.baseOffset(), new Written(parsed.baseOffset(), parsed.lastOffset(), bytes.array(), records));
        if (random.nextInt(3) > 0) {
            committed = boundary(committed);
            log.raiseHighWatermark(committed);
        }
    }

    /** A random place between two batches, at or above an offset. */
    private long boundary(long from) {
        List<Long> places = new ArrayList<>(written.tailMap(from, true).keySet());
        places.add(end());
        return places.get(random.nextInt(places.size()));
    }

    private void forget(long offset) {
        written.tailMap(offset, true).clear();
    }

    /** A follower fetches what it has not, from a leader that was not compacted. */
    private void fetchAnew() {
        assertThat(log.logEndOffset()).isIn(0L, end());
        catchUp();
    }

    private void catchUp() {
        assertThat(log.logEndOffset()).isLessThanOrEqualTo(end());
        for (Written each : List.copyOf(written.tailMap(log.logEndOffset(), true).values())) {
            log.appendReplicated(ByteBuffer.wrap(each.bytes().clone()), epoch).join();
        }
        log.raiseHighWatermark(committed);
    }

    private void check(String when) throws IOException {
        assertThat(log.logEndOffset()).as(when).isEqualTo(end());
        Map<Long, Record> all = new HashMap<>();
        List<Record> inOrder = new ArrayList<>();
        written.values().forEach(batch -> batch.records().forEach(record -> {
            all.put(record.offset(), record);
            inOrder.add(record);
        }));
        List<Record> read = Compacted.records(log);
        long last = -1;
        for (Record record : read) {
            assertThat(record.offset()).as(when).isGreaterThan(last);
            last = record.offset();
            Record before = all.get(last);
            assertThat(record.timestamp()).as(when).isEqualTo(before.timestamp());
            assertThat(record.key()).as(when).isEqualTo(before.key());
            assertThat(record.value()).as(when).isEqualTo(before.value());
        }
        assertThat(Compacted.table(read)).as(when).isEqualTo(Compacted.table(inOrder));
        long from = end() == 0 ? 0 : random.nextInt((int) end());
        long passed = log.passEmpty(from, end());
        assertThat(passed).as(when).isGreaterThanOrEqualTo(from);
        assertThat(read.stream().filter(record -> record.offset() >= from && record.offset() < passed)).as(when).isEmpty();
    }
}
