package io.millrace.rest.entry;

import io.millrace.rest.dialect.RequestException;
import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletInputStream;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * A request's body as it comes: within its time as a whole, and waited for only where there is room to wait. What goes wrong comes
 * out as {@link RequestException}; the connection cannot be used for another request then, which is told by {@code broken}.
 */
final class UploadStream extends ServletInputStream {
    /** Who waits for a body. */
    @FunctionalInterface
    interface Turnstile {
        /**
         * @param begun whether something of the body came already
         * @throws RequestException 503 when there is no room to wait
         */
        Uploads.Wait enter(boolean begun);
    }

    private final ServletInputStream in;
    private final long told;
    private final long maxBytes;
    private final long timeoutMs;
    private final Turnstile turnstile;
    private final LongSupplier nanoTime;
    private final Runnable broken;
    /** Whether each piece has the whole time anew. */
    private final boolean renewed;
    private long began;
    /** Whether it is read as it comes, without waiting for it; set before that begins. */
    private volatile boolean listening;
    /** Where it waits then; guarded by this, as the next. */
    private Uploads.Wait place;
    private boolean over;
    private long count;

    /**
     * @param told      how many bytes the request tells, or {@link BodyLength#UNTOLD}
     * @param maxBytes  as they are sent
     * @param timeoutMs from now to the last byte
     * @param renewed   the time is from each piece to the next
     * @param turnstile is passed for each read whose bytes are not known to be there
     * @param broken    is told before an error is
     */
    UploadStream(ServletInputStream in, long told, long maxBytes, long timeoutMs, boolean renewed,
                 Turnstile turnstile, LongSupplier nanoTime, Runnable broken) {
        this.in = in;
        this.told = told;
        this.maxBytes = maxBytes;
        this.timeoutMs = timeoutMs;
        this.renewed = renewed;
        this.turnstile = turnstile;
        this.nanoTime = nanoTime;
        this.broken = broken;
        this.began = nanoTime.getAsLong();
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    /** @throws RequestException 408 when the time is up, 413 when it is larger than any may be, 503 when there is no room to wait */
    @Override
    public int read(byte[] into, int from, int wanted) {
        try {
            // between pieces that a thread reads the time may be ours, of a pause for a quota; the container bounds each read
            boolean clients = !renewed || listening;
            if (clients && nanoTime.getAsLong() - began > TimeUnit.MILLISECONDS.toNanos(timeoutMs)) {
                throw RequestException.timedOut("the request body did not come within %d ms (millrace.request.body.timeout.ms); %d bytes"
                        .formatted(timeoutMs, count) + " of it did: send less at a time", null);
            }
            int n = listening || isAtHand() ? in.read(into, from, wanted) : await(into, from, wanted);
            if (n > 0) {
                count += n;
                began = renewed ? nanoTime.getAsLong() : began;
                if (count > maxBytes) {
                    throw RequestException.tooLarge("the request is larger than " + maxBytes
                            + " bytes (millrace.request.max.bytes); send less at a time");
                }
            } else if (n < 0 && count < told) {
                throw RequestException.badRequest("the request body ended after " + count + " of " + told + " bytes");
            }
            return n;
        } catch (IOException e) {
            broken.run();
            throw brokenOff(e);
        } catch (RequestException e) {
            broken.run();
            throw e;
        }
    }

    private RequestException brokenOff(Throwable failure) {
        return failure instanceof InterruptedIOException ? RequestException.timedOut("the request body did not come in time: too little"
                + " after " + count + " bytes; send it faster, or less at a time", failure)
                : RequestException.brokenOff("the request body broke off after " + count + " bytes", failure);
    }

    /** Never before the first read: Liberty's stream looks for bytes only when it is read, and has none available until then. */
    private boolean isAtHand() throws IOException {
        return count == told || in.available() > 0;
    }

    private int await(byte[] into, int from, int wanted) throws IOException {
        try (Uploads.Wait wait = turnstile.enter(count > 0)) {
            return in.read(into, from, wanted);
        }
    }

    @Override
    public int available() throws IOException {
        return in.available();
    }

    @Override
    public boolean isFinished() {
        return in.isFinished();
    }

    /** @throws RequestException 503 when there is no room to wait for what does not come yet */
    @Override
    public boolean isReady() {
        boolean ready = in.isReady();
        if (listening) {
            if (ready) {
                leave();
            } else {
                enter();
            }
        }
        return ready;
    }

    /** A body that is waited for without a thread has its place among those that are waited for all the same. */
    @Override
    public void setReadListener(ReadListener listener) {
        listening = true;
        in.setReadListener(new ReadListener() {
            @Override
            public void onDataAvailable() throws IOException {
                leave();
                listener.onDataAvailable();
            }

            @Override
            public void onAllDataRead() throws IOException {
                leave();
                listener.onAllDataRead();
            }

            @Override
            public void onError(Throwable failure) {
                broken.run();
                leave();
                listener.onError(brokenOff(failure));
            }
        });
    }

    private synchronized void enter() {
        if (place == null && !over) {
            try {
                place = turnstile.enter(count > 0);
            } catch (RequestException e) {
                broken.run();
                throw e;
            }
        }
    }

    private synchronized void leave() {
        if (place != null) {
            place.close();
            place = null;
        }
    }

    /** What has not come yet is not wanted any more. */
    @Override
    public void close() throws IOException {
        if (!listening) {
            if (renewed && !in.isFinished()) {
                broken.run(); // there is no telling how much more would come
            }
            in.close();
            return;
        }
        synchronized (this) {
            over = true;
            leave();
        }
        if (!in.isFinished()) {
            broken.run();
        }
    }
}
