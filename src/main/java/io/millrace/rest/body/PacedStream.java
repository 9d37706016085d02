package io.millrace.rest.body;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/** Where an answer is written, in pieces, each of which the client must begin to take within the time of the whole. */
final class PacedStream extends FilterOutputStream {
    static final int PIECE_BYTES = 64 * 1024;

    private final long timeoutMs;
    private final LongSupplier nanoTime;
    private final long began;
    private long written;

    /** @param timeoutMs from now to the last piece */
    PacedStream(OutputStream out, long timeoutMs, LongSupplier nanoTime) {
        super(out);
        this.timeoutMs = timeoutMs;
        this.nanoTime = nanoTime;
        this.began = nanoTime.getAsLong();
    }

    @Override
    public void write(int b) throws IOException {
        checkTime();
        out.write(b);
        written++;
    }

    /** @throws IOException when the time is up: what was written is no whole answer, and the connection is of no use any more */
    @Override
    public void write(byte[] bytes, int from, int length) throws IOException {
        int end = from + length;
        for (int at = from; at < end; at += PIECE_BYTES) {
            checkTime();
            int count = Math.min(PIECE_BYTES, end - at);
            out.write(bytes, at, count);
            written += count;
        }
    }

    private void checkTime() throws IOException {
        if (nanoTime.getAsLong() - began > TimeUnit.MILLISECONDS.toNanos(timeoutMs)) {
            throw new IOException("the client took " + written + " bytes of its answer within " + timeoutMs
                    + " ms (millrace.answer.timeout.ms), and not all of it");
        }
    }
}
