package io.millrace.security;

import java.util.LinkedHashMap;
import java.util.function.LongSupplier;

/**
 * Holds callers to their quotas on this server. Those that asked least lately are forgotten when they are too many, and begin anew.
 * Thread-safe.
 */
public final class Throttle {
    private final int most;
    private final LongSupplier nanos;
    /** Guarded by itself; the one that was used longest ago first. */
    private final LinkedHashMap<String, Spent> callers = new LinkedHashMap<>(16, 0.75f, true);

    /**
     * @param most  callers that are kept in mind, some 300 bytes each
     * @param nanos a clock, in ns
     */
    public Throttle(int most, LongSupplier nanos) {
        this.most = most;
        this.nanos = nanos;
    }

    /** Whether records are appended or read. */
    public enum Traffic {
        NONE, PRODUCE, FETCH
    }

    /** What one caller used lately. */
    public static final class Spent {
        private final TokenBucket requests = new TokenBucket();
        private final TokenBucket produced = new TokenBucket();
        private final TokenBucket fetched = new TokenBucket();

        /** These bytes came or went, beyond what there was room for as it may be. */
        public void bytes(Traffic traffic, long count) {
            if (traffic != Traffic.NONE) {
                (traffic == Traffic.PRODUCE ? produced : fetched).take(count);
            }
        }
    }

    /**
     * One more request of a caller.
     *
     * @param key that tells it from others: its name or address
     * @return how long it has to wait before it may come again, in ms; 0: it may go on
     */
    public long request(String key, Quota quota, Traffic traffic) {
        Spent spent = spent(key);
        long now = nanos.getAsLong();
        long wait = waitMs(spent.requests, quota.requests(), now);
        if (traffic == Traffic.PRODUCE) {
            wait = Math.max(wait, waitMs(spent.produced, quota.produceBytes(), now));
        } else if (traffic == Traffic.FETCH) {
            wait = Math.max(wait, waitMs(spent.fetched, quota.fetchBytes(), now));
        }
        if (wait == 0 && quota.requests() != null) {
            spent.requests.take(1);
        }
        return wait;
    }

    /**
     * How long who is in the middle of a request is to pause, by the bytes that came or went, in ms; 0: not at all.
     *
     * @param spent by the caller whose quota that is
     */
    public long pauseMs(Spent spent, Quota quota, Traffic traffic) {
        return switch (traffic) {
            case NONE -> 0;
            case PRODUCE -> waitMs(spent.produced, quota.produceBytes(), nanos.getAsLong());
            case FETCH -> waitMs(spent.fetched, quota.fetchBytes(), nanos.getAsLong());
        };
    }

    private static long waitMs(TokenBucket bucket, Long perSecond, long now) {
        return perSecond == null ? 0 : bucket.waitMs(perSecond, now);
    }

    /** To count what goes on after the request was let in. */
    public Spent spent(String key) {
        synchronized (callers) {
            Spent spent = callers.computeIfAbsent(key, none -> new Spent());
            if (callers.size() > most) {
                callers.remove(eldest());
            }
            return spent;
        }
    }

    private String eldest() {
        return callers.entrySet().iterator().next().getKey();
    }

    int size() {
        synchronized (callers) {
            return callers.size();
        }
    }
}
