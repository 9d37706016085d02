package io.millrace.log.write;

import static io.millrace.log.write.Batches.allValues;
import static io.millrace.log.write.Batches.batch;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.log.AppendResult;
import io.millrace.log.LogDirectoryOfflineException;
import io.millrace.log.LogObserver;
import io.millrace.log.SettableClock;
import io.millrace.log.file.OpenFiles;
import io.millrace.log.file.TestFiles;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Disks that fail; for those that are only full see {@link FullDiskTest}. */
class OfflineTest {
    @TempDir
    Path root;

    private final TestFiles files = new TestFiles();

    private void assertOffline(TestDirectory test, PartitionLog log) {
        assertThat(test.directory.failure()).isNotNull().hasMessageContaining(root.toString())
            .hasMessageContaining("for the test").hasMessageContaining("free space").hasMessageContaining("restart");
        assertThatThrownBy(() -> test.directory.append(log, List.of(batch(1, "later")), 0))
            .isInstanceOf(LogDirectoryOfflineException.class);
        assertThatThrownBy(() -> test.directory.applyRetention()).isInstanceOf(LogDirectoryOfflineException.class);
        assertThatThrownBy(() -> test.directory.openLog("more", 0, TestDirectory.TOPIC_ID, TestDirectory.CONFIG))
            .isInstanceOf(LogDirectoryOfflineException.class);
    }

    @Test
    void afterAFailedForceNothingIsCommittedNothingForcedAgainAndWhatWasPublishedIsRead() {
        try (TestDirectory test = new TestDirectory(root, files)) {
            PartitionLog log = test.log();
            test.append(log, batch(1, "good"));
            int forces = files.logForces.get();
            files.forcesFail = true;
            assertThatThrownBy(() -> test.append(log, batch(1, "bad")))
                .hasCauseInstanceOf(LogDirectoryOfflineException.class);
            files.forcesFail = false;
            assertOffline(test, log);
            assertThat(log.durableEndOffset()).isEqualTo(1);
            assertThat(log.highWatermark()).isEqualTo(1);
            assertThat(allValues(log, 0)).startsWith("good");
            test.close();
            assertThat(files.logForces).as("a failed force is never tried again").hasValue(forces + 1);
        }
    }

    @Test
    void whatWaitsBehindAFailedForceFailsToo() {
        try (TestDirectory test = new TestDirectory(root, files)) {
            PartitionLog log = test.log();
            int forces = files.logForces.get();
            CountDownLatch gate = new CountDownLatch(1);
            files.forceGate = gate;
            CompletableFuture<AppendResult> first = test.directory.append(log, List.of(batch(1, "a")), 0);
            while (files.logForces.get() == forces) {
                Thread.onSpinWait();
            }
            CompletableFuture<AppendResult> second = test.directory.append(log, List.of(batch(1, "b")), 0);
            CompletableFuture<Void> third = test.directory.applyRetention();
            files.forcesFail = true;
            gate.countDown();
            for (CompletableFuture<?> each : List.of(first, second, third)) {
                assertThatThrownBy(each::join).hasCauseInstanceOf(LogDirectoryOfflineException.class);
            }
            assertThat(log.durableEndOffset()).isZero();
            assertThat(log.logEndOffset()).as("what waited was not written").isEqualTo(1);
        }
    }

    @Test
    void aSegmentThatCannotBeCreatedTakesTheDirectoryOffline() {
        try (TestDirectory test = new TestDirectory(root, files)) {
            PartitionLog log = test.log(TestDirectory.segmentBytes(100));
            test.append(log, batch(1, "good"));
            files.opensFail = true;
            assertThatThrownBy(() -> test.append(log, batch(1, "bad")))
                .hasCauseInstanceOf(LogDirectoryOfflineException.class);
            files.opensFail = false;
            assertOffline(test, log);
            assertThat(allValues(log, 0)).containsExactly("good");
        }
        try (TestDirectory test = new TestDirectory(root, files)) {
            assertThat(allValues(test.log(), 0)).containsExactly("good");
        }
    }

    @Test
    void aLogThatCannotBeOpenedDoesNotTakeItsNeighboursOffline() {
        try (TestDirectory test = new TestDirectory(root, files)) {
            PartitionLog log = test.log();
            files.opensFail = true;
            assertThatThrownBy(() -> test.directory.openLog("more", 0, TestDirectory.TOPIC_ID, TestDirectory.CONFIG))
                .isInstanceOf(LogDirectoryOfflineException.class).hasMessageContaining("cannot be opened");
            files.opensFail = false;
            assertThat(test.directory.failure()).isNull();
            test.append(log, batch(1, "still"));
            assertThat(allValues(log, 0)).containsExactly("still");
        }
    }

    @Test
    void withoutAWriterAFailureFailsWhatWaits() {
        LogDirectory directory = LogDirectory.open(root, TestDirectory.OPTIONS, new SettableClock(0), LogObserver.NONE,
            new OpenFiles(files, 500));
        try (directory) {
            PartitionLog log = directory.openLog("orders", 0, TestDirectory.TOPIC_ID, TestDirectory.CONFIG);
            CompletableFuture<AppendResult> waiting = directory.append(log, List.of(batch(1, "a")), 0);
            files.forcesFail = true;
            directory.close();
            assertThatThrownBy(waiting::join).hasCauseInstanceOf(LogDirectoryOfflineException.class);
        }
    }
}
