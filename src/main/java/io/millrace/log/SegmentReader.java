package io.millrace.log;

import io.millrace.log.record.RecordBatch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/** Walks the batches of a segment's file and tells whole ones from damaged bytes. Stateless but for the channel. */
final class SegmentReader {
    /**
     * Bytes read by one call. The JDK copies through a direct buffer that it keeps for each thread; beyond
     * jdk.nio.maxCachedBufferSize it would allocate and free one a call.
     */
    private static final int CHUNK_BYTES = 128 * 1024;

    private final FileChannel channel;

    SegmentReader(FileChannel channel) {
        this.channel = channel;
    }

    /**
     * Where a batch stands.
     *
     * @param size all its bytes
     */
    record Place(long position, int size, long baseOffset, long lastOffset, long maxTimestamp) {
        long end() {
            return position + size;
        }
    }

    /** Fills the buffer from a position on; stops at the end of the file. */
    void readFully(ByteBuffer target, long position) throws IOException {
        int limit = target.limit();
        while (target.position() < limit) {
            target.limit((int) Math.min(limit, (long) target.position() + CHUNK_BYTES));
            int read = channel.read(target, position);
            target.limit(limit);
            if (read < 0) {
                return;
            }
            position += read;
        }
    }

    /** What the length field of the bytes at an index claims; no size that a batch can have where they are no batch. */
    static int claimedSize(ByteBuffer bytes, int index) {
        int length = bytes.getInt(index + Long.BYTES);
        return length > Integer.MAX_VALUE - RecordBatch.PREFIX_BYTES ? -1 : length + RecordBatch.PREFIX_BYTES;
    }

    /**
     * The batch that begins at a position, by its header alone.
     *
     * @return null when what stands there cannot be a whole batch that ends at or before {@code end}
     */
    Place header(long position, long end) throws IOException {
        if (end - position < RecordBatch.HEADER_BYTES) {
            return null;
        }
        ByteBuffer header = ByteBuffer.allocate(RecordBatch.HEADER_BYTES);
        readFully(header, position);
        return header.hasRemaining() ? null : place(header, 0, position, end);
    }

    private static Place place(ByteBuffer header, int at, long position, long end) {
        int size = claimedSize(header, at);
        long baseOffset = header.getLong(at);
        long lastOffset = RecordBatch.lastOffsetAt(header, at);
        if (size < RecordBatch.HEADER_BYTES || size > end - position || baseOffset < 0 || lastOffset < baseOffset) {
            return null;
        }
        return new Place(position, size, baseOffset, lastOffset, RecordBatch.maxTimestampAt(header, at));
    }

    /**
     * The batch that begins at a position, if it is whole and its checksum is right.
     *
     * @return null when it is not
     */
    Place valid(long position, long end) throws IOException {
        Place place = header(position, end);
        if (place == null) {
            return null;
        }
        ByteBuffer batch = ByteBuffer.allocate(place.size());
        readFully(batch, position);
        return !batch.hasRemaining() && RecordBatch.isIntactAt(batch, 0, place.size()) ? place : null;
    }

    /**
     * The first valid batch that begins at or after a position and whose base offset is at least {@code minOffset}: looks
     * at every byte, so it is for damaged segments only.
     *
     * @return null when there is none before {@code end}
     */
    Place nextValid(long from, long end, long minOffset) throws IOException {
        ByteBuffer window = ByteBuffer.allocate(CHUNK_BYTES);
        for (long start = from; start + RecordBatch.HEADER_BYTES <= end; ) {
            window.clear();
            readFully(window, start);
            window.flip();
            int candidates = window.limit() - RecordBatch.HEADER_BYTES + 1;
            for (int at = 0; at < candidates; at++) {
                if (RecordBatch.hasMagicAt(window, at)) {
                    Place place = place(window, at, start + at, end);
                    if (place != null && place.baseOffset() >= minOffset && valid(start + at, end) != null) {
                        return place;
                    }
                }
            }
            if (candidates <= 0) {
                return null;
            }
            start += candidates;
        }
        return null;
    }
}
