package io.millrace.agreement.journal;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.agreement.registers.RegisterState;
import io.millrace.log.write.LogCleaner;
import io.millrace.log.write.PartitionLog;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A journal that an earlier version made smaller by a snapshot and a deletion, cut off at each of these steps: every
 * register is found in its newest version, and is still when the journal was compacted.
 */
class EarlierJournalTest {
    private static final int SNAPSHOT_BATCH_BYTES = 600;

    @TempDir
    private Path temp;
    private final RawJournal raw = new RawJournal();
    private final SortedMap<String, RegisterState> expected = new TreeMap<>();
    private JournalFolder beforeSnapshot;
    private JournalFolder afterSnapshot;
    private JournalFolder afterDeletion;

    @AfterEach
    void stop() {
        raw.close();
    }

    private void writeSnapshotAndDelete() {
        JournalFolder folder = new JournalFolder(temp.resolve("journal"));
        raw.write(folder.root(), log -> {
            for (int version = 1; version <= 60; version++) {
                String key = "k" + version % 7;
                log.append(RawJournal.change(key, RawJournal.state(version)));
                expected.put(key, RawJournal.state(version));
            }
            beforeSnapshot = folder.copyTo(temp.resolve("before-snapshot"));
            List<ByteBuffer> snapshot = RawJournal.snapshot(0, expected, SNAPSHOT_BATCH_BYTES);
            assertThat(snapshot).hasSizeGreaterThan(1);
            long start = log.append(snapshot);
            afterSnapshot = folder.copyTo(temp.resolve("after-snapshot"));
            log.deleteBefore(start);
            afterDeletion = folder.copyTo(temp.resolve("after-deletion"));
        });
    }

    @Test
    void aSnapshotThatIsCutOffAtAnyByteChangesNothing() throws Exception {
        writeSnapshotAndDelete();
        List<Path> old = beforeSnapshot.segments().stream().map(Path::getFileName).toList();
        List<Path> now = afterSnapshot.segments();
        Path last = afterSnapshot.lastSegment();
        long from = old.contains(last.getFileName())
            ? Files.size(beforeSnapshot.logFolder().resolve(last.getFileName())) : 0;
        assertThat(now.size() - old.size()).isLessThanOrEqualTo(1);
        for (long size = from; size <= Files.size(last); size += 29) {
            JournalFolder torn = afterSnapshot.copyTo(temp.resolve("torn" + size));
            JournalFolder.truncate(torn.lastSegment(), size);
            assertThat(raw.states(torn.root())).isEqualTo(expected);
        }
    }

    @Test
    void theDeletionMayStopAfterAnySegment() {
        writeSnapshotAndDelete();
        List<Path> deleted = new ArrayList<>(afterSnapshot.segments().stream().map(Path::getFileName).toList());
        deleted.removeAll(afterDeletion.segments().stream().map(Path::getFileName).toList());
        assertThat(deleted).hasSizeGreaterThan(2);
        for (int gone = 0; gone <= deleted.size(); gone++) {
            JournalFolder stopped = afterSnapshot.copyTo(temp.resolve("stopped" + gone));
            for (Path segment : deleted.subList(0, gone)) {
                stopped.deleteSegment(segment);
            }
            assertThat(raw.states(stopped.root())).as("%d deleted", gone).isEqualTo(expected);
        }
        assertThat(raw.states(afterDeletion.root())).isEqualTo(expected);
    }

    @Test
    void aJournalWithoutItsBeginningIsWholeWhenTheSnapshotHasGivenWayToNewerVersions() throws Exception {
        writeSnapshotAndDelete();
        ExecutorService executor = Executors.newCachedThreadPool();
        try (Journal journal = Journal.open(afterDeletion.root(), new Journal.Options(1500, 30_000), Clock.systemUTC(), executor);
                LogCleaner cleaner = JournalCleaning.start(journal, executor)) {
            for (int version = 100; version < 160; version++) {
                String key = "k" + version % 7;
                journal.ensure(key, RawJournal.state(version));
                expected.put(key, RawJournal.state(version));
            }
            while (cleaner.progress().removedRecords() < 40) {
                Thread.onSpinWait();
            }
        } finally {
            executor.shutdown();
        }
        assertThat(raw.states(afterDeletion.root())).isEqualTo(expected);
    }

    @Test
    void aNotedStartWhoseSegmentsAreStillThereChangesNothing() throws Exception {
        writeSnapshotAndDelete();
        Path checkpoint = Path.of("log-start-offset-checkpoint");
        assertThat(afterDeletion.logFolder().resolve(checkpoint)).exists();
        Files.deleteIfExists(afterSnapshot.logFolder().resolve(checkpoint));
        Files.copy(afterDeletion.logFolder().resolve(checkpoint), afterSnapshot.logFolder().resolve(checkpoint));

        assertThat(raw.states(afterSnapshot.root())).isEqualTo(expected);
    }

    @Test
    void afterARewriteTheLogBeginsWithTheSnapshot() {
        writeSnapshotAndDelete();

        raw.write(afterDeletion.root(), log -> {
            PartitionLog partition = log.partition();
            assertThat(partition.logStartOffset()).isEqualTo(60);
            assertThat(partition.logEndOffset()).isEqualTo(60L + expected.size());
        });
    }
}
