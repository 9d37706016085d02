package io.millrace.log.file;

import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A file that is opened when it is used, and may be closed by {@link OpenFiles} when it is not. What was written through
 * one opening is forced by a later one as well: forcing is a matter of the file. Thread-safe.
 */
public final class CachedFile {
    private final OpenFiles cache;
    private final Path path;
    private final OpenOption option;
    /** Held for a moment, except while the file is opened or closed. */
    private final ReentrantLock lock = new ReentrantLock();
    /** Null while it is not open. */
    private LogFile file;
    private int users;
    private boolean closed;
    private volatile boolean used;

    public CachedFile(OpenFiles cache, Path path, OpenOption option) {
        this.cache = cache;
        this.path = path;
        this.option = option;
    }

    /** What is done with the open file. */
    public interface Use<T> {
        T with(LogFile file) throws IOException;
    }

    /** @throws ClosedChannelException after {@link #close()}, or when the file was closed by an interrupt */
    public <T> T use(Use<T> use) throws IOException {
        LogFile opened = acquire();
        boolean broken = false;
        try {
            return use.with(opened);
        } catch (ClosedChannelException e) {
            broken = true;
            throw e;
        } finally {
            release(opened, broken);
        }
    }

    private LogFile acquire() throws IOException {
        lock.lock();
        try {
            if (closed) {
                throw new ClosedChannelException();
            }
            if (file == null) {
                file = cache.open(this, path, option);
            } else {
                used = true;
            }
            users++;
            return file;
        } finally {
            lock.unlock();
        }
    }

    /** @param broken whether nobody can use the opening any more */
    private void release(LogFile opened, boolean broken) throws IOException {
        lock.lock();
        try {
            users--;
            if (file != null && (broken && file == opened || closed && users == 0)) {
                closeNow();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Whether it was used again since it was opened or this was asked last. */
    boolean wasUsed() {
        boolean was = used;
        used = false;
        return was;
    }

    /** Does not wait for anybody, so that two that make room for each other cannot block. */
    public boolean closeIfIdle() {
        if (!lock.tryLock()) {
            return false;
        }
        try {
            if (file == null || users > 0) {
                return false;
            }
            closeNow();
            return true;
        } catch (IOException e) {
            return true; // The descriptor is gone; what was written is forced, or that fails, through the next opening.
        } finally {
            lock.unlock();
        }
    }

    /** For good; who uses it can go on. */
    public void close() throws IOException {
        lock.lock();
        try {
            closed = true;
            if (file != null && users == 0) {
                closeNow();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Under the lock. */
    private void closeNow() throws IOException {
        LogFile open = file;
        file = null;
        cache.closed(this);
        open.close();
    }
}
