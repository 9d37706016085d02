package io.millrace.log.segment;

import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongPredicate;

/**
 * What is known of one segment's damaged places, so that each is reported once and searched behind once. Thread-safe.
 */
public final class DamagedPlaces {
    /** The last offset of each place by its position. */
    private final Map<Long, Long> reported = new ConcurrentHashMap<>();
    private final Set<Long> reportedEpochs = ConcurrentHashMap.newKeySet();
    private final Map<Long, Long> nextIntact = new ConcurrentHashMap<>();

    /** Whether this place is reported for the first time, or was forgotten since. */
    boolean firstReport(SegmentDamage damage) {
        return reported.put(damage.position(), damage.lastOffset()) == null;
    }

    /** Whether the leader epoch of the batch at an offset is reported for the first time. */
    boolean firstEpochReport(long offset) {
        return reportedEpochs.add(offset);
    }

    /** A place that was reported is damaged no more, or not known to be. */
    void forget(long position) {
        reported.remove(position);
        nextIntact.remove(position);
    }

    /** Whatever stood at a position and behind it is cut off. */
    void forgetIntactFrom(long position) {
        nextIntact.entrySet().removeIf(known -> known.getKey() >= position || known.getValue() >= position);
    }

    /** The last offsets of the places that were reported. */
    public Set<Long> lastOffsets() {
        return Set.copyOf(reported.values());
    }

    /**
     * Forgets the places with such last offsets.
     *
     * @return where they begin
     */
    List<Long> forgetWhere(LongPredicate lastOffset) {
        List<Long> positions = reported.entrySet().stream().filter(place -> lastOffset.test(place.getValue()))
            .map(Map.Entry::getKey).toList();
        positions.forEach(this::forget);
        return positions;
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
