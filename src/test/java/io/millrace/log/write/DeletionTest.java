package io.millrace.log.write;

import static io.millrace.log.write.Batches.allValues;
import static io.millrace.log.write.Batches.batch;
import static io.millrace.log.write.Batches.values;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.log.LogName;
import io.millrace.log.OffsetOutOfRangeException;
import io.millrace.log.file.OpenFiles;
import io.millrace.log.segment.LogFolder;
import io.millrace.log.segment.Segment;
import io.millrace.log.segment.SegmentReader;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DeletionTest {
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

    private PartitionLog logOf(int batches) {
        PartitionLog log = test.log(TestDirectory.segmentBytes(100));
        for (int i = 0; i < batches; i++) {
            test.append(log, batch(1, "a" + i, "b" + i));
        }
        return log;
    }

    @Test
    void recordsBeforeAnOffsetCannotBeReadAnyMoreAndWholeSegmentsAreGone() {
        PartitionLog log = logOf(4);
        assertThat(test.directory.deleteRecordsBefore(log, 5).join()).isEqualTo(5);
        assertThat(log.logStartOffset()).isEqualTo(5);
        assertThatThrownBy(() -> log.read(4, Long.MAX_VALUE, 100)).isInstanceOf(OffsetOutOfRangeException.class);
        assertThat(allValues(log, 5)).containsExactly("b2", "a3", "b3");
        assertThat(TestDirectory.segment(root, 2, ".log")).doesNotExist();
        assertThat(TestDirectory.segment(root, 4, ".log")).exists();
    }

    @Test
    void theLogsStartNeverMovesBackAndOutlivesARestart() {
        PartitionLog log = logOf(4);
        test.directory.deleteRecordsBefore(log, 5).join();
        assertThat(test.directory.deleteRecordsBefore(log, 3).join()).isEqualTo(5);
        test.close();
        open();
        assertThat(test.log().logStartOffset()).isEqualTo(5);
    }

    @Test
    void everythingCanBeDeletedAndNothingBehindTheEnd() {
        PartitionLog log = logOf(4);
        assertThatThrownBy(() -> test.directory.deleteRecordsBefore(log, 9).join())
            .hasCauseInstanceOf(OffsetOutOfRangeException.class);
        assertThatThrownBy(() -> test.directory.deleteRecordsBefore(log, -1).join())
            .hasCauseInstanceOf(OffsetOutOfRangeException.class);
        assertThat(test.directory.deleteRecordsBefore(log, 8).join()).isEqualTo(8);
        assertThat(log.read(8, Long.MAX_VALUE, 100).hasRemaining()).isFalse();
        assertThat(test.append(log, batch(1, "c")).baseOffset()).isEqualTo(8);
        test.close();
        open();
        assertThat(allValues(test.log(), 8)).containsExactly("c");
    }

    @Test
    void aCrashBetweenTheNewStartAndTheRemovalOfSegmentsIsFinishedAtTheNextOpen() throws Exception {
        logOf(4);
        test.close();
        new LogFolder(root.resolve("orders-0"), new OpenFiles(10)).logStartOffset().write(5);
        open();
        assertThat(allValues(test.log(), 5)).containsExactly("b2", "a3", "b3");
        assertThat(TestDirectory.segment(root, 0, ".log")).doesNotExist();
    }

    @Test
    void aSegmentThatAReaderHoldsCanBeReadAfterItsFilesWereDeleted() throws Exception {
        PartitionLog log = logOf(1);
        Segment held = Segment.open(new LogFolder(root.resolve("orders-0"), new OpenFiles(10)), 0);
        assertThat(held.acquire()).isTrue();
        held.deleteFiles();
        held.release();
        assertThat(TestDirectory.segment(root, 0, ".log")).doesNotExist();
        SegmentReader reader = new SegmentReader(held, held.sizeInBytes(), 2);
        assertThat(values(reader.read(0, Long.MAX_VALUE, 100, ByteBuffer::allocate))).containsExactly("a0", "b0");
        held.release();
        assertThat(held.acquire()).as("closed with the last reader").isFalse();
        assertThat(log.logEndOffset()).isEqualTo(2);
    }

    @Test
    void aDeletedLogIsGoneFromDiskAndRefusesEverything() {
        PartitionLog log = logOf(3);
        test.directory.delete(log).join();
        assertThat(root).isDirectoryNotContaining("glob:**orders*");
        assertThat(test.directory.found()).isEmpty();
        assertThatThrownBy(() -> log.read(0, Long.MAX_VALUE, 100)).isInstanceOf(IllegalStateException.class)
            .hasMessageContaining("topic orders, partition 0");
        assertThatThrownBy(() -> test.append(log, batch(1, "x"))).hasCauseInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> test.directory.delete(log).join()).hasCauseInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> test.directory.deleteRecordsBefore(log, 0).join())
            .hasCauseInstanceOf(IllegalStateException.class);
        assertThat(test.directory.failure()).isNull();
    }

    @Test
    void anAppendToADeletedLogFailsAloneInItsDrain() {
        PartitionLog log = logOf(1);
        PartitionLog other = test.directory.openLog("others", 1, UUID.randomUUID(), TestDirectory.CONFIG);
        test.directory.delete(log).join();
        var refused = test.directory.append(log, List.of(batch(1, "x")), 0);
        var written = test.directory.append(other, List.of(batch(1, "y")), 0);
        assertThat(written.join().baseOffset()).isZero();
        assertThat(refused).isCompletedExceptionally();
    }

    @Test
    void theSameNameCanBeCreatedAgainAndBeginsAtZero() {
        test.directory.delete(logOf(3)).join();
        PartitionLog again = test.directory.openLog("orders", 0, UUID.randomUUID(), TestDirectory.CONFIG);
        assertThat(test.append(again, batch(1, "new")).baseOffset()).isZero();
        assertThat(allValues(again, 0)).containsExactly("new");
    }

    @Test
    void aDeletionThatACrashInterruptedIsFinishedAtTheNextOpen() throws Exception {
        logOf(3);
        test.close();
        String name = new LogName("orders", 0).deletedFolder();
        Files.move(root.resolve("orders-0"), root.resolve(name));
        Files.createDirectories(root.resolve("keep-delete"));
        open();
        assertThat(root.resolve(name)).doesNotExist();
        assertThat(root.resolve("keep-delete")).exists();
        assertThat(test.directory.found()).isEmpty();
    }

    @Test
    void aTopicNameOfFullLengthCanBeDeleted() {
        PartitionLog log = test.directory.openLog("t".repeat(249), 7, UUID.randomUUID(), TestDirectory.CONFIG);
        test.directory.delete(log).join();
        assertThat(test.directory.found()).isEmpty();
    }
}
