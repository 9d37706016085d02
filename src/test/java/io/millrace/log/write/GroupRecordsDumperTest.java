package io.millrace.log.write;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.group.delivery.KeptPositions;
import io.millrace.group.membership.ConsumerConfig;
import io.millrace.group.membership.GroupMember;
import io.millrace.group.membership.Incarnation;
import io.millrace.group.offsets.CommittedOffset;
import io.millrace.group.offsets.Position;
import io.millrace.group.records.GroupKey;
import io.millrace.group.records.GroupRecordCodec;
import io.millrace.group.records.GroupValue;
import io.millrace.record.Codec;
import io.millrace.record.RecordBatchBuilder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeMap;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The judge from outside: Kafka's segment dumper prints the committed offsets of a log of ours. */
@Timeout(300)
class GroupRecordsDumperTest {
    private static final UUID TOPIC_ID = new UUID(0x6f1b2c3d00004000L, 0x8000000000000001L);

    @TempDir
    Path root;

    private final GroupRecordCodec codec = new GroupRecordCodec();
    private final RecordBatchBuilder batch = new RecordBatchBuilder(Codec.NONE);

    private void append(GroupKey key, GroupValue value) {
        batch.append(1_000, codec.writeKey(key), value == null ? null : codec.writeValue(key, value), List.of());
    }

    private String dump() throws Exception {
        Process process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-cp",
            System.getProperty("java.class.path"), "org.apache.kafka.tools.DumpLogSegments", "--offsets-decoder", "--files",
            TestDirectory.segment(root, 0, ".log").toString(), "--print-data-log").redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        return output;
    }

    @Test
    void theDumperPrintsOffsetsAndPassesOverTheRestOfAGroup() throws Exception {
        append(new GroupKey.Metadata("shippers"), new GroupValue.Metadata(1, "sticky", 2, 3, new TreeMap<>(), new TreeMap<>()));
        append(new GroupKey.Member("shippers", "worker-1"), new GroupValue.Member(GroupMember.created("worker-1",
            Incarnation.UNKNOWN, ConsumerConfig.DEFAULT, 1), KeptPositions.NONE.of("worker-1")));
        append(new GroupKey.Offset("shippers", "orders", 7), new GroupValue.Offset(TOPIC_ID,
            new CommittedOffset(new Position(4_242, 5), 1_700_000_000_000L, "noted")));
        append(new GroupKey.Offset("shippers", "orders", 8), null);
        try (TestDirectory test = new TestDirectory(root)) {
            test.append(test.log(), batch.build());
        }
        List<String> records = dump().lines().filter(line -> line.startsWith("| offset: ")).toList();
        assertThat(records).hasSize(4);
        assertThat(records.get(0)).contains("Unknown record type 1001 at offset 0, skipping.").doesNotContain("payload: {");
        assertThat(records.get(1)).contains("Unknown record type 1002 at offset 1, skipping.").doesNotContain("payload: {");
        assertThat(records.get(2))
            .contains("key: {\"type\":\"1\",\"data\":{\"group\":\"shippers\",\"topic\":\"orders\",\"partition\":7}}")
            .contains("payload: {\"version\":\"4\",\"data\":{\"offset\":4242,\"leaderEpoch\":5,\"metadata\":\"noted\","
                + "\"commitTimestamp\":1700000000000,\"topicId\":\"bxssPQAAQACAAAAAAAAAAQ\"}}");
        assertThat(records.get(3)).contains("\"partition\":8}}").contains("payload: <DELETE>");
    }
}
