package io.millrace.log;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;

/**
 * At which offset each leader epoch began, as the field keeps it: a version, a count, and a line {@code epoch
 * startOffset} for each. Changed by the directory's writer only; read from any thread.
 */
final class LeaderEpochCheckpoint {
    private static final String VERSION = "0";

    private final Path file;
    private final NavigableMap<Integer, Long> startOffsets = new ConcurrentSkipListMap<>();

    LeaderEpochCheckpoint(Path file) throws IOException {
        this.file = file;
        List<String> lines = AtomicFile.read(file);
        if (lines.isEmpty()) {
            return;
        }
        try {
            int count = Integer.parseInt(lines.get(1));
            for (String line : lines.subList(2, 2 + count)) {
                String[] fields = line.split(" ");
                startOffsets.put(Integer.parseInt(fields[0]), Long.parseLong(fields[1]));
            }
        } catch (RuntimeException e) {
            throw new IOException(file + " is not a leader epoch checkpoint", e);
        }
    }

    /** Notes an epoch that is newer than all known ones; others are known already. */
    void begin(int epoch, long startOffset) throws IOException {
        if (startOffsets.isEmpty() || epoch > startOffsets.lastKey()) {
            startOffsets.put(epoch, startOffset);
            write();
        }
    }

    /** Forgets the epochs that began at or after an offset that was cut off. */
    void truncate(long endOffset) throws IOException {
        if (startOffsets.values().removeIf(start -> start >= endOffset)) {
            write();
        }
    }

    /** Epoch to start offset. */
    NavigableMap<Integer, Long> epochs() {
        return startOffsets;
    }

    private void write() throws IOException {
        List<String> lines = new ArrayList<>(List.of(VERSION, Integer.toString(startOffsets.size())));
        for (Map.Entry<Integer, Long> epoch : startOffsets.entrySet()) {
            lines.add(epoch.getKey() + " " + epoch.getValue());
        }
        AtomicFile.replace(file, lines);
    }
}
