package io.millrace.bench;

import io.millrace.log.file.FileAccess;
import io.millrace.log.file.LogFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.util.concurrent.locks.LockSupport;

/**
 * The real files on a disk whose forces take a time of their own, as many at once as there are, and none of this machine's:
 * what is measured on it does not hang on what the disk here does at the moment.
 */
record SlowDisk(long forceNanos) implements FileAccess {
    @Override
    public LogFile open(Path path, OpenOption... options) throws IOException {
        return new SlowFile(DISK.open(path, options));
    }

    @Override
    public void forceDirectory(Path directory) {
        pause();
    }

    @Override
    public Space space(Path directory) throws IOException {
        return DISK.space(directory);
    }

    private void pause() {
        long until = System.nanoTime() + forceNanos;
        for (long left = forceNanos; left > 0; left = until - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
    }

    private final class SlowFile implements LogFile {
        private final LogFile file;

        private SlowFile(LogFile file) {
            this.file = file;
        }

        @Override
        public int read(ByteBuffer target, long position) throws IOException {
            return file.read(target, position);
        }

        @Override
        public int write(ByteBuffer source, long position) throws IOException {
            return file.write(source, position);
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
        public void force(boolean metadata) {
            pause();
        }

        @Override
        public void close() throws IOException {
            file.close();
        }
    }
}
