package io.millrace.log.write;

import static io.millrace.log.write.Batches.allValues;
import static io.millrace.log.write.Batches.batch;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.log.AppendResult;
import io.millrace.log.FlushPolicy;
import io.millrace.log.InvalidProducerEpochException;
import io.millrace.log.LogConfig;
import io.millrace.log.LogObserver;
import io.millrace.log.OutOfOrderSequenceException;
import io.millrace.log.ProducerCount;
import io.millrace.log.ProducerLimits;
import io.millrace.log.SettableClock;
import io.millrace.log.TooManyProducersException;
import io.millrace.log.file.FileAccess;
import io.millrace.log.file.TestFiles;
import io.millrace.record.TimestampType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Producers that send again what they have no answer for (KIP-98). */
class IdempotentAppendTest {
    private static final long PRODUCER = 7;

    @TempDir
    Path root;

    private final SettableClock clock = new SettableClock(100_000);

    private TestDirectory open() {
        return new TestDirectory(root.resolve("log"), clock);
    }

    private TestDirectory open(ProducerLimits limits) {
        return new TestDirectory(root.resolve("log"), clock, LogObserver.NONE, FileAccess.DISK,
            new LogDirectory.Options(1 << 24, 1_000, 60_000, 0, 60_000, limits));
    }

    private static AppendResult append(TestDirectory test, PartitionLog log, int sequence, int records) {
        return test.append(log, Sequenced.batch(PRODUCER, 0, sequence, records));
    }

    private static AppendResult repeated(AppendResult first) {
        return new AppendResult(first.baseOffset(), first.lastOffset(), first.logAppendTime(), true);
    }

    private static void assertOutOfOrder(TestDirectory test, PartitionLog log, ByteBuffer... batches) {
        long end = log.logEndOffset();
        assertThatThrownBy(() -> test.append(log, batches)).hasCauseInstanceOf(OutOfOrderSequenceException.class)
            .hasMessageContaining("producer " + PRODUCER).hasMessageContaining("topic orders, partition 0");
        assertThat(log.logEndOffset()).isEqualTo(end);
    }

    @Test
    void eachOfTheLastFiveAppendsIsAnsweredAgainAsTheFirstTimeAndNotWritten() {
        try (TestDirectory test = open()) {
            PartitionLog log = test.log();
            List<AppendResult> answers = new ArrayList<>();
            for (int i = 0; i < 6; i++) {
                answers.add(append(test, log, 2 * i, 2));
                test.append(log, batch(1, "of somebody else"));
            }
            for (int i = 1; i < 6; i++) {
                assertThat(append(test, log, 2 * i, 2)).isEqualTo(repeated(answers.get(i)));
            }
            assertThat(log.logEndOffset()).isEqualTo(18);
            assertOutOfOrder(test, log, Sequenced.batch(PRODUCER, 0, 0, 2));
            assertThat(append(test, log, 12, 1).baseOffset()).isEqualTo(18);
        }
    }

    @Test
    void whatIsSentAgainHasTheTimeThatTheLogGaveItFirst() {
        LogConfig config = new LogConfig(1 << 20, Long.MAX_VALUE, -1, -1, 4096, TimestampType.LOG_APPEND_TIME,
            FlushPolicy.COMMIT);
        try (TestDirectory test = open()) {
            PartitionLog log = test.log(config);
            AppendResult first = append(test, log, 0, 2);
            clock.advance(500);
            assertThat(append(test, log, 0, 2)).isEqualTo(repeated(first)).isEqualTo(new AppendResult(0, 1, 100_000, true));
        }
    }

    @Test
    void aGapAnOlderEpochAndANewEpochThatDoesNotBeginWithZeroAreRefused() {
        try (TestDirectory test = open()) {
            PartitionLog log = test.log();
            test.append(log, Sequenced.batch(PRODUCER, 3, 40, 2));
            assertOutOfOrder(test, log, Sequenced.batch(PRODUCER, 3, 43, 1));
            assertOutOfOrder(test, log, Sequenced.batch(PRODUCER, 3, 39, 1));
            assertOutOfOrder(test, log, Sequenced.batch(PRODUCER, 3, 41, 2));
            assertOutOfOrder(test, log, Sequenced.batch(PRODUCER, 4, 42, 1));
            assertThatThrownBy(() -> test.append(log, Sequenced.batch(PRODUCER, 2, 42, 1)))
                .hasCauseInstanceOf(InvalidProducerEpochException.class).hasMessageContaining("epoch 3 has begun");
            assertThat(test.append(log, Sequenced.batch(PRODUCER, 4, 0, 1)).baseOffset()).isEqualTo(2);
            assertThatThrownBy(() -> test.append(log, Sequenced.batch(PRODUCER, 3, 42, 1)))
                .hasCauseInstanceOf(InvalidProducerEpochException.class);
            assertThat(log.logEndOffset()).isEqualTo(3);
        }
    }

    @Test
    void whoIsNotKnownBeginsWithAnySequenceAndThatGoesOnBehindTheLargestWithZero() {
        try (TestDirectory test = open()) {
            PartitionLog log = test.log();
            assertThat(append(test, log, Integer.MAX_VALUE - 1, 2).baseOffset()).isZero();
            assertThat(append(test, log, 0, 1).baseOffset()).isEqualTo(2);
            assertThat(append(test, log, Integer.MAX_VALUE - 1, 2).baseOffset()).isZero();
            assertOutOfOrder(test, log, Sequenced.batch(PRODUCER, 0, 2, 1));
        }
    }

    @Test
    void batchesThatAreCountedAreAppendedOneAtATime() {
        try (TestDirectory test = open()) {
            PartitionLog log = test.log();
            append(test, log, 0, 3);
            assertOutOfOrder(test, log, Sequenced.batch(PRODUCER, 0, 3, 1), Sequenced.batch(PRODUCER, 0, 4, 1));
            assertOutOfOrder(test, log, Sequenced.batch(PRODUCER, 0, 0, 3), Sequenced.batch(PRODUCER, 0, 3, 1));
            assertOutOfOrder(test, log, Sequenced.batch(PRODUCER, 0, 3, 1), Sequenced.batch(8, 0, 4, 1));
            assertOutOfOrder(test, log, Sequenced.batch(PRODUCER, 0, 3, 1), batch(1, "of nobody"));
            assertThatThrownBy(() -> test.append(log, batch(1, "of nobody"), Sequenced.batch(8, 0, 0, 1)))
                .hasCauseInstanceOf(OutOfOrderSequenceException.class).hasMessageContaining("one at a time");
            assertThat(append(test, log, 3, 1).baseOffset()).isEqualTo(3);
        }
    }

    @Test
    void whereALeaderDiedInTheMiddleOfABatchItIsSentAgainAndOneThatCameWholeIsKnown() {
        for (boolean whole : new boolean[] {false, true}) {
            try (TestDirectory test = new TestDirectory(root.resolve("whole-" + whole), clock)) {
                PartitionLog log = test.log();
                append(test, log, 0, 3);
                long end = append(test, log, 3, 4).baseOffset() + (whole ? 4 : 2);
                test.directory.truncateTo(log, end).join();

                assertThat(append(test, log, 3, 4)).isEqualTo(new AppendResult(3, 6, -1, whole));
                assertThat(append(test, log, 7, 1).baseOffset()).isEqualTo(7);
                assertThat(allValues(log, 0)).containsExactly("0", "1", "2", "3", "4", "5", "6", "7");
            }
        }
    }

    @Test
    void whatWaitsTogetherForTheWriterIsFoundToBeTheSame() {
        LogDirectory directory = LogDirectory.open(root.resolve("log"), TestDirectory.OPTIONS, clock, LogObserver.NONE);
        try (directory) {
            PartitionLog log = directory.openLog("orders", 0, TestDirectory.TOPIC_ID, TestDirectory.CONFIG);
            List<CompletableFuture<AppendResult>> answers = new ArrayList<>();
            for (int sequence : new int[] {0, 0, 1, 0, 3, 1, 2}) {
                answers.add(directory.append(log, List.of(Sequenced.batch(PRODUCER, 0, sequence, 1)), 0));
            }
            directory.carryOutWaiting();

            assertThat(answers.get(4)).isCompletedExceptionally();
            answers.remove(4);
            assertThat(answers.stream().map(answer -> answer.join().baseOffset())).containsExactly(0L, 0L, 1L, 0L, 1L, 2L);
            assertThat(allValues(log, 0)).containsExactly("0", "1", "2");
        }
    }

    @Test
    void whatTheDiskRefusedIsNotThereWhenItIsSentAgain() {
        TestFiles files = new TestFiles();
        try (TestDirectory test = new TestDirectory(root.resolve("log"), clock, LogObserver.NONE, files,
                TestDirectory.OPTIONS)) {
            PartitionLog log = test.log();
            append(test, log, 0, 2);
            files.room = 10;
            assertThatThrownBy(() -> append(test, log, 2, 500)).hasMessageContaining("No space left");
            files.room = Long.MAX_VALUE;
            while (test.directory.failure() != null) {
                Thread.onSpinWait();
            }
            assertOutOfOrder(test, log, Sequenced.batch(PRODUCER, 0, 502, 1));
            assertThat(append(test, log, 2, 500).baseOffset()).isEqualTo(2);
            assertThat(append(test, log, 0, 2).baseOffset()).isZero();
        }
    }

    @Test
    void whatIsCutOffIsNotKnownAnyMoreAndWhatStaysIs() {
        for (int cut = 0; cut <= 30; cut++) {
            try (TestDirectory test = new TestDirectory(root.resolve("cut" + cut), clock)) {
                PartitionLog log = test.log(TestDirectory.segmentBytes(500));
                for (int i = 0; i < 15; i++) {
                    append(test, log, i, 1);
                    test.append(log, batch(1, "of somebody else"));
                }
                assertThat(test.directory.truncateTo(log, cut).join()).isEqualTo(cut);
                int next = (cut + 1) / 2;
                if (next > 0) {
                    assertOutOfOrder(test, log, Sequenced.batch(PRODUCER, 0, next + 1, 1));
                    assertThat(append(test, log, next - 1, 1).baseOffset()).isEqualTo(2L * next - 2);
                }
                assertThat(append(test, log, next, 1).baseOffset()).isEqualTo(cut);
                assertThat(append(test, log, next, 1).baseOffset()).isEqualTo(cut);
            }
        }
    }

    @Test
    void recordsThatAreDeletedMakeNoGap() {
        try (TestDirectory test = open()) {
            PartitionLog log = test.log(TestDirectory.segmentBytes(300));
            for (int i = 0; i < 20; i++) {
                append(test, log, i, 1);
            }
            for (int i = 0; i < 20; i++) {
                test.append(log, batch(1, "of somebody else"));
            }
            test.directory.deleteRecordsBefore(log, 38).join();
        }
        try (TestDirectory test = open()) {
            PartitionLog log = test.log(TestDirectory.segmentBytes(300));
            assertThat(append(test, log, 19, 1).baseOffset()).isEqualTo(19);
            assertOutOfOrder(test, log, Sequenced.batch(PRODUCER, 0, 21, 1));
            assertThat(append(test, log, 20, 1).baseOffset()).isEqualTo(40);
        }
    }

    @Test
    void whoWasSilentForLongIsForgottenAndBeginsAsItLikes() throws IOException {
        try (TestDirectory test = open(new ProducerLimits(5_000, 10))) {
            PartitionLog log = test.log();
            append(test, log, 0, 1);
            clock.advance(5_000);
            test.append(log, Sequenced.batch(8, 0, 0, 1));
            test.directory.applyRetention().join();
            assertThat(append(test, log, 0, 1).baseOffset()).isZero();
            clock.advance(1);
            test.directory.applyRetention().join();
            assertThat(append(test, log, 77, 1).baseOffset()).isEqualTo(2);
            assertThat(test.append(log, Sequenced.batch(8, 0, 0, 1)).baseOffset()).isEqualTo(1);
        }
    }

    @Test
    void ofTooManyProducersTheOneIsForgottenThatWasSilentForLongest() {
        try (TestDirectory test = open(new ProducerLimits(5_000, 2))) {
            PartitionLog log = test.log();
            for (int producer = 1; producer <= 3; producer++) {
                test.append(log, Sequenced.batch(producer, 0, 5, 1));
            }
            assertThat(test.append(log, Sequenced.batch(3, 0, 5, 1)).baseOffset()).isEqualTo(2);
            assertThat(test.append(log, Sequenced.batch(2, 0, 5, 1)).baseOffset()).isEqualTo(1);
            assertThat(test.append(log, Sequenced.batch(1, 0, 5, 1)).baseOffset()).isEqualTo(3);
        }
    }

    @Test
    void whereAllLogsKnowAsManyAsTheyMayTheirProducersGoOnAndNewOnesAreRefusedByLeaders() throws Exception {
        ProducerCount all = new ProducerCount(2);
        try (TestDirectory test = open(new ProducerLimits(5_000, 10, all))) {
            PartitionLog log = test.log();
            PartitionLog other = test.directory.openLog("bills", 0, TestDirectory.TOPIC_ID, TestDirectory.CONFIG);
            append(test, log, 0, 1);
            append(test, other, 0, 1);
            assertThat(all.known()).isEqualTo(2);
            assertThatThrownBy(() -> test.append(other, Sequenced.batch(8, 0, 0, 1)))
                .hasCauseInstanceOf(TooManyProducersException.class).hasMessageContaining("millrace.producers.max");
            assertThat(append(test, log, 1, 1).baseOffset()).isEqualTo(1);
            assertThat(test.append(log, batch(1, "of nobody")).baseOffset()).isEqualTo(2);

            PartitionLog follower = test.directory.openLog("copy", 0, TestDirectory.TOPIC_ID, TestDirectory.CONFIG);
            test.directory.appendReplicated(follower, log.read(0, Long.MAX_VALUE, 1_000), 0).join();
            assertThat(all.known()).isEqualTo(3);
            clock.advance(5_001);
            test.directory.applyRetention().join();
            assertThat(all.known()).isZero();
            assertThat(test.append(other, Sequenced.batch(8, 0, 0, 1)).baseOffset()).isEqualTo(1);
        }
        assertThat(all.known()).as("of logs that are closed").isZero();
    }

    @Test
    void whatIsCutOffOrReadAgainIsCountedAsItIs() throws Exception {
        ProducerCount all = new ProducerCount(10);
        try (TestDirectory test = open(new ProducerLimits(5_000, 10, all))) {
            PartitionLog log = test.log();
            append(test, log, 0, 1);
            test.append(log, Sequenced.batch(8, 0, 0, 1));
            test.directory.truncateTo(log, 1).join();
            assertThat(all.known()).isEqualTo(1);
        }
        try (TestDirectory test = open(new ProducerLimits(5_000, 10, all))) {
            test.log();
            assertThat(all.known()).isEqualTo(1);
        }
    }

    @Test
    void aFollowerTakesWhatComesAndKnowsWhatItsLeaderKnew() throws Exception {
        try (TestDirectory test = open()) {
            PartitionLog leader = test.log(Compacted.config(300));
            for (int i = 0; i < 20; i++) {
                append(test, leader, i, 1);
                test.append(leader, Sequenced.batch(8, 0, i, 1));
            }
            test.append(leader, Compacted.batch(1, "key" + PRODUCER, "newer", "key8", "newer"));
            test.append(leader, Sequenced.batch(9, 2, 4, 1));
            for (int i = 0; i < 5; i++) {
                test.append(leader, Compacted.batch(1, "last", "one"));
            }
            long end = leader.logEndOffset();
            Compacted.clean(test, leader, 5_000);
            assertThat(Compacted.records(leader)).hasSizeLessThan(15);
            PartitionLog follower = test.directory.openLog("copy", 0, TestDirectory.TOPIC_ID, Compacted.config(300));
            while (follower.logEndOffset() < leader.logEndOffset()) {
                test.directory.appendReplicated(follower, leader.read(follower.logEndOffset(), Long.MAX_VALUE, 200), 0).join();
            }
            for (PartitionLog log : List.of(leader, follower)) {
                assertThat(append(test, log, 19, 1).baseOffset()).isEqualTo(38);
                assertThat(test.append(log, Sequenced.batch(8, 0, 19, 1)).baseOffset()).isEqualTo(39);
                assertThat(test.append(log, Sequenced.batch(9, 2, 4, 1)).baseOffset()).isEqualTo(42);
                assertThatThrownBy(() -> append(test, log, 21, 1)).hasCauseInstanceOf(OutOfOrderSequenceException.class);
                assertThat(append(test, log, 20, 1).baseOffset()).isEqualTo(end);
            }
        }
    }
}
