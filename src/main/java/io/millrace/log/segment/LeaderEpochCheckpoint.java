package io.millrace.log.segment;

import io.millrace.log.file.CheckpointFile;
import io.millrace.log.file.FileAccess;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/**
 * Which leader epoch began at which offset: a line with the format's version, a line with the number of entries, and a
 * line {@code epoch startOffset} for each. Changed by the log writer only.
 */
public final class LeaderEpochCheckpoint {
    private static final String VERSION = "0";
    private static final Pattern ENTRY = Pattern.compile("[0-9]{1,9} [0-9]{1,18}");

    /** An epoch, and the offset of its first record. */
    public record Entry(int epoch, long startOffset) {
        private boolean isAfter(Entry before) {
            return epoch > before.epoch && startOffset > before.startOffset;
        }
    }

    private final CheckpointFile file;
    private final List<Entry> entries;
    private boolean changed;
    /** What readers see. */
    private volatile LeaderEpochs published;

    private LeaderEpochCheckpoint(CheckpointFile file, List<Entry> entries) {
        this.file = file;
        this.entries = entries;
        this.published = new LeaderEpochs(entries);
    }

    /**
     * Begins empty when there is no such file or it cannot be understood.
     *
     * @param damaged is told what is wrong with it
     */
    static LeaderEpochCheckpoint open(FileAccess files, Path path, Consumer<String> damaged) throws IOException {
        CheckpointFile file = new CheckpointFile(files, path);
        List<String> lines = file.read().orElse(List.of(VERSION, "0"));
        List<Entry> entries = new ArrayList<>();
        boolean understood = lines.size() >= 2 && lines.get(0).equals(VERSION)
            && lines.get(1).equals(Integer.toString(lines.size() - 2));
        for (int i = 2; understood && i < lines.size(); i++) {
            understood = ENTRY.matcher(lines.get(i)).matches();
            if (understood) {
                String[] parts = lines.get(i).split(" ");
                Entry entry = new Entry(Integer.parseInt(parts[0]), Long.parseLong(parts[1]));
                understood = entries.isEmpty() || entry.isAfter(entries.get(entries.size() - 1));
                entries.add(entry);
            }
        }
        if (!understood) {
            damaged.accept("it is no list of ascending epochs and offsets; it is made anew from the batches");
            entries.clear();
        }
        return new LeaderEpochCheckpoint(file, entries);
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
        List<String> lines = new ArrayList<>();
        lines.add(VERSION);
        lines.add(Integer.toString(entries.size()));
        for (Entry entry : entries) {
            lines.add(entry.epoch() + " " + entry.startOffset());
        }
        file.write(lines);
        changed = false;
    }
}
