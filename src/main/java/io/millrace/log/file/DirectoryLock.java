package io.millrace.log.file;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Keeps a second process, and a second user in this one, out of a log directory. */
public final class DirectoryLock implements AutoCloseable {
    private static final String FILE = ".lock";

    private final FileChannel channel;

    private DirectoryLock(FileChannel channel) {
        this.channel = channel;
    }

    /** @throws IllegalStateException when the directory is in use */
    public static DirectoryLock acquire(Path root) throws IOException {
        Path file = root.resolve(FILE);
        FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            FileLock lock = channel.tryLock();
            if (lock != null) {
                return new DirectoryLock(channel);
            }
        } catch (OverlappingFileLockException e) {
            channel.close();
            throw inUse(file, e);
        } catch (IOException e) {
            channel.close();
            throw e;
        }
        channel.close();
        throw inUse(file, null);
    }

    private static IllegalStateException inUse(Path file, Exception cause) {
        return new IllegalStateException("the log directory " + file.getParent() + " is in use by another server: "
            + file.getFileName() + " in it is locked. Stop that server, or give this one a directory of its own"
            + " (millrace.log.dirs)", cause);
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
