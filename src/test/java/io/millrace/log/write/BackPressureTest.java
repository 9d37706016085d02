package io.millrace.log.write;

import static io.millrace.log.write.Batches.batch;
import static io.millrace.log.write.Batches.sized;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.log.AppendResult;
import io.millrace.log.FlushPolicy;
import io.millrace.log.LogObserver;
import io.millrace.log.LogQueueFullException;
import io.millrace.log.SettableClock;
import io.millrace.log.file.FileAccess;
import io.millrace.log.file.TestFiles;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BackPressureTest {
    @TempDir
    Path root;

    private LogDirectory withoutWriter(long maxBytes, int maxAppends) {
        return LogDirectory.open(root, new LogDirectory.Options(maxBytes, maxAppends, 1000), new SettableClock(0),
            LogObserver.NONE);
    }

    private static PartitionLog log(LogDirectory directory) {
        return directory.openLog("orders", 0, TestDirectory.TOPIC_ID, TestDirectory.CONFIG);
    }

    @Test
    void overTheBoundOfAppendsOneIsRefusedAtOnceAndLeavesNoTrace() {
        CompletableFuture<AppendResult> second;
        try (LogDirectory directory = withoutWriter(1 << 20, 2)) {
            PartitionLog log = log(directory);
            directory.append(log, List.of(batch(1, "a")), 0);
            second = directory.append(log, List.of(batch(1, "b")), 0);
            assertThatThrownBy(() -> directory.append(log, List.of(batch(1, "c")), 0))
                .isInstanceOf(LogQueueFullException.class).hasMessageContaining("try again");
            assertThat(directory.queuedAppends()).isEqualTo(2);
            assertThat(directory.queuedBytes()).isEqualTo(2L * batch(1, "a").remaining());
        }
        assertThat(second.join().baseOffset()).isEqualTo(1);
        try (LogDirectory directory = withoutWriter(1 << 20, 2)) {
            assertThat(log(directory).logEndOffset()).isEqualTo(2);
        }
    }

    @Test
    void overTheBoundOfBytesOneIsRefused() {
        int size = sized(1, 1000).remaining();
        try (LogDirectory directory = withoutWriter(2L * size, 100)) {
            PartitionLog log = log(directory);
            directory.append(log, List.of(sized(1, 1000)), 0);
            directory.append(log, List.of(sized(1, 1000)), 0);
            assertThatThrownBy(() -> directory.append(log, List.of(batch(1, "c")), 0))
                .isInstanceOf(LogQueueFullException.class);
        }
    }

    @Test
    void anAppendLargerThanTheBoundIsTakenWhenItIsAlone() {
        try (TestDirectory test = new TestDirectory(root, new SettableClock(0), LogObserver.NONE, FileAccess.DISK,
                new LogDirectory.Options(100, 10, 1000))) {
            PartitionLog log = test.log();
            assertThat(test.append(log, sized(1, 5000)).baseOffset()).isZero();
            assertThat(test.append(log, sized(1, 5000)).baseOffset()).isEqualTo(1);
        }
    }

    @Test
    void whatIsBeingWrittenCountsUntilItIsDone() {
        TestFiles files = new TestFiles();
        try (TestDirectory test = new TestDirectory(root, new SettableClock(0), LogObserver.NONE, files,
                new LogDirectory.Options(1 << 20, 1, 1000))) {
            PartitionLog log = test.log();
            int forces = files.logForces.get();
            CountDownLatch gate = new CountDownLatch(1);
            files.forceGate = gate;
            CompletableFuture<AppendResult> first = test.directory.append(log, List.of(batch(1, "a")), 0);
            while (files.logForces.get() == forces) {
                Thread.onSpinWait();
            }
            assertThat(test.directory.queuedAppends()).isEqualTo(1);
            assertThatThrownBy(() -> test.directory.append(log, List.of(batch(1, "b")), 0))
                .isInstanceOf(LogQueueFullException.class);
            gate.countDown();
            first.join();
            assertThat(test.directory.queuedAppends()).isZero();
            assertThat(test.directory.queuedBytes()).isZero();
            assertThat(test.append(log, batch(1, "b")).baseOffset()).isEqualTo(1);
        }
    }

    @Test
    void whoeverIsToldOfAnAppendFindsItsPlaceInTheQueueFree() {
        try (TestDirectory test = new TestDirectory(root, new SettableClock(0), LogObserver.NONE, FileAccess.DISK,
                new LogDirectory.Options(1 << 20, 1, 1000))) {
            PartitionLog log = test.log(TestDirectory.flush(FlushPolicy.OS));
            for (int i = 0; i < 500; i++) {
                assertThat(test.append(log, batch(1, "v")).baseOffset()).isEqualTo(i);
            }
        }
    }
}
