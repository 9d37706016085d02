package io.millrace.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.function.IntToLongFunction;

/**
 * A file of entries of one size whose first field grows from entry to entry. Appended to by the directory's writer;
 * read from any thread, by position, so that nothing of a closed segment stays in memory.
 */
final class IndexFile {
    private final FileChannel channel;
    private final int entryBytes;
    private volatile int count;

    IndexFile(FileAccess files, Path file, int entryBytes) throws IOException {
        this.channel = files.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        this.entryBytes = entryBytes;
        this.count = (int) (channel.size() / entryBytes);
    }

    int count() {
        return count;
    }

    /** Whether the file ends with a whole entry. */
    boolean isWhole() throws IOException {
        return channel.size() == (long) count * entryBytes;
    }

    ByteBuffer entry(int index) throws IOException {
        ByteBuffer entry = ByteBuffer.allocate(entryBytes);
        while (entry.hasRemaining()) {
            if (channel.read(entry, (long) index * entryBytes + entry.position()) < 0) {
                throw new IOException("an index ends before its entry " + index);
            }
        }
        return entry.flip();
    }

    /** All entries at once, for a check of them all. */
    ByteBuffer entries() throws IOException {
        ByteBuffer all = ByteBuffer.allocate(count * entryBytes);
        while (all.hasRemaining()) {
            if (channel.read(all, all.position()) < 0) {
                throw new IOException("an index ends before its entry " + all.position() / entryBytes);
            }
        }
        return all.flip();
    }

    void append(ByteBuffer entry) throws IOException {
        long at = (long) count * entryBytes;
        while (entry.hasRemaining()) {
            at += channel.write(entry, at);
        }
        count++;
    }

    void truncate(int entries) throws IOException {
        count = entries;
        channel.truncate((long) entries * entryBytes);
    }

    /**
     * The last entry whose key is at most {@code target}, or -1.
     *
     * @param key the key of the entry with an index
     */
    int floor(long target, IntToLongFunction key) {
        int low = 0;
        int high = count - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            if (key.applyAsLong(middle) <= target) {
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return high;
    }

    void force() throws IOException {
        channel.force(false);
    }

    void close() throws IOException {
        channel.close();
    }
}
