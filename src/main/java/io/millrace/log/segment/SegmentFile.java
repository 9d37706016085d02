package io.millrace.log.segment;

import io.millrace.log.file.CachedFile;
import io.millrace.log.file.FailedForceException;
import io.millrace.log.file.LogFile;
import io.millrace.log.file.OpenFiles;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * One of a segment's files: read by any thread, written by one.
 *
 * <p>Reading and writing have a channel each, which are opened when they are needed and may be closed meanwhile. An
 * interrupt closes the channel that the interrupted thread reads from, for everyone: so a reader's channel is opened
 * again by the next reader, and the writer's is never touched by a reader.
 */
public final class SegmentFile implements Closeable {
    /**
     * Largest piece of one system read. A read into the heap goes through a direct buffer of its size that the platform
     * then keeps for the thread; larger ones would be allocated anew each time, or kept by every thread.
     */
    private static final int MAX_READ = 256 * 1024;

    private final Path path;
    private final CachedFile reader;
    private final CachedFile writer;
    /** The log writer's. */
    private boolean writable;
    private volatile boolean closed;

    private SegmentFile(OpenFiles files, Path path, boolean writable) {
        this.path = path;
        this.reader = new CachedFile(files, path, StandardOpenOption.READ);
        this.writer = new CachedFile(files, path, StandardOpenOption.WRITE);
        this.writable = writable;
    }

    /** A new, empty file of records: one that is there under that name is an error, and never emptied. */
    public static SegmentFile createNew(OpenFiles files, Path path) throws IOException {
        return create(files, path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    }

    /** An empty file, whatever is there under that name. */
    static SegmentFile createEmpty(OpenFiles files, Path path) throws IOException {
        return create(files, path, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE);
    }

    private static SegmentFile create(OpenFiles files, Path path, OpenOption... options) throws IOException {
        files.files().open(path, options).close();
        return new SegmentFile(files, path, true);
    }

    /** A file that is there, for reading. */
    public static SegmentFile open(OpenFiles files, Path path) {
        return new SegmentFile(files, path, false);
    }

    public Path path() {
        return path;
    }

    public long size() throws IOException {
        return reader.use(LogFile::size);
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
            try {
                return reader.use(file -> file.read(target, position));
            } catch (ClosedChannelException e) {
                if (Thread.currentThread().isInterrupted() || closed) {
                    throw e;
                }
            }
        }
    }

    void openForWriting() {
        writable = true;
    }

    boolean isOpenForWriting() {
        return writable;
    }

    /** Writes position to limit. */
    void write(ByteBuffer source, long position) throws IOException {
        writer.use(file -> {
            long at = position;
            while (source.hasRemaining()) {
                at += file.write(source, at);
            }
            return null;
        });
    }

    void truncate(long size) throws IOException {
        writer.use(file -> {
            file.truncate(size);
            return null;
        });
    }

    void force() throws IOException {
        force(writer);
    }

    /** As {@link #force()}, for a thread that is not the log writer: forcing is a matter of the file, not of who wrote it. */
    void forceAsReader() throws IOException {
        force(reader);
    }

    private static void force(CachedFile through) throws IOException {
        through.use(file -> {
            try {
                file.force(false);
            } catch (ClosedChannelException e) {
                throw e;
            } catch (IOException e) {
                throw new FailedForceException(e);
            }
            return null;
        });
    }

    /** What was written stays; a descriptor that was used for it is given back. */
    void closeForWriting() {
        writable = false;
        writer.closeIfIdle();
    }

    @Override
    public void close() throws IOException {
        closed = true;
        try {
            writer.close();
        } finally {
            reader.close();
        }
    }
}
