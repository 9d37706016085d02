package io.millrace.log.write;

import io.millrace.log.segment.Segment;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Predicate;

/**
 * The way of the scrub through the segments of one directory, over and over: which is next, and when it is due, so that they
 * are spread over the interval. The order is the same in each pass, and in each run of the server, which goes on where the
 * last one has come to: thus each segment is read once in an interval, however often the server is restarted. The scrub's
 * thread.
 */
final class ScrubPass {
    private static final Logger LOG = System.getLogger(ScrubPass.class.getName());
    /** How often it is looked whether there is anything to read, where there was nothing. */
    private static final long LOOK_NANOS = TimeUnit.MINUTES.toNanos(1);
    /** How often the progress is noted at most. */
    private static final long NOTE_NANOS = TimeUnit.MINUTES.toNanos(1);

    /** A segment by the offset that it begins with. */
    record Place(PartitionLog log, long baseOffset) {
        /** Where in a pass it is read: 48 bits that mix the segments of all logs. */
        long order() {
            long hash = (log.topic().hashCode() * 31L + log.partition()) * 0x9E3779B97F4A7C15L + baseOffset;
            hash = (hash ^ hash >>> 33) * 0xFF51AFD7ED558CCDL;
            hash = (hash ^ hash >>> 33) * 0xC4CEB9FE1A85EC53L;
            return (hash ^ hash >>> 33) >>> 16;
        }
    }

    private final LogDirectory directory;
    private final ScrubCheckpoint checkpoint;
    private final long intervalMs;
    private final Clock clock;
    private final LongSupplier nanoTime;
    private boolean resumed;
    /** When the pass began, in ms since the epoch, and in the time of intervals. */
    private long beginMs;
    private long beginNanos;
    /** Of this pass, in its order. */
    private List<Place> places = List.of();
    private int next;
    private long due;
    private long nextNote;

    ScrubPass(LogDirectory directory, long intervalMs, Clock clock, LongSupplier nanoTime) {
        this.directory = directory;
        this.checkpoint = directory.checkpoints().scrub();
        this.intervalMs = intervalMs;
        this.clock = clock;
        this.nanoTime = nanoTime;
        this.due = nanoTime.getAsLong();
        this.nextNote = due;
    }

    /** When {@link #advance} is to be called, in the time of intervals. */
    long due() {
        return due;
    }

    /**
     * Has the next segment read, or begins the next pass.
     *
     * @param scrub reads one, and says whether to go on
     * @return whether to go on
     */
    boolean advance(Predicate<Place> scrub) {
        if (next < places.size()) {
            Place place = places.get(next);
            if (!scrub.test(place)) {
                return false;
            }
            next++;
            note(place);
        } else {
            begin();
        }
        due = places.isEmpty()
            ? nanoTime.getAsLong() + Math.min(LOOK_NANOS, TimeUnit.MILLISECONDS.toNanos(intervalMs))
            : beginNanos + nanosUntilNext();
        return true;
    }

    /** Goes on where the run before has come to; after that with the first segment. */
    private void begin() {
        Optional<ScrubCheckpoint.Progress> before = resumed ? Optional.empty() : checkpoint.read();
        resumed = true;
        places = places();
        next = before.map(progress -> behind(progress.order())).orElse(0);
        long now = clock.millis();
        // Where the clock was set back since, it tells nothing: then the pass counts as being in time.
        beginMs = before.map(ScrubCheckpoint.Progress::begin).filter(begin -> begin <= now)
            .orElse(now - TimeUnit.NANOSECONDS.toMillis(nanosUntilNext()));
        beginNanos = nanoTime.getAsLong() - TimeUnit.MILLISECONDS.toNanos(Math.min(now - beginMs, intervalMs));
    }

    /** From the begin of the pass to the next segment, or to the pass's end. */
    private long nanosUntilNext() {
        return places.isEmpty() ? 0
            : (long) ((double) next / places.size() * TimeUnit.MILLISECONDS.toNanos(intervalMs));
    }

    private List<Place> places() {
        List<Place> found = new ArrayList<>();
        for (PartitionLog log : directory.logs()) {
            for (Segment segment : log.lastView().segments()) {
                found.add(new Place(log, segment.baseOffset()));
            }
        }
        found.sort(Comparator.comparingLong(Place::order));
        return found;
    }

    private int behind(long order) {
        return (int) places.stream().filter(place -> place.order() <= order).count();
    }

    private void note(Place last) {
        long now = nanoTime.getAsLong();
        if (now - nextNote < 0 || directory.failure() != null) {
            return;
        }
        nextNote = now + NOTE_NANOS;
        try {
            checkpoint.write(new ScrubCheckpoint.Progress(beginMs, last.order()));
        } catch (IOException e) {
            LOG.log(Level.WARNING, () -> "how far the segments in " + directory.root() + " were read again could not be noted;"
                + " that is tried again", e);
        }
    }
}
