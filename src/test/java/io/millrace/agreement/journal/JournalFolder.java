package io.millrace.agreement.journal;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** A journal's files, for tests that do to them what crashes and disks do. */
record JournalFolder(Path root) {
    private static final String LOCK = ".lock";

    /** The files as they are at this instant: what a process that is killed now leaves. */
    JournalFolder copyTo(Path target) {
        try (Stream<Path> files = Files.walk(root)) {
            for (Path file : files.toList()) {
                Path copy = target.resolve(root.relativize(file).toString());
                if (Files.isDirectory(file)) {
                    Files.createDirectories(copy);
                } else if (!file.endsWith(LOCK)) {
                    Files.copy(file, copy);
                }
            }
            return new JournalFolder(target);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Path logFolder() {
        return root.resolve(Journal.TOPIC + "-0");
    }

    /** The segments' log files in offset order. */
    List<Path> segments() {
        try (Stream<Path> files = Files.list(logFolder())) {
            return files.filter(file -> file.toString().endsWith(".log")).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Path lastSegment() {
        List<Path> segments = segments();
        return segments.get(segments.size() - 1);
    }

    static void truncate(Path file, long size) {
        try (RandomAccessFile access = new RandomAccessFile(file.toFile(), "rw")) {
            access.setLength(size);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static void flipBit(Path file, long position) {
        try (RandomAccessFile access = new RandomAccessFile(file.toFile(), "rw")) {
            access.seek(position);
            int found = access.read();
            access.seek(position);
            access.write(found ^ 1);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Takes a segment away, with its indexes. */
    void deleteSegment(Path logFile) {
        String name = logFile.getFileName().toString().replace(".log", ".");
        try (Stream<Path> files = Files.list(logFolder())) {
            for (Path file : files.filter(found -> found.getFileName().toString().startsWith(name)).toList()) {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
