package io.millrace.replica.hosting;

import io.millrace.metadata.BrokerException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;

/**
 * The fetches that wait for one partition, ordered by how many bytes must have come before it is worth looking again:
 * an append touches only those whose bytes are there, however many wait.
 */
public final class ParkedFetches {
    private static final long NEVER = Long.MAX_VALUE;

    private final Executor wakers;
    private final LongSupplier readableBytes;
    /** Guarded by itself, as is {@link #places}: the waiting fetches by the partition's byte count that wakes them. */
    private final TreeMap<Place, Parked> waiting = new TreeMap<>();
    private final Map<Parked, Place> places = new HashMap<>();
    private long lastSequence;
    private BrokerException closed;
    /** The lowest byte count that wakes anyone; read by the writer without the lock. */
    private volatile long nextWake = NEVER;
    private final AtomicBoolean waking = new AtomicBoolean();

    /** Where a fetch stands in the queue; the sequence keeps those apart that wait for the same byte. */
    private record Place(long wakeAt, long sequence) implements Comparable<Place> {
        @Override
        public int compareTo(Place other) {
            int byBytes = Long.compare(wakeAt, other.wakeAt);
            return byBytes != 0 ? byBytes : Long.compare(sequence, other.sequence);
        }
    }

    /**
     * @param wakers        runs what is woken
     * @param readableBytes how many bytes of the partition could be read by now; only grows
     */
    ParkedFetches(Executor wakers, LongSupplier readableBytes) {
        this.wakers = wakers;
        this.readableBytes = readableBytes;
    }

    /**
     * Parks a fetch until this many bytes of the partition can be read; wakes it at once when that is so already.
     */
    public void add(Parked fetch, long wakeAt) {
        BrokerException reason;
        synchronized (waiting) {
            reason = closed;
            if (reason == null) {
                Place place = new Place(wakeAt, ++lastSequence);
                waiting.put(place, fetch);
                places.put(fetch, place);
                noteNextWake();
            }
        }
        if (reason != null) {
            fetch.expel(reason);
        } else if (fetch.isOver()) {
            // Given up while it was on its way here: whoever did that has found nothing to remove.
            remove(fetch);
        } else {
            wake();
        }
    }

    public void remove(Parked fetch) {
        synchronized (waiting) {
            Place place = places.remove(fetch);
            if (place != null) {
                waiting.remove(place);
                noteNextWake();
            }
        }
    }

    /** Any thread, also the writer's: costs one comparison when nobody is due, else one task for the workers. */
    void wake() {
        if (readableBytes.getAsLong() >= nextWake && waking.compareAndSet(false, true)) {
            try {
                wakers.execute(() -> {
                    waking.set(false);
                    resumeDue(readableBytes.getAsLong());
                });
            } catch (RuntimeException | Error failure) {
                waking.set(false); // or nobody would ever be woken again
                throw failure;
            }
        }
    }

    public int size() {
        synchronized (waiting) {
            return waiting.size();
        }
    }

    /** Ends those that wait, and those yet to come. */
    void close(BrokerException reason) {
        List<Parked> ended;
        synchronized (waiting) {
            closed = reason;
            ended = new ArrayList<>(waiting.values());
            waiting.clear();
            places.clear();
            noteNextWake();
        }
        ended.forEach(fetch -> fetch.expel(reason));
    }

    /** Ends those that wait now. */
    void expel(BrokerException reason) {
        List<Parked> ended;
        synchronized (waiting) {
            ended = new ArrayList<>(waiting.values());
            waiting.clear();
            places.clear();
            noteNextWake();
        }
        ended.forEach(fetch -> wakers.execute(() -> fetch.expel(reason)));
    }

    private void resumeDue(long readable) {
        List<Parked> due;
        synchronized (waiting) {
            Map<Place, Parked> head = waiting.headMap(new Place(readable, Long.MAX_VALUE), true);
            due = new ArrayList<>(head.values());
            head.clear();
            due.forEach(places::remove);
            noteNextWake();
        }
        // One task each, so that a listener that is slow to answer one does not keep the others waiting.
        for (int i = 1; i < due.size(); i++) {
            wakers.execute(due.get(i)::resume);
        }
        if (!due.isEmpty()) {
            due.get(0).resume();
        }
    }

    private void noteNextWake() {
        nextWake = waiting.isEmpty() ? NEVER : waiting.firstKey().wakeAt();
    }
}
