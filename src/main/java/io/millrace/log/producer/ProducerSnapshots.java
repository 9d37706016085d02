package io.millrace.log.producer;

import io.millrace.log.ProducerLimits;
import io.millrace.log.file.ReplacedFile;
import io.millrace.log.segment.LogFolder;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * The files of a log that say what was known of its producers at an offset, before the record there. They have checksums, and
 * an earlier one can take the place of any that is missing, together with the headers behind it. The newest that is not behind
 * the beginning of a segment stays as long as that, and so does the one for where the log is compacted up to; of others the two
 * newest. The log writer's.
 */
public final class ProducerSnapshots {
    private static final Logger LOG = System.getLogger(ProducerSnapshots.class.getName());
    private static final int NEWEST_KEPT = 2;

    private final LogFolder folder;
    private final TreeSet<Long> offsets;
    /** Written in this run, and maybe not on the disk yet. */
    private final TreeSet<Long> unforced = new TreeSet<>();

    private ProducerSnapshots(LogFolder folder, Collection<Long> offsets) {
        this.folder = folder;
        this.offsets = new TreeSet<>(offsets);
    }

    /** Those that are in a log's folder. */
    public static ProducerSnapshots open(LogFolder folder) throws IOException {
        return new ProducerSnapshots(folder, folder.snapshots());
    }

    /** Of the snapshots, damaged ones included. */
    public NavigableSet<Long> offsets() {
        return Collections.unmodifiableNavigableSet(offsets);
    }

    public boolean isEmpty() {
        return offsets.isEmpty();
    }

    /** Durable when it returns. */
    public void write(long offset, ProducerStates producers) throws IOException {
        file(offset).write(SnapshotFormat.encode(producers.all(), producers.undecided()));
        offsets.add(offset);
        unforced.remove(offset);
    }

    /** As {@link #write}, but nobody waits for the disk. */
    public void writeUnforced(long offset, ProducerStates producers) throws IOException {
        file(offset).writeUnforced(SnapshotFormat.encode(producers.all(), producers.undecided()));
        offsets.add(offset);
        unforced.add(offset);
    }

    /** Makes the newest one that is not behind an offset durable. */
    public void force(long offset) throws IOException {
        Long newest = offsets.floor(offset);
        if (newest != null && unforced.contains(newest)) {
            file(newest).force();
            unforced.remove(newest);
        }
    }

    /**
     * What the snapshot at an offset says; empty when it is damaged.
     *
     * @param now in ms since the epoch: all of them have been seen now
     */
    public Optional<ProducerStates> read(long offset, ProducerLimits limits, long now) throws IOException {
        byte[] bytes = folder.files().readAll(folder.snapshotFile(offset));
        try {
            ProducerStates producers = new ProducerStates(limits);
            ByteBuffer buffer = ByteBuffer.wrap(bytes);
            producers.load(SnapshotFormat.decode(buffer, now), SnapshotFormat.undecided(buffer));
            return Optional.of(producers);
        } catch (CorruptSnapshotException damage) {
            LOG.log(Level.WARNING, "{0} is damaged ({1}), and made anew from the one before it and the records",
                folder.snapshotFile(offset), damage.getMessage());
            return Optional.empty();
        }
    }

    /**
     * Producers that are in a transaction according to the snapshot at an offset; none where it is damaged, or gone since, as
     * nobody goes on from it then. Any thread.
     */
    public static InTransaction inTransaction(LogFolder folder, long offset) throws IOException {
        byte[] bytes;
        try {
            bytes = folder.files().readAll(folder.snapshotFile(offset));
        } catch (NoSuchFileException gone) {
            return new InTransaction(Set.of(), 0);
        }
        try {
            return new InTransaction(SnapshotFormat.decode(ByteBuffer.wrap(bytes), 0).stream().filter(ProducerState::isInTransaction)
                .map(ProducerState::producerId).collect(Collectors.toSet()), bytes.length);
        } catch (CorruptSnapshotException damage) {
            return new InTransaction(Set.of(), bytes.length);
        }
    }

    /** @param bytes that were read to know it */
    public record InTransaction(Set<Long> producerIds, int bytes) {
    }

    /** Removes those behind an offset; gone for certain when the folder is forced next. Returns whether there was any. */
    public boolean removeBehind(long offset) throws IOException {
        boolean any = false;
        while (!offsets.isEmpty() && offsets.last() > offset) {
            remove(offsets.last());
            any = true;
        }
        return any;
    }

    /** Removes all. */
    public void removeAll() throws IOException {
        removeBehind(Long.MIN_VALUE);
    }

    /**
     * Removes those that are not needed.
     *
     * @param needed where a start or a cut may have to know the producers: the log's first segment begins with the first of these
     */
    public void prune(List<Long> needed) throws IOException {
        Set<Long> kept = new HashSet<>(List.copyOf(offsets.descendingSet()).subList(0, Math.min(NEWEST_KEPT, offsets.size())));
        for (long offset : needed) {
            Long newest = offsets.floor(offset);
            if (newest != null && newest >= needed.get(0)) {
                kept.add(newest);
            }
        }
        for (Long offset : List.copyOf(offsets)) {
            if (!kept.contains(offset)) {
                remove(offset);
            }
        }
    }

    private void remove(long offset) throws IOException {
        folder.files().deleteIfExists(folder.snapshotFile(offset));
        offsets.remove(offset);
        unforced.remove(offset);
    }

    private ReplacedFile file(long offset) {
        return new ReplacedFile(folder.files(), folder.snapshotFile(offset));
    }
}
