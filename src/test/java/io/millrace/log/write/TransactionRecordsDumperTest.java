package io.millrace.log.write;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.metadata.TopicPartition;
import io.millrace.record.Codec;
import io.millrace.record.RecordBatchBuilder;
import io.millrace.transaction.records.TransactionKey;
import io.millrace.transaction.records.TransactionRecordCodec;
import io.millrace.transaction.state.ProducerIdAndEpoch;
import io.millrace.transaction.state.Transaction;
import io.millrace.transaction.state.TransactionResult;
import io.millrace.transaction.state.Transitions;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The judge from outside: Kafka's segment dumper prints transactions of a log of ours. */
@Timeout(300)
class TransactionRecordsDumperTest {
    private static final TransactionKey KEY = new TransactionKey.Id("transfer-1");

    @TempDir
    Path root;

    private final TransactionRecordCodec codec = new TransactionRecordCodec();
    private final RecordBatchBuilder batch = new RecordBatchBuilder(Codec.NONE);

    private void append(TransactionKey key, Transaction value) {
        batch.append(1_000, codec.writeKey(key), value == null ? null : codec.writeValue(key, value), List.of());
    }

    private String dump() throws Exception {
        Process process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-cp",
            System.getProperty("java.class.path"), "org.apache.kafka.tools.DumpLogSegments", "--transaction-log-decoder", "--files",
            TestDirectory.segment(root, 0, ".log").toString(), "--print-data-log").redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        return output;
    }

    @Test
    void theDumperPrintsEachStateOfATransaction() throws Exception {
        Transaction empty = Transitions.init(null, 60_000, OptionalLong.of(42), 1_700_000_000_000L).next();
        Transaction ongoing = Transitions.addPartitions(empty, empty.producer(), List.of(new TopicPartition("orders", 2),
            new TopicPartition("orders", 0), new TopicPartition("bills", 1)), 100, 1_700_000_001_000L).next();
        Transaction prepared = Transitions.prepare(ongoing, ongoing.producer(), "1.YQ.Yg", OptionalLong.empty(), 1_700_000_002_000L).next();
        Transaction decided = Transitions.end(prepared, prepared.producer(), TransactionResult.COMMIT, OptionalLong.empty(),
            1_700_000_003_000L).next();
        Transaction completed = Transitions.complete(decided, decided.producer(), 1_700_000_004_000L).next();
        Transaction rotating = new Transaction(new ProducerIdAndEpoch(42, Short.MAX_VALUE), 42, 99, 60_000, decided.state(),
            decided.partitions(), 1_700_000_003_000L, 1_700_000_001_000L);
        List.of(empty, ongoing, prepared, decided, completed, rotating).forEach(each -> append(KEY, each));
        append(KEY, null);
        try (TestDirectory test = new TestDirectory(root)) {
            test.append(test.log(), batch.build());
        }
        List<String> records = dump().lines().filter(line -> line.startsWith("| offset: ")).toList();
        assertThat(records).hasSize(7).allMatch(line -> line.contains("\"transactionalId\":\"transfer-1\""));
        assertThat(records.get(0)).contains("\"producerId\":42", "\"producerEpoch\":0", "\"transactionTimeoutMs\":60000",
            "\"transactionStatus\":0", "\"transactionPartitions\":null", "\"transactionLastUpdateTimestampMs\":1700000000000",
            "\"transactionStartTimestampMs\":-1");
        assertThat(records.get(1)).contains("\"transactionStatus\":1", "\"transactionPartitions\":[{\"topic\":\"bills\",\"partitionIds\":[1]},"
            + "{\"topic\":\"orders\",\"partitionIds\":[0,2]}]", "\"transactionStartTimestampMs\":1700000001000");
        assertThat(records.get(2)).contains("\"transactionStatus\":1", "\"transactionTimeoutMs\":2147483647");
        assertThat(records.get(3)).contains("\"transactionStatus\":2", "\"producerEpoch\":1", "\"transactionTimeoutMs\":60000");
        assertThat(records.get(4)).contains("\"transactionStatus\":4", "\"transactionPartitions\":[]", "\"producerEpoch\":1");
        assertThat(records.get(5)).contains("\"producerEpoch\":32767", "\"previousProducerId\":42", "\"nextProducerId\":99");
        assertThat(records.get(6)).contains("payload: <DELETE>");
    }
}
