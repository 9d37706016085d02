package io.millrace.rest.body;

import jakarta.ws.rs.core.StreamingOutput;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;

/**
 * The body of an answer, in pieces that lie in arrays. Each piece is let go of once it was written, and what is left by
 * {@link #close()}: nothing that goes on referring to the answer keeps them.
 */
public final class AnswerBody implements StreamingOutput, AutoCloseable {
    /** The container copies what it is given at a time. */
    private static final int WRITE_BYTES = 64 * 1024;

    private final long length;
    /** Guarded by this. */
    private final Queue<ByteBuffer> pieces;

    public AnswerBody(List<ByteBuffer> pieces) {
        this.pieces = new ArrayDeque<>(pieces);
        this.length = pieces.stream().mapToLong(ByteBuffer::remaining).sum();
    }

    /** Of all pieces, in bytes. */
    public long length() {
        return length;
    }

    /** @throws IOException when it could not be written whole, because of {@link #close()} too */
    @Override
    public void write(OutputStream out) throws IOException {
        long written = 0;
        for (ByteBuffer piece = next(); piece != null; piece = next()) {
            while (piece.hasRemaining()) { // an empty one may have no array to show
                int count = Math.min(WRITE_BYTES, piece.remaining());
                out.write(piece.array(), piece.arrayOffset() + piece.position(), count);
                piece.position(piece.position() + count);
                written += count;
            }
        }
        if (written < length) {
            throw new IOException("the answer was closed when " + written + " of its " + length + " bytes were written");
        }
    }

    private synchronized ByteBuffer next() {
        ByteBuffer piece = pieces.poll();
        return piece == null ? null : piece.duplicate();
    }

    /** Lets go of what was not written; may be called again. */
    @Override
    public synchronized void close() {
        pieces.clear();
    }
}
