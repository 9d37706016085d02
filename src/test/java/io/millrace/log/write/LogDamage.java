package io.millrace.log.write;

import io.millrace.log.file.SimulatedDisk;
import io.millrace.log.segment.LogFolder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;

/** Spoils files of a closed log that can be made anew. */
final class LogDamage {
    private LogDamage() {
    }

    /** Offsets of the snapshots of producers, ascending. */
    static List<Long> snapshots(PartitionLog log) {
        try {
            return folder(log).snapshots();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Nobody can tell any more what it says. */
    static void rotSnapshot(SimulatedDisk disk, PartitionLog log, long offset) {
        disk.rot(folder(log).snapshotFile(offset), 20);
    }

    /** An entry of an index of aborted transactions is not what was written any more. */
    static void rotAnIndex(SimulatedDisk disk, PartitionLog log, Random random) {
        List<Path> indexes = log.lastView().segments().stream().map(segment -> segment.transactionIndex().path())
            .filter(Files::exists).toList();
        if (!indexes.isEmpty()) {
            Path index = indexes.get(random.nextInt(indexes.size()));
            int entries = size(index) / 34;
            if (entries > 0) {
                disk.rot(index, 34L * random.nextInt(entries)); // the version
            }
        }
    }

    private static LogFolder folder(PartitionLog log) {
        return log.writable().compaction().folder();
    }

    private static int size(Path file) {
        try {
            return (int) Files.size(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
