package io.millrace.log;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** One offset in a file of its own: a line with the format's version, and a line with the offset. */
final class OffsetCheckpoint {
    private static final Logger LOG = System.getLogger(OffsetCheckpoint.class.getName());
    private static final String VERSION = "0";
    private static final Pattern OFFSET = Pattern.compile("[0-9]{1,18}");

    private final CheckpointFile file;

    OffsetCheckpoint(FileAccess files, Path path) {
        this.file = new CheckpointFile(files, path);
    }

    void write(long offset) throws IOException {
        file.write(List.of(VERSION, Long.toString(offset)));
    }

    /** Zero, which is always safe, when there is no such file or it cannot be understood. */
    long read() throws IOException {
        Optional<List<String>> lines = file.read();
        if (lines.isEmpty()) {
            return 0;
        }
        List<String> found = lines.get();
        if (found.size() == 2 && found.get(0).equals(VERSION) && OFFSET.matcher(found.get(1)).matches()) {
            return Long.parseLong(found.get(1));
        }
        LOG.log(Level.WARNING, "{0} is damaged and taken for offset 0; it is written anew in time", file.path());
        return 0;
    }
}
