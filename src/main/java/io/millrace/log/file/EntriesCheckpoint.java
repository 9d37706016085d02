package io.millrace.log.file;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Entries of one kind in a file of their own: a line with the format's version, a line with the number of entries, a
 * line for each, and one with the checksum of what stands before it, which earlier versions did not write.
 */
public final class EntriesCheckpoint {
    private static final String VERSION = "0";
    private static final int LINES_BEFORE = 2;

    private final CheckpointFile file;
    private final Pattern entry;

    /** @param entry what a line of an entry looks like */
    public EntriesCheckpoint(FileAccess files, Path path, Pattern entry) {
        this.file = new CheckpointFile(files, path);
        this.entry = entry;
    }

    public Path path() {
        return file.path();
    }

    /** Durable when it returns; the old entries or the new ones are there when it throws. */
    public void write(List<String> entries) throws IOException {
        List<String> lines = new ArrayList<>(entries.size() + LINES_BEFORE + 1);
        lines.add(VERSION);
        lines.add(Integer.toString(entries.size()));
        lines.addAll(entries);
        lines.add(checksum(lines));
        file.write(lines);
    }

    /**
     * The entries; empty when there is no such file, or it is not what was written.
     *
     * @param damaged is told in the second case
     */
    public Optional<List<String>> read(Runnable damaged) throws IOException {
        Optional<List<String>> lines = file.read();
        if (lines.isEmpty()) {
            return Optional.empty();
        }
        List<String> found = lines.get();
        Optional<List<String>> entries = isWhole(found) ? Optional.of(found)
            : checked(found).filter(this::isWhole);
        if (entries.isEmpty()) {
            damaged.run();
        }
        return entries.map(whole -> whole.subList(LINES_BEFORE, whole.size()));
    }

    /** The lines before the checksum, when it is theirs. */
    private static Optional<List<String>> checked(List<String> lines) {
        if (lines.isEmpty()) {
            return Optional.empty();
        }
        List<String> before = lines.subList(0, lines.size() - 1);
        return lines.get(lines.size() - 1).equals(checksum(before)) ? Optional.of(before) : Optional.empty();
    }

    private boolean isWhole(List<String> lines) {
        int size = lines.size();
        return size >= LINES_BEFORE && lines.get(0).equals(VERSION)
            && lines.get(1).equals(Integer.toString(size - LINES_BEFORE))
            && lines.subList(LINES_BEFORE, size).stream().allMatch(line -> entry.matcher(line).matches());
    }

    private static String checksum(List<String> lines) {
        return CheckpointFile.checksum(String.join("\n", lines));
    }
}
