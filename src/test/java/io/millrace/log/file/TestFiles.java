package io.millrace.log.file;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileSystemException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongFieldUpdater;
import java.util.function.IntConsumer;

/** The real files, with counters, and failures on demand. */
public class TestFiles implements FileAccess {
    private static final AtomicLongFieldUpdater<TestFiles> ROOM =
        AtomicLongFieldUpdater.newUpdater(TestFiles.class, "room");

    public final AtomicInteger logForces = new AtomicInteger();
    public final AtomicInteger logWrites = new AtomicInteger();
    public final AtomicInteger indexWrites = new AtomicInteger();
    /** Of any file, and of directories. */
    public final AtomicInteger allForces = new AtomicInteger();
    public volatile boolean forcesFail;
    public volatile boolean opensFail;
    /** As when all descriptors are used up. */
    public volatile boolean noDescriptors;
    /** When set, files whose names end so cannot be opened. */
    public volatile String failingSuffix;
    /** When set, there is no space for files with this in their names. */
    public volatile String noSpaceFor;
    /** Bytes that still fit on the disk. */
    public volatile long room = Long.MAX_VALUE;
    /** As when the file system finds only now that it has no block for what was written. */
    public volatile boolean forcesFindNoSpace;
    /** When set, forces of log files wait for it. */
    public volatile CountDownLatch forceGate;
    /** Most bytes that one write takes. */
    public volatile int maxWrite = Integer.MAX_VALUE;

    /** When set, is told how many bytes are wanted before each read. */
    public volatile IntConsumer beforeRead;
    /** When set, runs before a file gets another name or goes by this door. */
    public volatile Runnable beforeChange;

    @Override
    public void move(Path from, Path to) throws IOException {
        changing();
        DISK.move(from, to);
    }

    @Override
    public void deleteIfExists(Path path) throws IOException {
        changing();
        DISK.deleteIfExists(path);
    }

    private void changing() {
        Runnable before = beforeChange;
        if (before != null) {
            before.run();
        }
    }

    @Override
    public LogFile open(Path path, OpenOption... options) throws IOException {
        if (noDescriptors) {
            throw new FileSystemException(path.toString(), null, "Too many open files");
        }
        String failing = failingSuffix;
        if (opensFail || failing != null && path.toString().endsWith(failing)) {
            throw new IOException("no open for the test");
        }
        String refused = noSpaceFor;
        if (refused != null && path.toString().contains(refused)) {
            throw new IOException("No space left on device (for the test)");
        }
        return new TestFile(DISK.open(path, options), path.toString().endsWith(".log"), path.toString().endsWith("index"));
    }

    @Override
    public void forceDirectory(Path directory) throws IOException {
        allForces.incrementAndGet();
        DISK.forceDirectory(directory);
    }

    @Override
    public Space space(Path directory) {
        return new Space(room, 1L << 40);
    }

    private final class TestFile implements LogFile {
        private final LogFile file;
        private final boolean isLog;
        private final boolean isIndex;

        private TestFile(LogFile file, boolean isLog, boolean isIndex) {
            this.file = file;
            this.isLog = isLog;
            this.isIndex = isIndex;
        }

        @Override
        public int read(ByteBuffer target, long position) throws IOException {
            IntConsumer before = beforeRead;
            if (before != null) {
                before.accept(target.remaining());
            }
            return file.read(target, position);
        }

        @Override
        public int write(ByteBuffer source, long position) throws IOException {
            if (isLog) {
                logWrites.incrementAndGet();
            } else if (isIndex) {
                indexWrites.incrementAndGet();
            }
            if (room <= 0) {
                throw new IOException("No space left on device (for the test)");
            }
            int limit = source.limit();
            source.limit((int) Math.min(limit, source.position() + Math.min(room, maxWrite)));
            int written = file.write(source, position);
            source.limit(limit);
            ROOM.addAndGet(TestFiles.this, -written);
            return written;
        }

        @Override
        public long size() throws IOException {
            return file.size();
        }

        @Override
        public void truncate(long size) throws IOException {
            file.truncate(size);
        }

        @Override
        public void force(boolean metadata) throws IOException {
            allForces.incrementAndGet();
            if (isLog) {
                logForces.incrementAndGet();
                CountDownLatch gate = forceGate;
                if (gate != null) {
                    await(gate);
                }
            }
            if (forcesFindNoSpace) {
                throw new IOException("No space left on device (for the test)");
            }
            if (forcesFail) {
                throw new IOException("no force for the test");
            }
            file.force(metadata);
        }

        @Override
        public void close() throws IOException {
            file.close();
        }
    }

    private static void await(CountDownLatch gate) throws IOException {
        try {
            gate.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }
}
