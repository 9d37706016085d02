package io.millrace.rest.routing;

import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * What an answer's client takes of the time it has: only that counts in which something is written, for the waits between are the
 * owner's. Used by one thread after the other.
 */
final class WritingTime {
    private final long timeoutMs;
    private final LongSupplier nanoTime;
    private long spent;

    /** @param timeoutMs for a whole answer, or for each part of a stream */
    WritingTime(long timeoutMs, LongSupplier nanoTime) {
        this.timeoutMs = timeoutMs;
        this.nanoTime = nanoTime;
    }

    /** Something that may keep its writer waiting. */
    @FunctionalInterface
    interface Write {
        void run() throws IOException;
    }

    /** @throws IOException when the time was up before, and nothing is written; or what the write throws */
    void spend(Write write) throws IOException {
        if (spent > TimeUnit.MILLISECONDS.toNanos(timeoutMs)) {
            throw new IOException("the client did not take its answer within " + timeoutMs + " ms (millrace.answer.timeout.ms)");
        }
        long began = nanoTime.getAsLong();
        try {
            write.run();
        } finally {
            spent += nanoTime.getAsLong() - began;
        }
    }

    /** A part of a stream was taken: the next one has the whole time. */
    void beginAnew() {
        spent = 0;
    }
}
