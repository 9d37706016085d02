package io.millrace.log;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/**
 * Sparse: the largest timestamp so far, and the last offset of the batch that has it. 12 bytes an entry; timestamps
 * grow strictly.
 */
final class TimeIndex {
    private static final int ENTRY_BYTES = 12;

    private final long baseOffset;
    private final IndexFile file;

    TimeIndex(FileAccess files, Path path, long baseOffset) throws IOException {
        this.baseOffset = baseOffset;
        this.file = new IndexFile(files, path, ENTRY_BYTES);
    }

    /** Leaves out a timestamp that is not larger than the last one. */
    void append(long timestamp, long lastOffset) throws IOException {
        if (timestamp > lastTimestamp()) {
            file.append(ByteBuffer.allocate(ENTRY_BYTES).putLong(timestamp).putInt((int) (lastOffset - baseOffset)).flip());
        }
    }

    /** An offset such that no record before it has this timestamp or a later one. */
    long offsetBefore(long timestamp) throws IOException {
        try {
            int entry = file.floor(timestamp - 1, this::timestamp);
            return entry < 0 ? baseOffset : baseOffset + file.entry(entry).getInt(8);
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    private long timestamp(int entry) {
        try {
            return file.entry(entry).getLong(0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** -1 when there is no entry. */
    long lastTimestamp() throws IOException {
        return file.count() == 0 ? -1 : file.entry(file.count() - 1).getLong(0);
    }

    long lastOffset() throws IOException {
        return file.count() == 0 ? baseOffset : baseOffset + file.entry(file.count() - 1).getInt(8);
    }

    boolean isSane() throws IOException {
        if (!file.isWhole()) {
            return false;
        }
        long timestamp = -1;
        int offset = -1;
        for (ByteBuffer entries = file.entries(); entries.hasRemaining(); ) {
            long nextTimestamp = entries.getLong();
            int nextOffset = entries.getInt();
            if (nextTimestamp <= timestamp || nextOffset <= offset) {
                return false;
            }
            timestamp = nextTimestamp;
            offset = nextOffset;
        }
        return true;
    }

    void clear() throws IOException {
        file.truncate(0);
    }

    void force() throws IOException {
        file.force();
    }

    void close() throws IOException {
        file.close();
    }
}
