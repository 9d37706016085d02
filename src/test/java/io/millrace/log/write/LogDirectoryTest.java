package io.millrace.log.write;

import static io.millrace.log.write.Batches.allValues;
import static io.millrace.log.write.Batches.batch;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.log.AppendResult;
import io.millrace.log.FlushPolicy;
import io.millrace.log.LogDirectoryOfflineException;
import io.millrace.log.LogObserver;
import io.millrace.log.SettableClock;
import io.millrace.log.file.OpenFiles;
import io.millrace.log.file.TestFiles;
import io.millrace.log.segment.LogFolder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class LogDirectoryTest {
    @TempDir
    Path root;

    private LogDirectory withoutWriter() {
        return LogDirectory.open(root, TestDirectory.OPTIONS, new SettableClock(0), LogObserver.NONE);
    }

    @Test
    void aSecondUserIsToldThatTheDirectoryIsInUse() {
        try (LogDirectory first = withoutWriter()) {
            assertThatThrownBy(this::withoutWriter).isInstanceOf(IllegalStateException.class)
                .hasMessageContaining(root.toString()).hasMessageContaining("in use")
                .hasMessageContaining("Stop that server");
            assertThat(first.failure()).isNull();
        }
        withoutWriter().close();
    }

    @Test
    @Timeout(60)
    void aSecondProcessIsToldThatTheDirectoryIsInUse() throws Exception {
        try (LogDirectory first = withoutWriter()) {
            Process other = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp", System.getProperty("java.class.path"), OpensDirectory.class.getName(), root.toString())
                .redirectErrorStream(true).start();
            String output = new String(other.getInputStream().readAllBytes());
            assertThat(other.waitFor()).isNotZero();
            assertThat(output).contains("in use by another server");
            assertThat(first.root()).isEqualTo(root);
        }
    }

    /** The second process. */
    static final class OpensDirectory {
        private OpensDirectory() {
        }

        public static void main(String[] args) {
            LogDirectory.open(Path.of(args[0]), TestDirectory.OPTIONS, new SettableClock(0), LogObserver.NONE).close();
        }
    }

    @Test
    void aFolderThatCannotBeMadeIsToldWithItsName() throws Exception {
        Path file = Files.writeString(root.resolve("file"), "x");
        assertThatThrownBy(() -> LogDirectory.open(file, TestDirectory.OPTIONS, new SettableClock(0), LogObserver.NONE))
            .isInstanceOf(LogDirectoryOfflineException.class).hasMessageContaining(file.toString());
    }

    @Test
    @Timeout(60)
    void closeWithoutAWriterDoesWhatWaitsAndARunAfterwardsReturnsAtOnce() {
        LogDirectory directory = withoutWriter();
        PartitionLog log = directory.openLog("orders", 0, TestDirectory.TOPIC_ID, TestDirectory.CONFIG);
        CompletableFuture<AppendResult> waiting = directory.append(log, List.of(batch(1, "a")), 0);
        directory.close();
        assertThat(waiting.join().baseOffset()).isZero();
        directory.run();
        directory.close();
        assertThatThrownBy(() -> directory.append(log, List.of(batch(1, "b")), 0))
            .isInstanceOf(LogDirectoryOfflineException.class).hasMessageContaining("closed");
        assertThatThrownBy(() -> directory.openLog("more", 0, UUID.randomUUID(), TestDirectory.CONFIG))
            .isInstanceOf(LogDirectoryOfflineException.class);
        assertThatThrownBy(() -> log.read(0, Long.MAX_VALUE, 100)).isInstanceOf(IllegalStateException.class);
        assertThat(log.logEndOffset()).isEqualTo(1);
    }

    @Test
    void whatWasQueuedBeforeTheCloseIsWritten() {
        CompletableFuture<AppendResult> last = null;
        try (TestDirectory test = new TestDirectory(root)) {
            PartitionLog log = test.log();
            for (int i = 0; i < 100; i++) {
                last = test.directory.append(log, List.of(batch(1, "v" + i)), 0);
            }
        }
        assertThat(last.join().baseOffset()).isEqualTo(99);
        try (TestDirectory test = new TestDirectory(root)) {
            assertThat(allValues(test.log(), 0)).hasSize(100);
        }
    }

    @Test
    void aCleanCloseMovesTheRecoveryPointToTheEndAndTheNextOpenForcesNothing() throws Exception {
        try (TestDirectory test = new TestDirectory(root)) {
            PartitionLog log = test.log(TestDirectory.flush(FlushPolicy.OS));
            test.append(log, batch(1, "a", "b", "c"));
        }
        assertThat(new LogFolder(root.resolve("orders-0"), new OpenFiles(10)).recoveryPoint()
            .read(SmallFilesTest::unexpected).offset()).isEqualTo(3);
        TestFiles files = new TestFiles();
        try (TestDirectory test = new TestDirectory(root, files)) {
            assertThat(test.log().logEndOffset()).isEqualTo(3);
        }
        assertThat(files.logForces).hasValue(0);
        assertThat(files.logWrites).hasValue(0);
    }

    @Test
    void onlyOneWriterAndOnlyOneUserOfALog() {
        try (TestDirectory test = new TestDirectory(root)) {
            PartitionLog log = test.log();
            test.append(log, batch(1, "a"));
            assertThatThrownBy(test.directory::run).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(test::log).isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("open already");
        }
    }

    @Test
    void theWriterCannotCloseItsOwnDirectory() {
        TestFiles files = new TestFiles();
        try (TestDirectory test = new TestDirectory(root, files)) {
            PartitionLog log = test.log();
            CountDownLatch gate = new CountDownLatch(1);
            files.forceGate = gate;
            CompletableFuture<Void> closed = test.directory.append(log, List.of(batch(1, "a")), 0)
                .thenAccept(result -> test.directory.close());
            gate.countDown();
            assertThatThrownBy(closed::join).hasCauseInstanceOf(IllegalStateException.class);
            assertThat(test.append(log, batch(1, "b")).baseOffset()).isEqualTo(1);
        }
    }

    @Test
    void aLogOfAnotherTopicIdIsNotOpened() {
        try (TestDirectory test = new TestDirectory(root)) {
            test.log();
        }
        UUID other = UUID.randomUUID();
        try (TestDirectory test = new TestDirectory(root)) {
            assertThatThrownBy(() -> test.directory.openLog("orders", 0, other, TestDirectory.CONFIG))
                .isInstanceOf(IllegalStateException.class).hasMessageContaining(TestDirectory.TOPIC_ID.toString())
                .hasMessageContaining(other.toString());
            assertThat(test.directory.failure()).isNull();
        }
        assertThat(root.resolve("orders-0/partition.metadata"))
            .hasContent("version: 0\ntopic_id: " + TestDirectory.TOPIC_ID + "\n");
    }

    @Test
    void noNameLeadsOutOfTheDirectory() {
        try (TestDirectory test = new TestDirectory(root)) {
            for (String name : List.of("", ".", "..", "../x", "a/b", "a\\b", "a\0b", "ä", "x".repeat(250))) {
                assertThatThrownBy(() -> test.directory.openLog(name, 0, UUID.randomUUID(), TestDirectory.CONFIG))
                    .isInstanceOf(IllegalArgumentException.class);
            }
            assertThatThrownBy(() -> test.directory.openLog("a", -1, UUID.randomUUID(), TestDirectory.CONFIG))
                .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void foldersThatAreNoLogsAreLeftAlone() throws Exception {
        for (String name : List.of("notes", "a-b", "orders-01", "orders-99999999999", "-1", "lost+found")) {
            Files.createDirectories(root.resolve(name));
        }
        try (TestDirectory test = new TestDirectory(root)) {
            test.directory.openLog("my-topic.x", 12, TestDirectory.TOPIC_ID, TestDirectory.CONFIG);
            assertThat(test.directory.found())
                .containsExactly(new LogDirectory.Found("my-topic.x", 12, TestDirectory.TOPIC_ID));
        }
        assertThat(root.resolve("lost+found")).exists();
    }

    @Test
    @Timeout(60)
    void anInterruptWhileItWaitsDoesNotEndTheWriter() throws Exception {
        LogDirectory directory = withoutWriter();
        Thread writer = new Thread(directory, "log-writer");
        writer.start();
        PartitionLog log = directory.openLog("orders", 0, TestDirectory.TOPIC_ID, TestDirectory.CONFIG);
        directory.append(log, List.of(batch(1, "a")), 0).join();
        while (writer.getState() != Thread.State.TIMED_WAITING) {
            Thread.onSpinWait();
        }
        writer.interrupt();
        assertThat(directory.append(log, List.of(batch(1, "b")), 0).get(30, TimeUnit.SECONDS).baseOffset())
            .isEqualTo(1);
        directory.close();
        writer.join();
        assertThat(directory.failure()).isNull();
    }

    @Test
    void anInterruptedThreadStillClosesEverything() throws Exception {
        TestDirectory test = new TestDirectory(root);
        PartitionLog log = test.log();
        test.append(log, batch(1, "a"));
        Thread.currentThread().interrupt();
        test.directory.close();
        assertThat(Thread.interrupted()).isTrue();
        assertThat(test.directory.failure()).isNull();
        assertThat(new LogFolder(root.resolve("orders-0"), new OpenFiles(10)).recoveryPoint()
            .read(SmallFilesTest::unexpected).offset()).isEqualTo(1);
    }
}
