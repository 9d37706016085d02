package io.millrace.rest.routing;

import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Queue;

/** A body that comes when a test says so, as a container brings it. */
final class ArrivingStream extends ServletInputStream {
    private final Queue<ByteBuffer> pieces = new ArrayDeque<>();
    private ReadListener listener;
    private boolean awaited = true;
    private boolean ended;
    RuntimeException failure;
    volatile int taken;
    volatile boolean closed;

    /** Brings bytes. */
    void bring(byte[] bytes) throws IOException {
        bring(bytes, false);
    }

    /** Brings the last bytes, or the end alone. */
    void end(byte[] bytes) throws IOException {
        bring(bytes, true);
        listener.onAllDataRead();
    }

    private void bring(byte[] bytes, boolean last) throws IOException {
        boolean tell;
        synchronized (this) {
            if (bytes.length > 0) {
                pieces.add(ByteBuffer.wrap(bytes));
            }
            ended = last;
            tell = awaited;
            awaited = false;
        }
        if (tell) {
            listener.onDataAvailable();
        }
    }

    void breakOff(Throwable why) {
        listener.onError(why);
    }

    @Override
    public synchronized int read(byte[] into, int from, int wanted) {
        if (failure != null) {
            throw failure;
        }
        ByteBuffer piece = pieces.peek();
        if (piece == null) {
            if (!ended) {
                throw new IllegalStateException("read where nothing is");
            }
            return -1;
        }
        int count = Math.min(wanted, piece.remaining());
        piece.get(into, from, count);
        if (!piece.hasRemaining()) {
            pieces.remove();
        }
        taken += count;
        return count;
    }

    @Override
    public int read() {
        throw new AssertionError("read one by one");
    }

    @Override
    public synchronized boolean isFinished() {
        return ended && pieces.isEmpty();
    }

    @Override
    public synchronized boolean isReady() {
        boolean ready = !pieces.isEmpty() || ended;
        awaited = !ready;
        return ready;
    }

    @Override
    public void setReadListener(ReadListener given) {
        listener = given;
    }

    @Override
    public void close() {
        closed = true;
    }
}
