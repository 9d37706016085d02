package io.millrace.log.file;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * A small text file that is replaced as a whole: after a crash it holds the old lines or the new ones, never a mixture.
 */
public final class CheckpointFile {
    private final FileAccess files;
    private final ReplacedFile file;

    public CheckpointFile(FileAccess files, Path path) {
        this.files = files;
        this.file = new ReplacedFile(files, path);
    }

    public Path path() {
        return file.path();
    }

    /** Durable when it returns; the old lines or the new ones are there when it throws. */
    public void write(List<String> lines) throws IOException {
        file.write(StandardCharsets.UTF_8.encode(String.join("\n", lines) + "\n"));
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
            return Optional.of(new String(files.readAll(path()), StandardCharsets.UTF_8).lines().toList());
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }
}
