package io.millrace.rest.dialect;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;

/**
 * A body that is put together in pieces: it grows without being copied, and is never one huge array. Not thread-safe.
 */
public final class BodyPieces {
    /** What does not fit into a piece of this size goes into the next one; an element that is larger has a piece of its own. */
    static final int PIECE_BYTES = 256 * 1024;
    private static final int LARGEST_PIECE = Integer.MAX_VALUE - 8;

    private final LongConsumer beforeGrowth;
    private final List<ByteBuffer> full = new ArrayList<>();
    private long fullBytes;
    private long fullCapacity;
    private ReusedBytes last;
    private long lastCapacity;

    /**
     * @param expectedBytes how large the body may become, in bytes; for a guess
     * @param beforeGrowth  told the bytes that all pieces take in memory before more are taken, the first included; may
     *                      throw
     */
    public BodyPieces(long expectedBytes, LongConsumer beforeGrowth) {
        this.beforeGrowth = beforeGrowth;
        this.last = piece(Math.min(PIECE_BYTES, Math.max(16, expectedBytes)));
    }

    /**
     * Where the next element goes, as a whole.
     *
     * @param expectedBytes about how large it is
     */
    ReusedBytes room(long expectedBytes) {
        if (last.size() > 0 && last.size() + expectedBytes > Math.max(PIECE_BYTES, lastCapacity)) {
            seal();
            last = piece(Math.max(PIECE_BYTES, expectedBytes));
        }
        return last;
    }

    private ReusedBytes piece(long capacity) {
        return new ReusedBytes((int) Math.min(LARGEST_PIECE, capacity), grown -> {
            // While it is copied, the smaller array is still there.
            beforeGrowth.accept(fullCapacity + lastCapacity + grown);
            lastCapacity = grown;
        });
    }

    private void seal() {
        full.add(last.view().duplicate());
        fullBytes += last.size();
        fullCapacity += lastCapacity;
        lastCapacity = 0;
    }

    /** How long the body is by now, in bytes. */
    public long size() {
        return fullBytes + last.size();
    }

    /** What all pieces take in memory, in bytes. */
    public long capacity() {
        return fullCapacity + lastCapacity;
    }

    /** The body, in order; nothing may be put any more. */
    public List<ByteBuffer> pieces() {
        List<ByteBuffer> all = new ArrayList<>(full);
        all.add(last.view().duplicate());
        return all;
    }
}
