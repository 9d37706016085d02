package io.millrace.ops;

import io.millrace.log.CorruptLogException;
import io.millrace.log.DamagedFile;
import io.millrace.log.LogName;
import io.millrace.log.LogObserver;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Keeps in mind which batches are damaged, until they are mended, and which small files were found so since the start, each
 * once although every read finds it again; and passes on what the logs tell. Any thread.
 */
final class KnownDamage implements LogObserver {
    /** Enough for an operator; the server's log has them all, and those that are left are found again by the scrub. */
    static final int MAX_NOTES = 1_000;
    private static final long NO_BATCH = -1;

    /**
     * What is damaged.
     *
     * @param lastOffset the last one that cannot be read, or {@link #NO_BATCH}
     * @param file       the small file and what is wrong with it, else empty
     */
    private record Place(LogName log, long lastOffset, String file) {
        static Place of(CorruptLogException damage) {
            return new Place(new LogName(damage.topic(), damage.partition()), damage.nextReadableOffset() - 1, "");
        }

        static Place of(DamagedFile damage) {
            return new Place(new LogName(damage.topic(), damage.partition()), NO_BATCH, damage.message());
        }

        boolean isBatch() {
            return file.isEmpty();
        }

        boolean isWithin(LogName name, long from, long to) {
            boolean whole = from == 0 && to == Long.MAX_VALUE;
            return log.equals(name) && (whole || lastOffset >= from && lastOffset < to);
        }
    }

    private final LogObserver next;
    /** A sentence for each, in the order in which they were found. Guarded by this. */
    private final Map<Place, String> notes = new LinkedHashMap<>();
    /** Those batches of the notes that nobody has been told of who could heal them. Guarded by this. */
    private final Map<Place, CorruptLogException> unhealed = new LinkedHashMap<>();
    /** Guarded by this; null until there is one. */
    private Consumer<CorruptLogException> healer;

    KnownDamage(LogObserver next) {
        this.next = next;
    }

    @Override
    public void forced(long nanos) {
        next.forced(nanos);
    }

    @Override
    public void drained(int appends, long bytes) {
        next.drained(appends, bytes);
    }

    @Override
    public void damaged(CorruptLogException damage) {
        Place place = Place.of(damage);
        boolean isNew = isNew(place, damage.getMessage());
        if (isNew) {
            next.damaged(damage);
        }
        toHeal(place, damage).ifPresent(ready -> ready.accept(damage));
    }

    private synchronized Optional<Consumer<CorruptLogException>> toHeal(Place place, CorruptLogException damage) {
        if (healer == null && notes.containsKey(place)) {
            unhealed.put(place, damage);
        }
        return Optional.ofNullable(healer);
    }

    /** @param told of each damaged batch from now on, and of those that were found before and are not mended */
    void healBy(Consumer<CorruptLogException> told) {
        List<CorruptLogException> before;
        synchronized (this) {
            healer = told;
            before = List.copyOf(unhealed.values());
            unhealed.clear();
        }
        before.forEach(told);
    }

    @Override
    public void mended(LogName log, long from, long to) {
        forget(log, from, to);
        next.mended(log, from, to);
    }

    private synchronized void forget(LogName log, long from, long to) {
        notes.keySet().removeIf(place -> place.isWithin(log, from, to));
        unhealed.keySet().removeIf(place -> place.isWithin(log, from, to));
    }

    @Override
    public void damagedFile(DamagedFile damage) {
        if (isNew(Place.of(damage), damage.message())) {
            next.damagedFile(damage);
        }
    }

    private synchronized boolean isNew(Place place, String note) {
        return notes.size() < MAX_NOTES ? notes.putIfAbsent(place, note) == null : !notes.containsKey(place);
    }

    /** Each with topic, partition, segment and position. */
    synchronized List<String> all() {
        return List.copyOf(notes.values());
    }

    /** How many damaged batches it has in mind. */
    synchronized long batches() {
        return notes.keySet().stream().filter(Place::isBatch).count();
    }
}
