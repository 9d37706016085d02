package io.millrace.log.file;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * Files for which descriptors are given back when the process has none left: what could not be opened is then tried
 * once more. What was opened and fails later, a force above all, is not.
 */
public record SparingFiles(FileAccess files, BooleanSupplier giveBack) implements FileAccess {
    private interface Opening<T> {
        T open() throws IOException;
    }

    @Override
    public LogFile open(Path path, OpenOption... options) throws IOException {
        return sparing(() -> files.open(path, options));
    }

    @Override
    public void forceDirectory(Path directory) throws IOException {
        sparing(() -> {
            files.forceDirectory(directory);
            return null;
        });
    }

    @Override
    public byte[] readAll(Path path) throws IOException {
        return sparing(() -> files.readAll(path));
    }

    @Override
    public List<Path> entries(Path directory) throws IOException {
        return sparing(() -> files.entries(directory));
    }

    @Override
    public Space space(Path directory) throws IOException {
        return sparing(() -> files.space(directory));
    }

    @Override
    public void move(Path from, Path to) throws IOException {
        files.move(from, to);
    }

    @Override
    public void deleteIfExists(Path path) throws IOException {
        files.deleteIfExists(path);
    }

    private <T> T sparing(Opening<T> opening) throws IOException {
        try {
            return opening.open();
        } catch (IOException e) {
            if (!mayLackDescriptors(e) || !giveBack.getAsBoolean()) {
                throw e;
            }
            return opening.open();
        }
    }

    /** In whatever language the system says it: it is an error of opening, and none that has a class of its own. */
    private static boolean mayLackDescriptors(IOException e) {
        return e.getClass() == FileSystemException.class || String.valueOf(e.getMessage()).contains("Too many open files");
    }
}
