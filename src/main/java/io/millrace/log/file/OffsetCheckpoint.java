package io.millrace.log.file;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/**
 * One offset in a file of its own: a line with the format's version, a line with the offset, and one with the checksum
 * of the offset's digits, which earlier versions did not write.
 */
public final class OffsetCheckpoint {
    private static final String VERSION = "0";
    private static final Pattern OFFSET = Pattern.compile("[0-9]{1,18}");
    private static final int PLAIN_LINES = 2;
    private static final int CHECKED_LINES = 3;

    /**
     * @param offset  zero, which is always safe, when there is no such file or it cannot be understood
     * @param checked whether its checksum was right, so that it is what was written
     */
    public record Value(long offset, boolean checked) {
        private static final Value NONE = new Value(0, false);
    }

    private final CheckpointFile file;

    public OffsetCheckpoint(FileAccess files, Path path) {
        this.file = new CheckpointFile(files, path);
    }

    public Path path() {
        return file.path();
    }

    public void write(long offset) throws IOException {
        String digits = Long.toString(offset);
        file.write(List.of(VERSION, digits, CheckpointFile.checksum(digits)));
    }

    /** @param damaged is told what is wrong with it */
    public Value read(Consumer<String> damaged) throws IOException {
        Optional<List<String>> lines = file.read();
        if (lines.isEmpty()) {
            return Value.NONE;
        }
        List<String> found = lines.get();
        boolean checked = found.size() == CHECKED_LINES && found.get(2).equals(CheckpointFile.checksum(found.get(1)));
        if (found.size() >= PLAIN_LINES && found.get(0).equals(VERSION) && OFFSET.matcher(found.get(1)).matches()
                && (checked || found.size() == PLAIN_LINES)) {
            return new Value(Long.parseLong(found.get(1)), checked);
        }
        damaged.accept("it does not hold an offset and is taken for 0; it is written anew in time");
        return Value.NONE;
    }
}
