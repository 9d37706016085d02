package io.millrace.log;

import java.util.concurrent.atomic.AtomicLong;

/**
 * How many idempotent producers the logs of a server know, all together: what these take of its memory. Thread-safe; the writer of
 * each log tells what has changed there.
 *
 * <p>It grows with the producers that write for the first time to a partition. When there are as many as may be, leaders take none
 * any more that are new to their partition; what leaders took, followers and recovery take, too, and so do leaders the
 * marker of a transaction for which there was room when it was verified: there may be more for a while.
 */
public final class ProducerCount {
    private final long most;
    private final AtomicLong known = new AtomicLong();

    /** @param most of all logs: 1 and above */
    public ProducerCount(long most) {
        LogConfig.check("producers", most, 1, Long.MAX_VALUE);
        this.most = most;
    }

    /** @param change of a log, which may be below 0 */
    public void add(int change) {
        known.addAndGet(change);
    }

    /** One that is known in several logs counts in each. */
    public long known() {
        return known.get();
    }

    /** Whether there is room for a further one. */
    public boolean hasRoom() {
        return known() < most;
    }

    /** @throws TooManyProducersException when there is room for no further one */
    public void requireRoom(LogName log, long producerId) {
        if (!hasRoom()) {
            throw new TooManyProducersException(("producer %d is new in %s, and this server knows %d idempotent producers of all its"
                + " partitions where %d may be (millrace.producers.max): use those that there are, wait until some that are silent"
                + " expire (millrace.producer.id.expiration.ms), or raise that").formatted(producerId, log, known(), most));
        }
    }
}
