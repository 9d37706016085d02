package io.millrace.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/** A folder of its own for the files of one benchmark, on the disk that holds the build; gone when closed. */
record BenchFolder(Path path) implements AutoCloseable {
    /** System property that names the folder under which these are made. */
    static final String ROOT_PROPERTY = "millrace.bench.folder";

    static BenchFolder create() throws IOException {
        return createUnder(Path.of(System.getProperty(ROOT_PROPERTY, "target/bench")));
    }

    static BenchFolder createUnder(Path root) throws IOException {
        return new BenchFolder(Files.createTempDirectory(Files.createDirectories(root), "log-"));
    }

    @Override
    public void close() throws IOException {
        try (Stream<Path> files = Files.walk(path)) {
            files.sorted(Comparator.reverseOrder()).forEach(BenchFolder::delete);
        }
    }

    private static void delete(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
