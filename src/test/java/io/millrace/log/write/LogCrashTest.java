package io.millrace.log.write;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.log.CorruptLogException;
import io.millrace.log.FlushPolicy;
import io.millrace.log.LogObserver;
import io.millrace.record.Record;
import io.millrace.record.RecordBatch;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A process that appends is killed at random moments, again and again on the same files. */
class LogCrashTest {
    private static final int ROUNDS = Boolean.getBoolean("millrace.long") ? 200 : 6;
    /** Rounds on the same files, so that a check of all of them stays quick. */
    private static final int ROUNDS_ON_ONE_DIRECTORY = 6;
    private static final int MAX_ACKNOWLEDGED_A_ROUND = 1_500;
    private static final long SEED = 20_261_123L;

    private record Acknowledged(int partition, long baseOffset, int records, long checksum) {
        static Acknowledged parse(String line) {
            String[] fields = line.split(" ");
            return new Acknowledged(Integer.parseInt(fields[0]), Long.parseLong(fields[1]),
                    Integer.parseInt(fields[2]), Long.parseLong(fields[3]));
        }
    }

    @TempDir
    Path temporary;

    @ParameterizedTest
    @EnumSource(value = FlushPolicy.class, names = {"COMMIT", "OS"})
    void everyAcknowledgedAppendIsThereAfterTheWriterWasKilled(FlushPolicy flush) throws Exception {
        Random random = new Random(SEED + flush.ordinal());
        // half of the rounds for each policy
        for (int round = 0; round < ROUNDS / 2; round++) {
            int part = round / ROUNDS_ON_ONE_DIRECTORY;
            Path root = temporary.resolve(flush + "-" + part);
            if (round % ROUNDS_ON_ONE_DIRECTORY == 0) {
                acknowledged.clear();
            }
            acknowledged.addAll(appendUntilKilled(root, random, flush));
            assertAllAreThere(root, flush, "seed %d, round %d".formatted(SEED, round));
        }
    }

    @ParameterizedTest
    @EnumSource(value = FlushPolicy.class, names = {"COMMIT", "OS"})
    void everyKeyHasItsLastAcknowledgedValueAfterTheCleanerWasKilled(FlushPolicy flush) throws Exception {
        Random random = new Random(SEED * 3 + flush.ordinal());
        Map<String, Long> counts = new HashMap<>();
        Path root = temporary.resolve("compacted-" + flush);
        for (int round = 1; round <= ROUNDS / 2; round++) {
            long first = round * 10_000_000L;
            for (String line : linesUntilKilled(CompactingProcess.class, 100 + random.nextInt(2 * MAX_ACKNOWLEDGED_A_ROUND),
                    root.toString(), Long.toString(random.nextLong()), flush.name(), Long.toString(first))) {
                String[] fields = line.split(" ");
                counts.put(fields[0] + " " + fields[1], Long.parseLong(fields[2]));
            }
            assertLastValues(root, flush, counts, first, "seed %d, round %d".formatted(SEED, round));
        }
    }

    /** What was on its way when the process was killed may be there, too. */
    private static void assertLastValues(Path root, FlushPolicy flush, Map<String, Long> counts, long first, String round)
            throws Exception {
        List<CorruptLogException> damages = new CopyOnWriteArrayList<>();
        LogObserver observer = new LogObserver() {
            @Override
            public void damaged(CorruptLogException damage) {
                damages.add(damage);
            }
        };
        try (TestDirectory test = new TestDirectory(
                LogDirectory.open(root, AppendingProcess.options(), Clock.systemUTC(), observer))) {
            for (int partition = 0; partition < CompactingProcess.PARTITIONS; partition++) {
                Map<String, String> table = Compacted.table(Compacted.records(test.directory.openLog(AppendingProcess.TOPIC,
                        partition, AppendingProcess.TOPIC_ID, CompactingProcess.config(flush))));
                String of = partition + " ";
                counts.forEach((key, count) -> {
                    if (key.startsWith(of)) {
                        // Also what was not acknowledged any more: the next count, or the first one of this round.
                        String next = CompactingProcess.valueAt(count < first ? first : count + 1);
                        assertThat(table.get(key.substring(of.length()))).as("%s: %s", round, key).isIn(
                                CompactingProcess.valueAt(count), CompactingProcess.valueAt(count + 1), next);
                    }
                });
            }
        }
        assertThat(damages).as(round).isEmpty();
    }

    private final List<Acknowledged> acknowledged = new ArrayList<>();

    private static List<Acknowledged> appendUntilKilled(Path root, Random random, FlushPolicy flush)
            throws IOException, InterruptedException {
        return linesUntilKilled(AppendingProcess.class, 1 + random.nextInt(MAX_ACKNOWLEDGED_A_ROUND), root.toString(),
                Long.toString(random.nextLong()), flush.name()).stream().map(Acknowledged::parse).toList();
    }

    private static List<String> linesUntilKilled(Class<?> main, int enough, String... arguments)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx128m",
                "-cp", System.getProperty("java.class.path"), main.getName()));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
        List<String> lines = new ArrayList<>();
        try (BufferedReader out = process.inputReader()) {
            String line;
            while ((line = out.readLine()) != null) {
                lines.add(line);
                if (lines.size() == enough) {
                    // SIGKILL, through the handle: the process's own method would close the stream with what it printed
                    process.toHandle().destroyForcibly();
                }
            }
        } finally {
            process.destroyForcibly().waitFor();
        }
        assertThat(lines).as("the process ended by itself: see its error output").hasSizeGreaterThanOrEqualTo(enough);
        return lines;
    }

    private void assertAllAreThere(Path root, FlushPolicy flush, String round) {
        List<CorruptLogException> damages = new ArrayList<>();
        LogObserver observer = new LogObserver() {
            @Override
            public void damaged(CorruptLogException damage) {
                damages.add(damage);
            }
        };
        LogDirectory directory =
                LogDirectory.open(root, AppendingProcess.options(), Clock.systemUTC(), observer);
        Thread writer = new Thread(directory, "writer");
        writer.start();
        try {
            List<List<byte[]>> values = new ArrayList<>();
            for (int i = 0; i < AppendingProcess.PARTITIONS; i++) {
                values.add(readAll(directory.openLog(AppendingProcess.TOPIC, i, AppendingProcess.TOPIC_ID,
                        AppendingProcess.config(flush)), round));
            }
            assertThat(damages).as(round).isEmpty();
            for (Acknowledged append : acknowledged) {
                CRC32C checksum = new CRC32C();
                List<byte[]> partition = values.get(append.partition());
                assertThat((long) partition.size()).as("%s: %s", round, append)
                        .isGreaterThanOrEqualTo(append.baseOffset() + append.records());
                for (int i = 0; i < append.records(); i++) {
                    checksum.update(partition.get((int) append.baseOffset() + i));
                }
                assertThat(checksum.getValue()).as("%s: %s", round, append).isEqualTo(append.checksum());
            }
        } finally {
            directory.close();
        }
    }

    /** All values of a log; the index is the offset. */
    private static List<byte[]> readAll(PartitionLog log, String round) {
        List<byte[]> values = new ArrayList<>();
        while (values.size() < log.logEndOffset()) {
            for (RecordBatch batch : RecordBatch.in(log.read(values.size(), log.logEndOffset(), 1 << 20))) {
                for (Iterator<Record> records = batch.records(); records.hasNext(); ) {
                    Record record = records.next();
                    assertThat(record.offset()).as(round).isEqualTo(values.size());
                    ByteBuffer value = record.value();
                    byte[] bytes = new byte[value.remaining()];
                    value.get(bytes);
                    values.add(bytes);
                }
            }
        }
        return values;
    }
}
