package io.millrace.log.write;

import static io.millrace.log.write.Batches.allValues;
import static io.millrace.log.write.Batches.batch;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.log.AppendResult;
import io.millrace.log.FencedLeaderEpochException;
import io.millrace.log.file.TestFiles;
import io.millrace.record.RecordBatch;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Appends of a leader that was replaced between its look at its role and the queue of the log. */
class EpochFloorTest {
    @TempDir
    Path root;

    private final TestFiles files = new TestFiles();
    private TestDirectory test;
    private PartitionLog log;

    @BeforeEach
    void open() {
        test = new TestDirectory(root, files);
        log = test.log();
    }

    @AfterEach
    void close() {
        test.close();
    }

    /** A leader that looks at its epoch first, and queues then. */
    private final class Leader {
        private int epoch;
        private Runnable betweenCheckAndQueue = () -> { };

        private CompletableFuture<AppendResult> append(String value) {
            int checked = epoch;
            betweenCheckAndQueue.run();
            return test.directory.append(log, List.of(batch(1, value)), checked);
        }

        /** Another broker leads from the next epoch on, and its log parted from this one at an offset. */
        private void demote(long offset) {
            epoch++;
            log.raiseEpochFloor(epoch);
            test.directory.truncateTo(log, offset);
        }
    }

    private static void assertFenced(CompletableFuture<AppendResult> append) {
        assertThatThrownBy(append::join).hasCauseInstanceOf(FencedLeaderEpochException.class)
            .hasMessageContaining("topic orders, partition 0");
    }

    @Test
    void anAppendThatWasCheckedBeforeADemotionAndQueuedAfterItDoesNotReachTheLog() {
        Leader leader = new Leader();
        leader.append("a").join();
        leader.append("diverged").join();
        leader.betweenCheckAndQueue = () -> leader.demote(1);
        assertFenced(leader.append("late"));
        assertThat(allValues(log, 0)).containsExactly("a");
        assertThat(log.logEndOffset()).isEqualTo(1);
        assertThat(replicated(1, 1, 1).join().baseOffset()).isEqualTo(1);
    }

    @Test
    void whatWasFetchedFromAnOlderLeaderIsRefusedAndOlderBatchesOfTheNewOneAreNot() {
        log.raiseEpochFloor(5);
        assertFenced(replicated(0, 3, 4));
        assertThat(replicated(0, 3, 5).join().baseOffset()).isZero();
        assertThat(replicated(1, 4, 6).join().baseOffset()).isEqualTo(1);
        assertThat(log.epochOfLastRecord()).isEqualTo(4);
    }

    private CompletableFuture<AppendResult> replicated(long offset, int batchEpoch, int leaderEpoch) {
        ByteBuffer bytes = batch(1, "r");
        RecordBatch.at(bytes).assign(offset, batchEpoch);
        return test.directory.appendReplicated(log, bytes, leaderEpoch);
    }

    @Test
    void whatWasQueuedBeforeTheFloorRoseIsWritten() {
        files.forceGate = new CountDownLatch(1);
        CompletableFuture<AppendResult> first = test.directory.append(log, List.of(batch(1, "a")), 1);
        CompletableFuture<AppendResult> second = test.directory.append(log, List.of(batch(1, "b")), 1);
        log.raiseEpochFloor(2);
        CompletableFuture<AppendResult> third = test.directory.append(log, List.of(batch(1, "c")), 1);
        CompletableFuture<AppendResult> fourth = test.directory.append(log, List.of(batch(1, "d")), 2);
        files.forceGate.countDown();
        assertThat(first.join().baseOffset()).isZero();
        assertThat(second.join().baseOffset()).isEqualTo(1);
        assertFenced(third);
        assertThat(fourth.join().baseOffset()).isEqualTo(2);
    }

    @Test
    void whatCameBeforeAndAfterItRoseSharesAForce() {
        files.forceGate = new CountDownLatch(1);
        int forces = files.logForces.get();
        CompletableFuture<AppendResult> first = test.directory.append(log, List.of(batch(1, "a")), 1);
        while (files.logForces.get() == forces) {
            Thread.onSpinWait();
        }
        test.directory.append(log, List.of(batch(1, "b")), 1);
        log.raiseEpochFloor(2);
        CompletableFuture<AppendResult> last = test.directory.append(log, List.of(batch(1, "c")), 2);
        files.forceGate.countDown();
        first.join();
        assertThat(last.join().baseOffset()).isEqualTo(2);
        assertThat(files.logForces).as("one for the first, one for the two that waited").hasValue(forces + 2);
    }

    @Test
    void itNeverGoesBack() {
        log.raiseEpochFloor(5);
        log.raiseEpochFloor(2);
        assertFenced(test.directory.append(log, List.of(batch(1, "a")), 4));
    }

    @Test
    void anOpenedLogBeginsWithItsNewestEpochOrThePartitions() {
        test.directory.append(log, List.of(batch(1, "a")), 3).join();
        test.close();
        open();
        assertFenced(test.directory.append(log, List.of(batch(1, "b")), 2));
        test.directory.truncateTo(log, 0).join();
        assertFenced(test.directory.append(log, List.of(batch(1, "b")), 2));
        test.close();
        test = new TestDirectory(root, files);
        log = test.directory.openLog("orders", 0, TestDirectory.TOPIC_ID, TestDirectory.CONFIG, 7);
        assertFenced(test.directory.append(log, List.of(batch(1, "b")), 6));
        assertThat(test.directory.append(log, List.of(batch(1, "b")), 7).join().baseOffset()).isZero();
    }

    @Test
    void itRisesAlsoWhileTheDiskIsFull() {
        files.room = 10;
        assertThatThrownBy(() -> test.append(log, batch(1, "a")));
        log.raiseEpochFloor(3);
        files.room = Long.MAX_VALUE;
        while (test.directory.failure() != null) {
            Thread.onSpinWait();
        }
        assertFenced(test.directory.append(log, List.of(batch(1, "b")), 2));
    }

    @Test
    void afterACloseNothingIsAppendedAnyway() {
        test.close();
        log.raiseEpochFloor(3);
    }
}
