package io.millrace.log.write;

import static io.millrace.log.write.Batches.allValues;
import static io.millrace.log.write.Batches.batch;
import static io.millrace.log.write.Batches.offsets;
import static io.millrace.log.write.Batches.sized;
import static io.millrace.log.write.Batches.values;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.log.AppendResult;
import io.millrace.log.FlushPolicy;
import io.millrace.log.LogConfig;
import io.millrace.log.LogObserver;
import io.millrace.log.OffsetOutOfRangeException;
import io.millrace.log.SettableClock;
import io.millrace.log.file.TestFiles;
import io.millrace.record.RecordBatch;
import io.millrace.record.TimestampType;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AppendAndReadTest {
    @TempDir
    Path root;

    private final SettableClock clock = new SettableClock(5000);
    private final TestFiles files = new TestFiles();
    private TestDirectory test;

    @BeforeEach
    void open() {
        test = new TestDirectory(root, clock, LogObserver.NONE, files, TestDirectory.OPTIONS);
    }

    @AfterEach
    void close() {
        test.close();
    }

    @Test
    void offsetsAreConsecutiveOverBatchesAndAppends() {
        PartitionLog log = test.log();
        assertThat(test.append(log, batch(1, "a", "b"), batch(1, "c"))).isEqualTo(new AppendResult(0, 2, -1));
        assertThat(test.append(log, batch(2, "d"))).isEqualTo(new AppendResult(3, 3, -1));
        assertThat(log.logEndOffset()).isEqualTo(4);

        ByteBuffer read = log.read(0, Long.MAX_VALUE, 1 << 20);
        assertThat(offsets(read)).containsExactly(0L, 1L, 2L, 3L);
        assertThat(values(read)).containsExactly("a", "b", "c", "d");
        assertThat(RecordBatch.at(read).leaderEpoch()).isZero();
        assertThat(log.sizeInBytes()).isEqualTo(read.remaining());
    }

    @Test
    void oneBufferMayHoldSeveralBatches() {
        PartitionLog log = test.log();
        ByteBuffer first = batch(1, "a");
        ByteBuffer second = batch(1, "b", "c");
        ByteBuffer both = ByteBuffer.allocate(first.remaining() + second.remaining()).put(first).put(second).flip();
        assertThat(test.append(log, both).lastOffset()).isEqualTo(2);
        assertThat(allValues(log, 0)).containsExactly("a", "b", "c");
    }

    @Test
    void bytesThatAreNoWholeBatchAreRefusedAndNothingIsWritten() {
        PartitionLog log = test.log();
        ByteBuffer cut = batch(1, "a");
        cut.limit(cut.limit() - 1);
        assertThatThrownBy(() -> test.append(log, batch(1, "x"), cut)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> test.append(log)).isInstanceOf(IllegalArgumentException.class);
        assertThat(log.logEndOffset()).isZero();
        assertThat(test.append(log, batch(1, "b")).baseOffset()).isZero();
    }

    @Test
    void aReadBeginsWithTheBatchThatHoldsTheOffset() {
        PartitionLog log = test.log();
        test.append(log, batch(1, "a", "b", "c"));
        test.append(log, batch(1, "d", "e", "f"));
        assertThat(offsets(log.read(1, Long.MAX_VALUE, 1))).containsExactly(0L, 1L, 2L);
        assertThat(offsets(log.read(3, Long.MAX_VALUE, 1))).containsExactly(3L, 4L, 5L);
        assertThat(offsets(log.read(5, Long.MAX_VALUE, 1))).containsExactly(3L, 4L, 5L);
    }

    @Test
    void aReadTakesWholeBatchesUpToItsBoundAndAlwaysOne() {
        PartitionLog log = test.log();
        int size = sized(1, 1000).remaining();
        for (int i = 0; i < 10; i++) {
            test.append(log, sized(1, 1000));
        }
        assertThat(log.read(0, Long.MAX_VALUE, 0).remaining()).isEqualTo(size);
        assertThat(log.read(0, Long.MAX_VALUE, 2 * size - 1).remaining()).isEqualTo(size);
        assertThat(log.read(0, Long.MAX_VALUE, 2 * size).remaining()).isEqualTo(2 * size);
        ByteBuffer tail = log.read(9, Long.MAX_VALUE, 1 << 20);
        assertThat(tail.remaining()).isEqualTo(size);
        assertThat(tail.hasArray()).isTrue();
        assertThat(tail.array()).as("no larger than what is there").hasSize(size);
    }

    @Test
    void aReadIntoTheCallersBufferLeavesItsMarksAndMakesNoOther() {
        PartitionLog log = test.log();
        test.append(log, batch(1, "a"), batch(1, "b"), batch(1, "c"));
        int size = batch(1, "a").remaining();
        for (ByteBuffer target : List.of(ByteBuffer.allocate(1000), ByteBuffer.allocateDirect(1000))) {
            target.position(7).limit(7 + 2 * size);
            ByteBuffer read = log.read(0, Long.MAX_VALUE, target);
            assertThat(values(read)).containsExactly("a", "b");
            assertThat(target.position()).isEqualTo(7);
            assertThat(target.limit()).isEqualTo(7 + 2 * size);
            assertThat(target.slice()).isEqualTo(read);
        }
        ByteBuffer tooSmall = ByteBuffer.allocate(size - 1);
        assertThat(values(log.read(1, Long.MAX_VALUE, tooSmall))).containsExactly("b");
    }

    @Test
    void nothingAtOrAboveTheGivenBoundIsHandedOut() {
        PartitionLog log = test.log();
        test.append(log, batch(1, "a", "b"));
        test.append(log, batch(1, "c", "d"));
        assertThat(values(log.read(0, 2, 1 << 20))).containsExactly("a", "b");
        assertThat(values(log.read(0, 3, 1 << 20))).containsExactly("a", "b");
        assertThat(log.read(2, 3, 1 << 20).hasRemaining()).isFalse();
        assertThat(log.read(2, 2, 1 << 20).hasRemaining()).isFalse();
    }

    @Test
    void aReadAtTheEndIsEmptyAndOneBehindItIsOutOfRange() {
        PartitionLog log = test.log();
        test.append(log, batch(1, "a"));
        assertThat(log.read(1, Long.MAX_VALUE, 100).hasRemaining()).isFalse();
        assertThatThrownBy(() -> log.read(2, Long.MAX_VALUE, 100)).isInstanceOf(OffsetOutOfRangeException.class)
            .hasMessageContaining("0 to 1");
        assertThatThrownBy(() -> log.read(-1, Long.MAX_VALUE, 100)).isInstanceOf(OffsetOutOfRangeException.class);
    }

    @Test
    void withLogAppendTimeTheLogsClockSetsTheTimestamps() {
        PartitionLog log = test.log(new LogConfig(1 << 20, Long.MAX_VALUE, -1, -1, 4096, TimestampType.LOG_APPEND_TIME,
            FlushPolicy.OS));
        assertThat(test.append(log, batch(1, "a")).logAppendTime()).isEqualTo(5000);
        assertThat(Batches.records(log.read(0, Long.MAX_VALUE, 100)).get(0).timestamp()).isEqualTo(5000);
    }

    @Test
    void everythingIsThereAfterTheDirectoryWasClosedAndOpened() {
        for (FlushPolicy policy : FlushPolicy.values()) {
            Path other = root.resolve(policy.name());
            try (TestDirectory first = new TestDirectory(other)) {
                PartitionLog log = first.log(TestDirectory.flush(policy));
                first.append(log, batch(1, "a", "b"));
                first.append(log, batch(1, "c"));
            }
            try (TestDirectory second = new TestDirectory(other)) {
                assertThat(second.directory.found())
                    .containsExactly(new LogDirectory.Found("orders", 0, TestDirectory.TOPIC_ID));
                PartitionLog log = second.log();
                assertThat(log.logEndOffset()).isEqualTo(3);
                second.append(log, batch(1, "d"));
                assertThat(allValues(log, 0)).containsExactly("a", "b", "c", "d");
            }
        }
    }

    @Test
    void writesThatTheSystemCutsShortAreContinued() {
        files.maxWrite = 7;
        PartitionLog log = test.log();
        test.append(log, batch(1, "a"), batch(1, "b"));
        assertThat(allValues(log, 0)).containsExactly("a", "b");
    }

    @Test
    void aDrainLargerThanTheGatheringBufferIsWrittenWhole() {
        PartitionLog log = test.log(TestDirectory.segmentBytes(1 << 30));
        ByteBuffer[] large = new ByteBuffer[5];
        for (int i = 0; i < large.length; i++) {
            large[i] = sized(1, 700_000);
        }
        test.append(log, large);
        assertThat(offsets(log.read(0, Long.MAX_VALUE, 10_000_000))).containsExactly(0L, 1L, 2L, 3L, 4L);
    }

    @Test
    void aBatchThatIsLargerThanASegmentGetsOneOfItsOwn() {
        PartitionLog log = test.log(TestDirectory.segmentBytes(500));
        test.append(log, batch(1, "a"));
        test.append(log, sized(1, 2000));
        test.append(log, batch(1, "b"));
        assertThat(log.segmentCount()).isEqualTo(3);
        assertThat(allValues(log, 0)).hasSize(3).startsWith("a").endsWith("b");
    }

    @Test
    void aReadEndsAtASegmentsEndAndTheNextOneGoesOnBehindIt() {
        PartitionLog log = test.log(TestDirectory.segmentBytes(200));
        List<String> expected = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            test.append(log, batch(1, "v" + i));
            expected.add("v" + i);
        }
        assertThat(log.segmentCount()).isGreaterThan(10);
        assertThat(log.read(0, Long.MAX_VALUE, 1 << 20).remaining()).isLessThanOrEqualTo(200);
        assertThat(allValues(log, 0)).isEqualTo(expected);
        test.close();
        try (TestDirectory again = new TestDirectory(root)) {
            assertThat(allValues(again.log(), 0)).isEqualTo(expected);
        }
    }

    @Test
    void anOutdatedLeaderEpochIsRefusedAlone() {
        PartitionLog log = test.log();
        test.directory.append(log, List.of(batch(1, "a")), 5).join();
        assertThatThrownBy(() -> test.directory.append(log, List.of(batch(1, "x")), 4).join())
            .hasCauseInstanceOf(IllegalArgumentException.class).hasMessageContaining("epoch 5");
        assertThat(test.directory.append(log, List.of(batch(1, "b")), 5).join().baseOffset()).isEqualTo(1);
        assertThat(root.resolve("orders-0/leader-epoch-checkpoint")).content().startsWith("0\n1\n5 0\n");
    }

    @Test
    void anInterruptedReaderDisturbsNoOneElse() {
        PartitionLog log = test.log();
        test.append(log, batch(1, "a"));
        Thread.currentThread().interrupt();
        assertThatThrownBy(() -> log.read(0, Long.MAX_VALUE, 100)).isInstanceOf(java.io.UncheckedIOException.class);
        assertThat(Thread.interrupted()).isTrue();
        assertThat(allValues(log, 0)).containsExactly("a");
        test.append(log, batch(1, "b"));
        assertThat(allValues(log, 0)).containsExactly("a", "b");
    }
}
