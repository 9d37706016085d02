package io.millrace.log.write;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.log.FlushPolicy;
import io.millrace.log.LogConfig;
import io.millrace.record.Codec;
import io.millrace.record.Header;
import io.millrace.record.RecordBatchBuilder;
import io.millrace.record.TimestampType;
import java.io.File;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The judge from outside: Kafka's own segment dumper, which exits with 0 whatever it finds, so that its text counts.
 */
@Timeout(300)
class SegmentDumperTest {
    private static final int BATCHES = 200;

    @TempDir
    Path root;

    private void fill(Codec codec) {
        LogConfig config = new LogConfig(1 << 20, Long.MAX_VALUE, -1, -1, 500, TimestampType.CREATE_TIME,
            FlushPolicy.COMMIT);
        try (TestDirectory test = new TestDirectory(root)) {
            PartitionLog log = test.log(config);
            for (int i = 0; i < BATCHES; i++) {
                if (i == BATCHES / 2) {
                    log.reconfigure(new LogConfig(1 << 20, Long.MAX_VALUE, -1, -1, 500, TimestampType.LOG_APPEND_TIME,
                        FlushPolicy.COMMIT));
                }
                RecordBatchBuilder builder = new RecordBatchBuilder(codec);
                builder.append(1000 + i, utf8("key" + i), utf8("value" + i), List.of(new Header("h", utf8("x"))));
                builder.append(990 + i, null, null, List.of());
                builder.append(995 + i, utf8(""), utf8(""), List.of());
                test.append(log, builder.build());
            }
        }
    }

    private static ByteBuffer utf8(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    private static String dump(String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", System.getProperty("java.class.path"),
            "org.apache.kafka.tools.DumpLogSegments"));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        return output;
    }

    @ParameterizedTest
    @EnumSource(Codec.class)
    void theDumperReadsEveryRecord(Codec codec) throws Exception {
        fill(codec);
        File log = TestDirectory.segment(root, 0, ".log").toFile();
        String records = dump("--deep-iteration", "--print-data-log", "--files", log.getPath());
        assertThat(records).contains("magic: 2").doesNotContain("isvalid: false").doesNotContain("invalid bytes")
            .doesNotContain("Exception");
        assertThat(records.lines().filter(line -> line.contains("isvalid: true"))).hasSize(BATCHES);
        assertThat(records.lines().filter(line -> line.contains("sequence: -1 headerKeys:"))).hasSize(3 * BATCHES);
        assertThat(records).contains("offset: 597 ").contains("key: key199 payload: value199")
            .contains("compresscodec: " + codec.codecName());
    }

    @ParameterizedTest
    @EnumSource(Codec.class)
    void theDumperReadsWhatCompactionLeaves(Codec codec) throws Exception {
        try (TestDirectory test = new TestDirectory(root)) {
            PartitionLog log = test.log(Compacted.config(1 << 20));
            for (int i = 0; i < 60; i++) {
                test.append(log, Compacted.batch(codec, 1_000 + i, "key" + i % 7, "value" + i, "gone" + i / 30, "x", "deleted",
                    null));
            }
            log.reconfigure(Compacted.config(100));
            test.append(log, Compacted.batch(codec, 2_000, "z", "end"));
            Compacted.clean(test, log, 5_000);
            assertThat(Compacted.records(log)).hasSizeLessThan(15);
        }
        File log = TestDirectory.segment(root, 0, ".log").toFile();
        String records = dump("--deep-iteration", "--print-data-log", "--files", log.getPath());
        assertThat(records).contains("magic: 2").doesNotContain("isvalid: false").doesNotContain("invalid bytes")
            .doesNotContain("Exception");
        assertThat(records).contains("count: 0").contains("deleteHorizonMs: OptionalLong[15000]")
            .contains("payload: value59").doesNotContain("payload: value3 ");
        String index = TestDirectory.segment(root, 0, ".index").toFile() + "," + TestDirectory.segment(root, 0, ".timeindex");
        assertThat(dump("--index-sanity-check", "--files", index)).contains("passed sanity check.");
    }

    @Test
    void theDumperReadsTheSnapshotsOfProducers() throws Exception {
        try (TestDirectory test = new TestDirectory(root)) {
            PartitionLog log = test.log(TestDirectory.segmentBytes(400));
            for (int i = 0; i < 10; i++) {
                test.append(log, Sequenced.batch(1_000_000_007L, 3, 2 * i, 2));
                test.append(log, Sequenced.batch(8, 0, i, 1));
            }
        }
        String last = dump("--files", TestDirectory.segment(root, 30, ".snapshot").toString());
        assertThat(last).doesNotContain("Exception").doesNotContain("corrupt").doesNotContain("Corrupt");
        assertThat(last.lines().filter(line -> line.contains("producerId: "))).containsExactlyInAnyOrder(
            "producerId: 1000000007 producerEpoch: 3 coordinatorEpoch: -1 currentTxnFirstOffset: OptionalLong.empty lastTimestamp: 1000"
                + " firstSequence: 18 lastSequence: 19 lastOffset: 28 offsetDelta: 1 timestamp: 1000",
            "producerId: 8 producerEpoch: 0 coordinatorEpoch: -1 currentTxnFirstOffset: OptionalLong.empty lastTimestamp: 1000"
                + " firstSequence: 9 lastSequence: 9 lastOffset: 29 offsetDelta: 0 timestamp: 1000");
        Files.write(TestDirectory.segment(root, 30, ".snapshot"), new byte[50]);
        assertThat(dump("--files", TestDirectory.segment(root, 30, ".snapshot").toString()))
            .as("the dumper looks at it").doesNotContain("producerId: ");
    }

    @Test
    void theDumperFindsTheIndexesRight() throws Exception {
        fill(Codec.NONE);
        File index = TestDirectory.segment(root, 0, ".index").toFile();
        File times = TestDirectory.segment(root, 0, ".timeindex").toFile();
        assertThat(index.length()).isPositive();
        assertThat(times.length()).isPositive();
        String sanity = dump("--index-sanity-check", "--files", index.getPath() + "," + times.getPath());
        assertThat(sanity).contains(index.getName() + " passed sanity check.")
            .contains(times.getName() + " passed sanity check.");
        String entries = dump("--verify-index-only", "--files", index.getPath() + "," + times.getPath());
        assertThat(entries).doesNotContain("mismatch").doesNotContain("Mismatch").doesNotContain("out of order")
            .doesNotContain("not found").doesNotContain("Exception");
    }
}
