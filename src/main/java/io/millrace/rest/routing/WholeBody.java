package io.millrace.rest.routing;

import io.millrace.rest.body.MemoryBudget;
import io.millrace.rest.dialect.RequestException;
import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;

/** A small body as a whole, read as it comes, on the threads that bring it. */
final class WholeBody implements ReadListener {
    private static final int PIECE_BYTES = 8 * 1024;

    private final ServletInputStream in;
    private final int maxBytes;
    private final MemoryBudget.Reservation memory;
    private final ByteArrayOutputStream read = new ByteArrayOutputStream();
    private final CompletableFuture<byte[]> whole = new CompletableFuture<>();

    /** @param memory grows with it */
    WholeBody(ServletInputStream in, int maxBytes, MemoryBudget.Reservation memory) {
        this.in = in;
        this.maxBytes = maxBytes;
        this.memory = memory;
    }

    /**
     * To be called once, on the request's thread.
     *
     * @return fails with a {@link RequestException}: 413 when it is too large, 503 when there is no memory for it, and when it does
     *         not come as it should
     */
    CompletableFuture<byte[]> read() {
        in.setReadListener(this);
        return whole;
    }

    @Override
    public void onDataAvailable() throws IOException {
        byte[] piece = new byte[PIECE_BYTES];
        try {
            while (!whole.isDone() && in.isReady()) {
                int count = in.read(piece, 0, piece.length);
                if (count < 0) {
                    whole.complete(read.toByteArray());
                    return;
                }
                add(piece, count);
            }
        } catch (RequestException wrong) {
            whole.completeExceptionally(wrong);
        }
    }

    private void add(byte[] piece, int count) {
        if (read.size() + count > maxBytes) {
            throw RequestException.tooLarge("the request is larger than " + maxBytes + " bytes");
        }
        memory.growTo(2L * (read.size() + count)); // the array grows by doubling
        read.write(piece, 0, count);
    }

    @Override
    public void onAllDataRead() throws IOException {
        if (!whole.isDone()) {
            onDataAvailable(); // it may have ended too early, which a read tells
        }
    }

    @Override
    public void onError(Throwable failure) {
        whole.completeExceptionally(failure instanceof RequestException told ? told
                : RequestException.brokenOff("the request body broke off", failure));
    }
}
