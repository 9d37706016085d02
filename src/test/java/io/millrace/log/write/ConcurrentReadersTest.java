package io.millrace.log.write;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.log.AppendResult;
import io.millrace.log.FlushPolicy;
import io.millrace.log.LogConfig;
import io.millrace.log.OffsetOutOfRangeException;
import io.millrace.record.Record;
import io.millrace.record.TimestampType;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Readers, producers and deletions at the same time. */
@Timeout(120)
class ConcurrentReadersTest {
    private static final int APPENDS = 3000;
    private static final LogConfig CONFIG = new LogConfig(5000, Long.MAX_VALUE, -1, -1, 300,
        TimestampType.CREATE_TIME, FlushPolicy.OS);

    @TempDir
    Path root;

    /** The value of a record is its offset, so that whatever is read proves itself. */
    private static long produce(TestDirectory test, PartitionLog log, Random random) {
        long next = 0;
        List<CompletableFuture<AppendResult>> inFlight = new ArrayList<>();
        for (int i = 0; i < APPENDS; i++) {
            String[] values = new String[1 + random.nextInt(5)];
            for (int j = 0; j < values.length; j++) {
                values[j] = Long.toString(next++);
            }
            inFlight.add(test.directory.append(log, List.of(Batches.batch(next, values)), 0));
            if (random.nextInt(20) == 0) {
                inFlight.forEach(CompletableFuture::join);
                inFlight.clear();
            }
        }
        inFlight.forEach(CompletableFuture::join);
        return next;
    }

    @Test
    void readersSeeEveryRecordOnceInOrderWhileProducersWriteAndSegmentsAreDeleted() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try (TestDirectory test = new TestDirectory(root)) {
            PartitionLog log = test.log(CONFIG);
            Future<Long> producer = threads.submit(() -> produce(test, log, new Random(1)));
            List<Future<Long>> readers = new ArrayList<>();
            for (int seed = 0; seed < 3; seed++) {
                boolean deletes = seed == 0;
                readers.add(threads.submit(reader(test, log, producer, new Random(seed), deletes)));
            }
            long end = producer.get();
            for (Future<Long> reader : readers) {
                assertThat(reader.get()).isEqualTo(end);
            }
            assertThat(log.logEndOffset()).isEqualTo(end);
        } finally {
            threads.shutdownNow();
            assertThat(threads.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
        }
    }

    /** Reads to the end and behind; goes on at the log's start when that passed it by. */
    private static Callable<Long> reader(TestDirectory test, PartitionLog log, Future<Long> producer, Random random,
                                         boolean deletes) {
        return () -> {
            long offset = 0;
            while (!producer.isDone() || offset < log.logEndOffset()) {
                try {
                    ByteBuffer batches = log.read(offset, Long.MAX_VALUE, 1 + random.nextInt(3000));
                    for (Record record : Batches.records(batches)) {
                        assertThat(Batches.text(record.value())).isEqualTo(Long.toString(record.offset()));
                        if (record.offset() >= offset) {
                            assertThat(record.offset()).isEqualTo(offset);
                            offset++;
                        }
                    }
                } catch (OffsetOutOfRangeException e) {
                    assertThat(e.logStartOffset()).isGreaterThan(offset);
                    offset = e.logStartOffset();
                }
                if (deletes && random.nextInt(50) == 0) {
                    test.directory.deleteRecordsBefore(log, offset).join();
                }
                if (random.nextInt(20) == 0) {
                    log.offsetForTimestamp(random.nextInt(10_000)).ifPresent(found ->
                        assertThat(found.offset()).isGreaterThanOrEqualTo(0));
                }
            }
            return offset;
        };
    }

    @Test
    void readersOfALogThatIsCutOffSeeNoDamage() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(2);
        try (TestDirectory test = new TestDirectory(root)) {
            PartitionLog log = test.log(CONFIG);
            Random random = new Random(5);
            Future<?> writer = threads.submit(() -> {
                for (int i = 0; i < 300; i++) {
                    for (int j = 0; j < 10; j++) {
                        long next = log.logEndOffset();
                        test.append(log, Batches.batch(1, Long.toString(next), Long.toString(next + 1)));
                    }
                    test.directory.truncateTo(log, log.logEndOffset() - random.nextInt(15)).join();
                }
            });
            Random reads = new Random(6);
            while (!writer.isDone()) {
                long end = log.logEndOffset();
                long offset = Math.max(0, end - reads.nextInt(20));
                try {
                    for (Record record : Batches.records(log.read(offset, Long.MAX_VALUE, 500))) {
                        assertThat(Batches.text(record.value())).isEqualTo(Long.toString(record.offset()));
                    }
                } catch (OffsetOutOfRangeException e) {
                    assertThat(e.logEndOffset()).isLessThan(offset);
                }
            }
            writer.get();
        } finally {
            threads.shutdownNow();
            assertThat(threads.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
        }
    }
}
