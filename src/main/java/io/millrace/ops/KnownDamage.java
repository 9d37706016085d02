package io.millrace.ops;

import io.millrace.log.CorruptLogException;
import io.millrace.log.DamagedFile;
import io.millrace.log.LogObserver;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Keeps in mind which batches and files were found damaged since the start, each once although every read finds it again, and
 * passes on what the logs tell. Any thread.
 */
final class KnownDamage implements LogObserver {
    /** Enough for an operator; the server's log has them all. */
    private static final int MAX_NOTES = 100;

    private final LogObserver next;
    /** Guarded by this. */
    private final Set<String> notes = new LinkedHashSet<>();
    /** Those batches of the notes that nobody has been told of who could heal them. Guarded by this. */
    private final List<CorruptLogException> unhealed = new ArrayList<>();
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
        boolean isNew = isNew(damage.getMessage());
        if (isNew) {
            next.damaged(damage);
        }
        toHeal(damage, isNew).ifPresent(ready -> ready.accept(damage));
    }

    private synchronized Optional<Consumer<CorruptLogException>> toHeal(CorruptLogException damage, boolean isNew) {
        if (healer == null && isNew && unhealed.size() < MAX_NOTES) {
            unhealed.add(damage);
        }
        return Optional.ofNullable(healer);
    }

    /** @param told of each damaged batch from now on, and of those that were found before */
    void healBy(Consumer<CorruptLogException> told) {
        List<CorruptLogException> before;
        synchronized (this) {
            healer = told;
            before = List.copyOf(unhealed);
            unhealed.clear();
        }
        before.forEach(told);
    }

    @Override
    public void damagedFile(DamagedFile damage) {
        if (isNew(damage.message())) {
            next.damagedFile(damage);
        }
    }

    private synchronized boolean isNew(String note) {
        return notes.size() < MAX_NOTES ? notes.add(note) : !notes.contains(note);
    }

    /** Each with topic, partition, segment and position. */
    synchronized List<String> all() {
        return List.copyOf(notes);
    }
}
