package io.millrace.log.file;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * A small text file that is replaced as a whole: after a crash it holds the old lines or the new ones, never a mixture.
 */
public final class CheckpointFile {
    public static final String TEMPORARY_SUFFIX = ".tmp";

    private final FileAccess files;
    private final Path path;

    public CheckpointFile(FileAccess files, Path path) {
        this.files = files;
        this.path = path;
    }

    public Path path() {
        return path;
    }

    /** Durable when it returns; the old lines or the new ones are there when it throws. */
    public void write(List<String> lines) throws IOException {
        Path temporary = path.resolveSibling(path.getFileName() + TEMPORARY_SUFFIX);
        try {
            write(temporary, lines);
        } catch (IOException e) {
            Files.deleteIfExists(temporary);
            throw e;
        }
        files.forceDirectory(path.getParent());
    }

    private void write(Path temporary, List<String> lines) throws IOException {
        try (LogFile file = files.open(temporary, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING,
                StandardOpenOption.WRITE)) {
            ByteBuffer bytes = StandardCharsets.UTF_8.encode(String.join("\n", lines) + "\n");
            while (bytes.hasRemaining()) {
                file.write(bytes, bytes.position());
            }
            force(file);
        }
        Files.move(temporary, path, StandardCopyOption.ATOMIC_MOVE);
    }

    private static void force(LogFile file) throws IOException {
        try {
            file.force(true);
        } catch (IOException e) {
            throw new FailedForceException(e);
        }
    }

    /** What the last line of a file says where the lines before it are checked: eight digits, base 16, of the CRC-32C. */
    static String checksum(String text) {
        CRC32C crc = new CRC32C();
        crc.update(text.getBytes(StandardCharsets.UTF_8));
        return "%08x".formatted(crc.getValue());
    }

    /** Empty when there is no such file. */
    public Optional<List<String>> read() throws IOException {
        try {
            return Optional.of(new String(files.readAll(path), StandardCharsets.UTF_8).lines().toList());
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }
}
