package io.millrace.replica.core;

import java.util.Collections;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Where damaged batches were found in a replica's log and are not mended yet.
 *
 * @param offsets an offset of each such batch, of the first ones of the log: the others are met again
 */
public record Damage(SortedSet<Long> offsets) {
    static final Damage NONE = new Damage(Collections.emptySortedSet());
    private static final int MAX_OFFSETS = 100;

    public Damage {
        offsets = Collections.unmodifiableSortedSet(offsets);
    }

    public boolean isNone() {
        return offsets.isEmpty();
    }

    /** @throws java.util.NoSuchElementException when there is none */
    public long first() {
        return offsets.first();
    }

    Damage with(long offset) {
        SortedSet<Long> all = new TreeSet<>(offsets);
        all.add(offset);
        if (all.size() > MAX_OFFSETS) {
            all.remove(all.last());
        }
        return new Damage(all);
    }

    Damage without(long offset) {
        SortedSet<Long> left = new TreeSet<>(offsets);
        left.remove(offset);
        return new Damage(left);
    }
}
