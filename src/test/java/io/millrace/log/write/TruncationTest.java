package io.millrace.log.write;

import static io.millrace.log.write.Batches.allValues;
import static io.millrace.log.write.Batches.batch;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.log.FlushPolicy;
import io.millrace.log.LogConfig;
import io.millrace.log.OffsetAndTimestamp;
import io.millrace.log.OffsetOutOfRangeException;
import io.millrace.record.TimestampType;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TruncationTest {
    private static final LogConfig CONFIG = new LogConfig(1000, Long.MAX_VALUE, -1, -1, 100,
        TimestampType.CREATE_TIME, FlushPolicy.COMMIT);

    @TempDir
    Path root;

    private TestDirectory test;

    @BeforeEach
    void open() {
        test = new TestDirectory(root);
    }

    @AfterEach
    void close() {
        test.close();
    }

    private PartitionLog fill(int batches) {
        PartitionLog log = test.log(CONFIG);
        for (int i = 0; i < batches; i++) {
            test.append(log, batch(i, "v" + i));
        }
        return log;
    }

    @Test
    void aLogIsCutAtAnyOffsetAndGoesOnFromThere() {
        List<String> expected = new ArrayList<>();
        PartitionLog log = fill(60);
        assertThat(log.segmentCount()).isGreaterThan(4);
        for (int end : new int[] {59, 45, 44, 20, 3, 0}) {
            assertThat(test.directory.truncateTo(log, end).join()).isEqualTo(end);
            assertThat(log.logEndOffset()).isEqualTo(end);
            expected.clear();
            for (int i = 0; i < end; i++) {
                expected.add("v" + i);
            }
            assertThat(allValues(log, 0)).isEqualTo(expected);
            assertThat(log.offsetForTimestamp(end)).isEmpty();
            assertThat(test.append(log, batch(1000, "new")).baseOffset()).isEqualTo(end);
            assertThat(log.offsetForTimestamp(1000)).hasValue(new OffsetAndTimestamp(end, 1000));
            test.close();
            open();
            log = test.log(CONFIG);
            expected.add("new");
            assertThat(allValues(log, 0)).isEqualTo(expected);
        }
    }

    @Test
    void aBatchThatReachesOverTheOffsetGoesAsAWhole() {
        PartitionLog log = test.log(CONFIG);
        test.append(log, batch(1, "a"));
        test.append(log, batch(1, "b", "c", "d"));
        assertThat(test.directory.truncateTo(log, 3).join()).isEqualTo(1);
        assertThat(allValues(log, 0)).containsExactly("a");
    }

    @Test
    void anOffsetAtOrBehindTheEndChangesNothing() {
        PartitionLog log = fill(5);
        assertThat(test.directory.truncateTo(log, 5).join()).isEqualTo(5);
        assertThat(test.directory.truncateTo(log, 500).join()).isEqualTo(5);
        assertThat(allValues(log, 0)).hasSize(5);
    }

    @Test
    void anOffsetBeforeTheLogsStartIsRefused() {
        PartitionLog log = fill(5);
        test.directory.deleteRecordsBefore(log, 3).join();
        assertThatThrownBy(() -> test.directory.truncateTo(log, 2).join())
            .hasCauseInstanceOf(OffsetOutOfRangeException.class);
        assertThat(test.directory.truncateTo(log, 3).join()).isEqualTo(3);
    }

    @Test
    void leaderEpochsThatBeganInWhatIsGoneAreForgotten() {
        PartitionLog log = test.log(CONFIG);
        for (int epoch = 1; epoch <= 3; epoch++) {
            test.directory.append(log, List.of(batch(1, "v")), epoch).join();
        }
        test.directory.truncateTo(log, 1).join();
        assertThat(root.resolve("orders-0/leader-epoch-checkpoint")).content().startsWith("0\n1\n1 0\n");
        assertThat(test.directory.append(log, List.of(batch(1, "v")), 1).join().baseOffset()).isEqualTo(1);
    }

    @Test
    void whatWasCutOffIsNotThereAfterACrashEither() {
        PartitionLog log = fill(60);
        test.directory.truncateTo(log, 31).join();
        Path crashed = TestDirectory.copy(root, root.resolveSibling(root.getFileName() + "-crashed"));
        try (TestDirectory again = new TestDirectory(crashed)) {
            assertThat(again.log(CONFIG).logEndOffset()).isEqualTo(31);
        }
    }

    @Test
    void aTimestampIsFoundAfterACutAlsoWhereItsIndexEntryWasOnItsWayIntoTheFile() {
        PartitionLog log = test.log(new LogConfig(1 << 20, Long.MAX_VALUE, -1, -1, 1, TimestampType.CREATE_TIME,
            FlushPolicy.COMMIT));
        for (int i = 0; i < 120; i++) {
            test.append(log, batch(i < 40 ? 1000 + i : 5, "v" + i)); // more of the one index than of the other
        }
        test.directory.truncateTo(log, 110).join();

        assertThat(log.offsetForTimestamp(1030)).contains(new OffsetAndTimestamp(30, 1030));
        test.append(log, batch(1035, "again"));
        assertThat(log.offsetForTimestamp(1036)).contains(new OffsetAndTimestamp(36, 1036));
    }
}
