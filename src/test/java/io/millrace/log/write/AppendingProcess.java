package io.millrace.log.write;

import io.millrace.log.AppendResult;
import io.millrace.log.FlushPolicy;
import io.millrace.log.LogConfig;
import io.millrace.log.LogObserver;
import io.millrace.record.Codec;
import io.millrace.record.RecordBatchBuilder;
import io.millrace.record.TimestampType;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.zip.CRC32C;

/**
 * A process to be killed: appends to a log directory from several threads until it dies, and prints a line for each
 * acknowledged append, {@code partition baseOffset recordCount checksumOfValues}.
 */
final class AppendingProcess {
    static final String TOPIC = "crash";
    static final UUID TOPIC_ID = new UUID(7, 7);
    static final int PARTITIONS = 3;
    private static final int PRODUCERS = 4;

    private AppendingProcess() {
    }

    /** Small segments, so that rolls are under way when the process dies. */
    static LogConfig config(FlushPolicy flush) {
        return new LogConfig(64 * 1024, Long.MAX_VALUE, -1, -1, 1024, TimestampType.CREATE_TIME, flush);
    }

    static LogDirectory.Options options() {
        return new LogDirectory.Options(8 << 20, 1000, 10);
    }

    public static void main(String[] args) throws InterruptedException {
        Path root = Path.of(args[0]);
        long seed = Long.parseLong(args[1]);
        FlushPolicy flush = FlushPolicy.valueOf(args[2]);
        LogDirectory directory = LogDirectory.open(root, options(), Clock.systemUTC(), LogObserver.NONE);
        Thread writer = new Thread(directory, "writer");
        writer.start();
        PartitionLog[] logs = new PartitionLog[PARTITIONS];
        for (int i = 0; i < PARTITIONS; i++) {
            logs[i] = directory.openLog(TOPIC, i, TOPIC_ID, config(flush));
        }
        PrintStream acknowledged = System.out;
        for (int i = 0; i < PRODUCERS; i++) {
            Random random = new Random(seed * 31 + i);
            new Thread(() -> produceForever(directory, logs, random, acknowledged), "producer-" + i).start();
        }
        writer.join();
        throw new IllegalStateException("the writer ended", directory.failure());
    }

    private static void produceForever(LogDirectory directory, PartitionLog[] logs, Random random, PrintStream out) {
        while (true) {
            int partition = random.nextInt(logs.length);
            int records = 1 + random.nextInt(20);
            RecordBatchBuilder builder = new RecordBatchBuilder(Codec.values()[random.nextInt(2)]);
            CRC32C checksum = new CRC32C();
            for (int i = 0; i < records; i++) {
                byte[] value = new byte[random.nextInt(800)];
                random.nextBytes(value);
                checksum.update(value);
                builder.append(1_700_000_000_000L + i, null, ByteBuffer.wrap(value), List.of());
            }
            AppendResult result = directory.append(logs[partition], List.of(builder.build()), 0).join();
            String line = "%d %d %d %d%n".formatted(partition, result.baseOffset(), records, checksum.getValue());
            synchronized (out) {
                out.print(line);
                out.flush();
            }
        }
    }
}
