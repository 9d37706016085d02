package io.millrace.log.write;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The judge from outside, as {@link SegmentDumperTest}: Kafka's dumper reads markers and the index of aborted transactions. */
@Timeout(120)
class TransactionDumperTest {
    @TempDir
    Path root;

    private String dump(String suffix) throws Exception {
        Process process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-cp",
            System.getProperty("java.class.path"), "org.apache.kafka.tools.DumpLogSegments", "--deep-iteration",
            "--print-data-log", "--files", TestDirectory.segment(root, 0, suffix).toString()).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        return output;
    }

    @Test
    void theDumperReadsMarkersAndAbortedTransactions() throws Exception {
        try (TestDirectory test = new TestDirectory(root)) {
            PartitionLog log = test.log();
            TransactionalLog written = new TransactionalLog(log, batch -> test.append(log, batch));
            written.write(7, "a");
            written.write(8, "b");
            written.abort(7);
            written.commit(8);
        }
        String records = dump(".log");
        assertThat(records).doesNotContain("isvalid: false").doesNotContain("Exception")
            .contains("isControl: true").contains("endTxnMarker: ABORT coordinatorEpoch: 1")
            .contains("endTxnMarker: COMMIT coordinatorEpoch: 1");
        assertThat(dump(".txnindex")).contains("producerId: 7 firstOffset: 0 lastOffset: 2 lastStableOffset: 1");
    }

    @Test
    void theDumperReadsMarkersThatWaitForTheirEndAndWhatIsLeftOfAnIndex() throws Exception {
        try (TestDirectory test = new TestDirectory(root)) {
            PartitionLog log = test.log(Compacted.config(500));
            TransactionalLog written = new TransactionalLog(log, batch -> test.append(log, batch));
            written.put(7, "a", "1");
            written.abort(7);
            written.put(7, "b", "1");
            written.commit(7);
            test.append(log, Compacted.batch(1, "c", "x".repeat(500)));
            test.append(log, Compacted.batch(1, "d", "x"));
            Compacted.clean(test, log, 1_000);
        }
        assertThat(dump(".log")).doesNotContain("isvalid: false").doesNotContain("Exception")
            .contains("deleteHorizonMs: OptionalLong[11000]").contains("endTxnMarker: ABORT coordinatorEpoch: 1")
            .contains("endTxnMarker: COMMIT coordinatorEpoch: 1");
        assertThat(dump(".txnindex")).contains("producerId: 7 firstOffset: 0 lastOffset: 1 lastStableOffset: 2");
        try (TestDirectory test = new TestDirectory(root)) {
            PartitionLog log = test.log(Compacted.config(500));
            Compacted.clean(test, log, 11_000);
        }
        assertThat(dump(".log")).doesNotContain("isvalid: false").doesNotContain("Exception").doesNotContain("ABORT")
            .contains("endTxnMarker: COMMIT coordinatorEpoch: 1");
        assertThat(dump(".txnindex")).doesNotContain("Exception").doesNotContain("producerId");
    }
}
