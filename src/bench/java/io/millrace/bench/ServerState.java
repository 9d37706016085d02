package io.millrace.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * What a server holds at a moment.
 *
 * @param heap    in use after a collection, in MiB
 * @param threads of the process
 * @param files   that it has open, sockets included
 * @param data    length of the files in its data folder, in MiB
 */
record ServerState(double heap, double threads, double files, double data) {
    private static final double MIB = 1 << 20;

    static ServerState of(long pid, Path data) throws IOException, InterruptedException {
        Path process = Path.of("/proc", Long.toString(pid));
        return new ServerState(HeapInUse.afterCollection(pid), entries(process.resolve("task")), entries(process.resolve("fd")),
                bytes(data) / MIB);
    }

    private static long entries(Path folder) throws IOException {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.count();
        }
    }

    private static long bytes(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.mapToLong(ServerState::length).sum();
        } catch (UncheckedIOException walking) {
            throw walking.getCause();
        }
    }

    /** 0 of a folder, and of a file that is gone by now. */
    private static long length(Path file) {
        try {
            return Files.isDirectory(file) ? 0 : Files.size(file);
        } catch (NoSuchFileException removed) {
            return 0;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public String toString() {
        return String.format(Locale.ROOT, "heap %.0f MiB, %.0f threads, %.0f files, data %.0f MiB", heap, threads, files, data);
    }
}
