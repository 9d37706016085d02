package io.millrace.log.write;

import io.millrace.log.Cleanup;
import io.millrace.log.Compaction;
import io.millrace.log.FlushPolicy;
import io.millrace.log.LogConfig;
import io.millrace.log.LogObserver;
import io.millrace.record.Codec;
import io.millrace.record.RecordBatchBuilder;
import io.millrace.record.TimestampType;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/**
 * A process to be killed: counts up keys of compacted logs until it dies, while these are compacted without a pause, and
 * prints a line for each acknowledged append, {@code partition key count}. Each key is counted by one thread; every seventh
 * count deletes it.
 */
final class CompactingProcess {
    static final int PARTITIONS = 2;
    private static final int PRODUCERS = 3;
    private static final int KEYS = 40;
    private static final int DELETION = 7;

    private CompactingProcess() {
    }

    /** Small segments and short-lived tombstones, so that something is replaced at any moment. */
    static LogConfig config(FlushPolicy flush) {
        return new LogConfig(8 * 1024, Long.MAX_VALUE, -1, -1, 512, TimestampType.CREATE_TIME, flush,
            new Cleanup(false, Optional.of(new Compaction(0.01, 0, Long.MAX_VALUE, 20))));
    }

    /** What a key holds after a count, or null. */
    static String valueAt(long count) {
        return count % DELETION == 0 ? null : Long.toString(count);
    }

    public static void main(String[] args) throws InterruptedException {
        Path root = Path.of(args[0]);
        long seed = Long.parseLong(args[1]);
        FlushPolicy flush = FlushPolicy.valueOf(args[2]);
        long first = Long.parseLong(args[3]);
        LogDirectory directory = LogDirectory.open(root, AppendingProcess.options(), Clock.systemUTC(), LogObserver.NONE);
        Thread writer = new Thread(directory, "writer");
        writer.start();
        PartitionLog[] logs = new PartitionLog[PARTITIONS];
        for (int i = 0; i < PARTITIONS; i++) {
            logs[i] = directory.openLog(AppendingProcess.TOPIC, i, AppendingProcess.TOPIC_ID, config(flush));
        }
        new Thread(new LogCleaner(List.of(directory), new LogCleaner.Options(4_000, 1 << 20, Long.MAX_VALUE, 1), Clock.systemUTC()),
            "cleaner").start();
        for (int i = 0; i < PRODUCERS; i++) {
            Random random = new Random(seed * 31 + i);
            int producer = i;
            new Thread(() -> countForever(directory, logs, producer, first, random, System.out), "producer-" + i).start();
        }
        writer.join();
        throw new IllegalStateException("the writer ended", directory.failure());
    }

    private static void countForever(LogDirectory directory, PartitionLog[] logs, int producer, long first, Random random,
                                     PrintStream out) {
        long[][] counts = new long[PARTITIONS][KEYS];
        while (true) {
            int partition = random.nextInt(PARTITIONS);
            int number = random.nextInt(KEYS);
            String key = producer + "/" + number;
            long count = first + counts[partition][number]++;
            RecordBatchBuilder builder = new RecordBatchBuilder(Codec.values()[random.nextInt(2)]);
            builder.append(System.currentTimeMillis(), Compacted.utf8(key), Compacted.utf8(valueAt(count)), List.of());
            directory.append(logs[partition], List.of(builder.build()), 0).join();
            synchronized (out) {
                out.print("%d %s %d%n".formatted(partition, key, count));
                out.flush();
            }
        }
    }
}
