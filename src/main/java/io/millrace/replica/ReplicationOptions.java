package io.millrace.replica;

import java.util.concurrent.TimeUnit;

/**
 * Times of replication, in ns, and amounts.
 *
 * @param maxLagNanos            a replica that lacks something for longer is not in sync
 * @param leaseNanos             for how long after the agreement last answered this broker serves reads, and acks
 *                               other than all
 * @param balanceNanos           how long the brokers must be the same before preferred leaders take over
 * @param commitNanos            how long acks=all waits for the in-sync replicas
 * @param throttleBytesPerSecond what replicas that are not in sync fetch, all together; 0: no bound
 * @param aheadBytes             a follower that got so many bytes at once asks for more before it has forced them
 */
public record ReplicationOptions(long maxLagNanos, long leaseNanos, long balanceNanos, long commitNanos,
                                 long throttleBytesPerSecond, int aheadBytes) {
    /** So much that there is more, most likely: less is fetched again only when it is durable, with one request for both. */
    public static final int AHEAD_BYTES = 256 << 10;

    public static final ReplicationOptions DEFAULT = new ReplicationOptions(TimeUnit.SECONDS.toNanos(10),
            TimeUnit.SECONDS.toNanos(4), TimeUnit.SECONDS.toNanos(30), TimeUnit.SECONDS.toNanos(30), 0,
            AHEAD_BYTES);
}
