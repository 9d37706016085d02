package io.millrace.log;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/** Sparse: the last offset of some batches, and where in the segment each begins. 8 bytes an entry. */
final class OffsetIndex {
    private static final int ENTRY_BYTES = 8;

    private final long baseOffset;
    private final IndexFile file;

    OffsetIndex(FileAccess files, Path path, long baseOffset) throws IOException {
        this.baseOffset = baseOffset;
        this.file = new IndexFile(files, path, ENTRY_BYTES);
    }

    void append(long lastOffset, int position) throws IOException {
        file.append(ByteBuffer.allocate(ENTRY_BYTES).putInt((int) (lastOffset - baseOffset)).putInt(position).flip());
    }

    /** Where to begin to look for an offset: the batch there begins at or before it. */
    int positionFor(long offset) throws IOException {
        try {
            int entry = file.floor(offset - baseOffset, this::relativeOffset);
            return entry < 0 ? 0 : file.entry(entry).getInt(4);
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    private long relativeOffset(int entry) {
        try {
            return file.entry(entry).getInt(0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    int lastPosition() throws IOException {
        return file.count() == 0 ? 0 : file.entry(file.count() - 1).getInt(4);
    }

    /** Whether entries are whole, grow, and lie within the segment. */
    boolean isSane(long segmentBytes) throws IOException {
        if (!file.isWhole()) {
            return false;
        }
        int offset = -1;
        int position = -1;
        for (ByteBuffer entries = file.entries(); entries.hasRemaining(); ) {
            int nextOffset = entries.getInt();
            int nextPosition = entries.getInt();
            if (nextOffset <= offset || nextPosition <= position || nextPosition >= segmentBytes) {
                return false;
            }
            offset = nextOffset;
            position = nextPosition;
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
