package io.millrace.log.segment;

import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What is known of one segment's damaged places, so that each is reported once and searched behind once. Thread-safe.
 */
public final class DamagedPlaces {
    private final Set<Long> reported = ConcurrentHashMap.newKeySet();
    private final Map<Long, Long> nextIntact = new ConcurrentHashMap<>();

    /** Whether this place is reported for the first time. */
    boolean firstReport(long position) {
        return reported.add(position);
    }

    /** Position of the first intact batch behind the damage that begins at a position, when it is known. */
    OptionalLong nextIntactAfter(long position) {
        Long next = nextIntact.get(position);
        return next == null ? OptionalLong.empty() : OptionalLong.of(next);
    }

    public void noteNextIntact(long position, long next) {
        nextIntact.put(position, next);
    }
}
