package io.millrace.log;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * One of a segment's files: read by any thread, written by one.
 *
 * <p>Reading and writing have a channel each. An interrupt closes the channel that the interrupted thread reads from,
 * for everyone: so a reader's channel is opened again by the next reader, and the writer's is never touched by a
 * reader.
 */
final class SegmentFile implements Closeable {
    /**
     * Largest piece of one system read. A read into the heap goes through a direct buffer of its size that the platform
     * then keeps for the thread; larger ones would be allocated anew each time, or kept by every thread.
     */
    private static final int MAX_READ = 256 * 1024;

    private final FileAccess files;
    private final Path path;
    /** Replaced under this object's monitor. */
    private volatile LogFile reader;
    /** The log writer's, or null when the file is not open for writing. */
    private LogFile writer;
    private volatile boolean closed;

    private SegmentFile(FileAccess files, Path path, LogFile writer, LogFile reader) {
        this.files = files;
        this.path = path;
        this.writer = writer;
        this.reader = reader;
    }

    /** A new, empty file of records: one that is there under that name is an error, and never emptied. */
    static SegmentFile createNew(FileAccess files, Path path) throws IOException {
        return create(files, path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    }

    /** An empty file, whatever is there under that name. */
    static SegmentFile createEmpty(FileAccess files, Path path) throws IOException {
        return create(files, path, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE);
    }

    private static SegmentFile create(FileAccess files, Path path, OpenOption... options) throws IOException {
        LogFile writer = files.open(path, options);
        try {
            return new SegmentFile(files, path, writer, files.open(path, StandardOpenOption.READ));
        } catch (IOException e) {
            writer.close();
            Files.deleteIfExists(path);
            throw e;
        }
    }

    /** A file that is there, for reading. */
    static SegmentFile open(FileAccess files, Path path) throws IOException {
        return new SegmentFile(files, path, null, files.open(path, StandardOpenOption.READ));
    }

    Path path() {
        return path;
    }

    long size() throws IOException {
        return reader.size();
    }

    /**
     * Reads until the target is full or the file ends.
     *
     * @return bytes read
     */
    int read(ByteBuffer target, long position) throws IOException {
        int limit = target.limit();
        int piece = target.isDirect() ? limit : MAX_READ;
        int total = 0;
        while (target.position() < limit) {
            target.limit(Math.min(limit, target.position() + piece));
            int count = readOnce(target, position + total);
            target.limit(limit);
            if (count < 0) {
                return total;
            }
            total += count;
        }
        return total;
    }

    private int readOnce(ByteBuffer target, long position) throws IOException {
        while (true) {
            LogFile current = reader;
            try {
                return current.read(target, position);
            } catch (ClosedChannelException e) {
                if (Thread.currentThread().isInterrupted() || closed) {
                    throw e;
                }
                reopen(current);
            }
        }
    }

    private synchronized void reopen(LogFile broken) throws IOException {
        if (closed) {
            throw new ClosedChannelException();
        }
        if (reader == broken) {
            reader = files.open(path, StandardOpenOption.READ);
        }
    }

    void openForWriting() throws IOException {
        if (writer == null) {
            writer = files.open(path, StandardOpenOption.WRITE);
        }
    }

    boolean isOpenForWriting() {
        return writer != null;
    }

    /** Writes position to limit. */
    void write(ByteBuffer source, long position) throws IOException {
        long at = position;
        while (source.hasRemaining()) {
            at += writer.write(source, at);
        }
    }

    void truncate(long size) throws IOException {
        writer.truncate(size);
    }

    void force() throws IOException {
        writer.force(false);
    }

    void closeForWriting() throws IOException {
        if (writer != null) {
            LogFile open = writer;
            writer = null;
            open.close();
        }
    }

    @Override
    public synchronized void close() throws IOException {
        closed = true;
        try {
            closeForWriting();
        } finally {
            reader.close();
        }
    }
}
