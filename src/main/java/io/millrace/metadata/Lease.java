package io.millrace.metadata;

import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * For how long this broker may believe that nobody has taken its leaderships over: from each question on that the
 * agreement has answered, and after it a majority of the journals, which promise no later one. Reads and acks other than all lean on it, and nothing else. Measured by a clock that goes on while the process is
 * halted, and that no change of the wall clock moves. Thread-safe.
 */
public final class Lease {
    private final long nanos;
    private final LongSupplier nanoTime;
    private final AtomicLong until;

    /** @param nanos how long an answer is good for, in ns */
    public Lease(long nanos, LongSupplier nanoTime) {
        this.nanos = nanos;
        this.nanoTime = nanoTime;
        this.until = new AtomicLong(nanoTime.getAsLong());
    }

    /** The agreement, and a majority behind it, answered a question that was asked at this time, in ns. */
    public void renew(long askedAt) {
        until.accumulateAndGet(askedAt + nanos, (held, offered) -> offered - held > 0 ? offered : held);
    }

    /** Whether so much of it is over that it should be renewed. */
    public boolean isHalfOver() {
        return until.get() - nanoTime.getAsLong() < nanos / 2;
    }

    public boolean holds() {
        return until.get() - nanoTime.getAsLong() > 0;
    }

    /** @throws BrokerException UNAVAILABLE */
    public void require() {
        if (!holds()) {
            throw new BrokerException(ErrorKind.UNAVAILABLE, "this broker is cut off from the rest of the cluster and"
                    + " may not lead any more: try another one, or again later");
        }
    }
}
