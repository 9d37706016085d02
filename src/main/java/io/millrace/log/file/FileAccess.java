package io.millrace.log.file;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/** The door to the file system, so that a test can stand in it and let writes and forces fail. */
public interface FileAccess {
    FileAccess DISK = new Disk();

    LogFile open(Path path, OpenOption... options) throws IOException;

    /** Makes created, renamed and removed entries of a directory durable. */
    void forceDirectory(Path directory) throws IOException;

    /** Room of the file system that a directory is on. */
    Space space(Path directory) throws IOException;

    /** All that is in a small file. */
    default byte[] readAll(Path path) throws IOException {
        return Files.readAllBytes(path);
    }

    /** What is in a directory. */
    default List<Path> entries(Path directory) throws IOException {
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(directory)) {
            List<Path> entries = new ArrayList<>();
            stream.forEach(entries::add);
            return entries;
        }
    }

    /** Gives a file another name, in the place of one that has it; at once, or not at all. */
    default void move(Path from, Path to) throws IOException {
        Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
    }

    /** Removes a file; what is open stays readable. */
    default void deleteIfExists(Path path) throws IOException {
        Files.deleteIfExists(path);
    }

    /** In bytes. */
    record Space(long usable, long total) {
    }

    /** The real one. */
    final class Disk implements FileAccess {
        @Override
        public LogFile open(Path path, OpenOption... options) throws IOException {
            return new ChannelFile(FileChannel.open(path, options));
        }

        @Override
        public void forceDirectory(Path directory) throws IOException {
            try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
                try {
                    channel.force(true);
                } catch (IOException e) {
                    throw new FailedForceException(e);
                }
            }
        }

        @Override
        public Space space(Path directory) throws IOException {
            FileStore store = Files.getFileStore(directory);
            return new Space(store.getUsableSpace(), store.getTotalSpace());
        }
    }

    /** A file by its channel. */
    record ChannelFile(FileChannel channel) implements LogFile {
        @Override
        public int read(ByteBuffer target, long position) throws IOException {
            return channel.read(target, position);
        }

        @Override
        public int write(ByteBuffer source, long position) throws IOException {
            return channel.write(source, position);
        }

        @Override
        public long size() throws IOException {
            return channel.size();
        }

        @Override
        public void truncate(long size) throws IOException {
            channel.truncate(size);
        }

        @Override
        public void force(boolean metadata) throws IOException {
            channel.force(metadata);
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }
}
