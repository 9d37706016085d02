package io.millrace.log;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** One offset in a file of its own. */
final class OffsetCheckpoint {
    private static final String VERSION = "0";

    private final Path file;

    OffsetCheckpoint(Path file) {
        this.file = file;
    }

    /** @throws IOException also when the file holds anything else than an offset */
    long readOr(long absent) throws IOException {
        List<String> lines = AtomicFile.read(file);
        if (lines.isEmpty()) {
            return absent;
        }
        if (lines.size() == 2 && lines.get(0).equals(VERSION)) {
            try {
                return Long.parseLong(lines.get(1));
            } catch (NumberFormatException e) {
                throw new IOException(file + " does not hold an offset: " + lines.get(1), e);
            }
        }
        throw new IOException(file + " is not an offset checkpoint of version " + VERSION);
    }

    void write(long offset) throws IOException {
        AtomicFile.replace(file, List.of(VERSION, Long.toString(offset)));
    }
}
