package io.millrace.log.file;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * A small file that is replaced as a whole: after a crash of the process it holds the old bytes or the new ones, never a
 * mixture.
 */
public final class ReplacedFile {
    public static final String TEMPORARY_SUFFIX = ".tmp";

    private final FileAccess files;
    private final Path path;

    public ReplacedFile(FileAccess files, Path path) {
        this.files = files;
        this.path = path;
    }

    public Path path() {
        return path;
    }

    /** Durable when it returns; the old bytes or the new ones are there when it throws, also after a power loss. */
    public void write(ByteBuffer bytes) throws IOException {
        replace(bytes, true);
        files.forceDirectory(path.getParent());
    }

    /** As {@link #write}, but a power loss may leave anything of it: for what has a checksum, and can be missed. */
    public void writeUnforced(ByteBuffer bytes) throws IOException {
        replace(bytes, false);
    }

    private void replace(ByteBuffer bytes, boolean forced) throws IOException {
        Path temporary = path.resolveSibling(path.getFileName() + TEMPORARY_SUFFIX);
        try {
            write(temporary, bytes, forced);
        } catch (IOException e) {
            Files.deleteIfExists(temporary);
            throw e;
        }
    }

    private void write(Path temporary, ByteBuffer bytes, boolean forced) throws IOException {
        try (LogFile file = files.open(temporary, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING,
                StandardOpenOption.WRITE)) {
            while (bytes.hasRemaining()) {
                file.write(bytes, bytes.position());
            }
            if (forced) {
                force(file);
            }
        }
        Files.move(temporary, path, StandardCopyOption.ATOMIC_MOVE);
    }

    /** Makes durable what was written without a force. */
    public void force() throws IOException {
        try (LogFile file = files.open(path, StandardOpenOption.WRITE)) {
            force(file);
        }
        files.forceDirectory(path.getParent());
    }

    private static void force(LogFile file) throws IOException {
        try {
            file.force(true);
        } catch (IOException e) {
            throw new FailedForceException(e);
        }
    }
}
