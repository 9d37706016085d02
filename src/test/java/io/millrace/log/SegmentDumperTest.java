package io.millrace.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.log.record.Codec;
import io.millrace.log.record.Header;
import io.millrace.log.record.RecordBatchBuilder;
import io.millrace.log.record.TimestampType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The field's own segment dumper reads our files. Its exit code is 0 whatever it finds, so what it prints is judged.
 */
class SegmentDumperTest {
    private static final int BATCHES = 300;
    private static final int RECORDS_A_BATCH = 10;
    private static final Pattern BATCH_LINE = Pattern.compile("baseOffset: (\\d+) lastOffset: (\\d+) count: (\\d+)");

    @TempDir
    Path root;

    @ParameterizedTest
    @EnumSource(Codec.class)
    void theFieldsDumperFindsEveryBatchValid(Codec codec) throws Exception {
        Path folder = write(codec);
        long offset = 0;
        for (Path segment : files(folder, ".log")) {
            String dump = dump("--deep-iteration", "--print-data-log", "--files", segment.toString());
            assertThat(dump).contains("magic: 2").doesNotContain("isvalid: false").doesNotContain("invalid bytes");
            Matcher batch = BATCH_LINE.matcher(dump);
            while (batch.find()) {
                assertThat(Long.parseLong(batch.group(1))).isEqualTo(offset);
                assertThat(Integer.parseInt(batch.group(3))).isEqualTo(RECORDS_A_BATCH);
                offset = Long.parseLong(batch.group(2)) + 1;
            }
            assertThat(dump).contains("payload: value of record").contains("headerKeys: [trace]")
                    .contains("compresscodec: " + codec.name().toLowerCase(java.util.Locale.ROOT));
        }
        assertThat(offset).isEqualTo((long) BATCHES * RECORDS_A_BATCH);
    }

    @Test
    void theFieldsDumperFindsTheIndexesSane() throws Exception {
        Path folder = write(Codec.NONE);
        List<Path> indexes = files(folder, ".index");
        assertThat(indexes).hasSizeGreaterThan(2);
        for (Path index : indexes) {
            assertThat(dump("--index-sanity-check", "--files", index.toString())).contains("passed sanity check");
        }
        for (Path index : files(folder, ".timeindex")) {
            String dump = dump("--files", index.toString());
            assertThat(dump).doesNotContain("Found timestamp mismatch").doesNotContain("Found out of order")
                    .doesNotContain("Indexed offset");
        }
    }

    @Test
    void theFieldsDumperSeesAFlippedBit() throws Exception {
        Path segment = files(write(Codec.NONE), ".log").get(0);
        byte[] bytes = Files.readAllBytes(segment);
        bytes[bytes.length / 2] ^= 1;
        Files.write(segment, bytes);
        assertThat(dump("--deep-iteration", "--files", segment.toString()))
                .as("the judge of the other tests can say no").containsAnyOf("isvalid: false", "invalid");
    }

    private Path write(Codec codec) {
        LogConfig config = new LogConfig(32 * 1024, Long.MAX_VALUE, -1, -1, 1024, TimestampType.CREATE_TIME, FlushPolicy.OS);
        LogDirectory directory = LogDirectory.open(root, new LogDirectory.Options(1 << 20, 1000, 1000),
                Clock.systemUTC(), LogObserver.NONE);
        Thread writer = new Thread(directory, "writer");
        writer.start();
        try {
            PartitionLog log = directory.openLog("dumped", 0, new UUID(1, 1), config);
            for (int i = 0; i < BATCHES; i++) {
                RecordBatchBuilder builder = new RecordBatchBuilder(codec);
                for (int j = 0; j < RECORDS_A_BATCH; j++) {
                    builder.append(1_700_000_000_000L + i, utf8("key-" + j),
                            utf8("value of record " + (i * RECORDS_A_BATCH + j) + "-".repeat(i % 70)),
                            List.of(new Header("trace", utf8("t" + i))));
                }
                directory.append(log, List.of(builder.build()), 0).join();
            }
        } finally {
            directory.close();
        }
        return root.resolve("dumped-0");
    }

    private static List<Path> files(Path folder, String ending) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.toString().endsWith(ending)).sorted().toList();
        }
    }

    private static String dump(String... arguments) throws IOException, InterruptedException {
        List<String> command = Stream.concat(
                Stream.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx128m", "-cp",
                        System.getProperty("java.class.path"), "org.apache.kafka.tools.DumpLogSegments"),
                Stream.of(arguments)).toList();
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        return printed;
    }

    private static ByteBuffer utf8(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    }
}
