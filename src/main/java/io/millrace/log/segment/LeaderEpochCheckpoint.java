package io.millrace.log.segment;

import io.millrace.log.file.EntriesCheckpoint;
import io.millrace.log.file.FileAccess;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/** Which leader epoch began at which offset: entries {@code epoch startOffset}. Changed by the log writer only. */
public final class LeaderEpochCheckpoint {
    private static final Pattern ENTRY = Pattern.compile("[0-9]{1,9} [0-9]{1,18}");

    /** An epoch, and the offset of its first record. */
    public record Entry(int epoch, long startOffset) {
        private boolean isAfter(Entry before) {
            return epoch > before.epoch && startOffset > before.startOffset;
        }
    }

    private final EntriesCheckpoint file;
    private final List<Entry> entries;
    private boolean changed;
    /** What readers see. */
    private volatile LeaderEpochs published;

    private LeaderEpochCheckpoint(EntriesCheckpoint file, List<Entry> entries, boolean changed) {
        this.file = file;
        this.entries = entries;
        this.changed = changed;
        this.published = new LeaderEpochs(entries);
    }

    /**
     * Begins empty when there is no such file or it cannot be understood.
     *
     * @param damaged is told what is wrong with it
     */
    static LeaderEpochCheckpoint open(FileAccess files, Path path, Consumer<String> damaged) throws IOException {
        EntriesCheckpoint file = new EntriesCheckpoint(files, path, ENTRY);
        List<Entry> entries = new ArrayList<>();
        AtomicBoolean wrong = new AtomicBoolean();
        for (String line : file.read(() -> wrong.set(true)).orElse(List.of())) {
            String[] parts = line.split(" ");
            Entry entry = new Entry(Integer.parseInt(parts[0]), Long.parseLong(parts[1]));
            if (!entries.isEmpty() && !entry.isAfter(entries.get(entries.size() - 1))) {
                wrong.set(true);
            }
            entries.add(entry);
        }
        if (wrong.get()) {
            damaged.accept("it is no list of ascending epochs and offsets, or not the one that was written; it is made"
                + " anew from the batches");
            entries.clear();
        }
        return new LeaderEpochCheckpoint(file, entries, wrong.get());
    }

    /** The newest epoch, or -1. */
    public int latestEpoch() {
        return entries.isEmpty() ? -1 : entries.get(entries.size() - 1).epoch();
    }

    /** Notes that an epoch, when it is newer than the newest, begins at the offset; in memory until {@link #save()}. */
    public void assign(int epoch, long startOffset) {
        if (epoch > latestEpoch()) {
            entries.add(new Entry(epoch, startOffset));
            published = new LeaderEpochs(entries);
            changed = true;
        }
    }

    public Path path() {
        return file.path();
    }

    /** Takes other epochs for true; in memory until {@link #save()}. */
    public void replace(List<Entry> others) {
        entries.clear();
        entries.addAll(others);
        published = new LeaderEpochs(entries);
        changed = true;
    }

    /** Any thread: all entries, ascending. */
    public LeaderEpochs published() {
        return published;
    }

    /** Forgets the epochs that began at or after a log's new end. */
    public void truncateFromEnd(long endOffset) {
        changed |= entries.removeIf(entry -> entry.startOffset() >= endOffset);
        published = new LeaderEpochs(entries);
    }

    /**
     * Forgets the epochs that ended before a log's new start; the one in force there begins at the start from now on.
     */
    public void truncateFromStart(long startOffset) {
        int inForce = -1;
        while (inForce + 1 < entries.size() && entries.get(inForce + 1).startOffset() <= startOffset) {
            inForce++;
        }
        if (inForce < 0 || inForce == 0 && entries.get(0).startOffset() == startOffset) {
            return;
        }
        int epoch = entries.get(inForce).epoch();
        entries.subList(0, inForce + 1).clear();
        entries.add(0, new Entry(epoch, startOffset));
        published = new LeaderEpochs(entries);
        changed = true;
    }

    /** Writes the file when something changed. */
    public void save() throws IOException {
        if (!changed) {
            return;
        }
        file.write(entries.stream().map(entry -> entry.epoch() + " " + entry.startOffset()).toList());
        changed = false;
    }
}
