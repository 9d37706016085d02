package io.millrace.log.write;

import io.millrace.log.file.EntriesCheckpoint;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * How far the scrub of a directory has come, in a file with one entry, {@code begin order}: so that a server which is
 * restarted goes on there. Without it, or when it is damaged, a pass begins. The scrub's thread.
 */
final class ScrubCheckpoint {
    static final String FILE = "scrub-checkpoint";

    private static final Logger LOG = System.getLogger(ScrubCheckpoint.class.getName());
    private static final Pattern ENTRY = Pattern.compile("[0-9]{1,15} [0-9]{1,15}");

    /**
     * @param begin when the pass began, in ms since the epoch
     * @param order of the last segment that was read in it: see {@link ScrubPass}
     */
    record Progress(long begin, long order) {
    }

    private final EntriesCheckpoint file;

    ScrubCheckpoint(LogFolders folders) {
        this.file = new EntriesCheckpoint(folders.files(), folders.root().resolve(FILE), ENTRY);
    }

    /** Empty when nothing is noted, or it cannot be read. */
    Optional<Progress> read() {
        try {
            List<String> entries = file.read(() -> LOG.log(Level.ERROR, "{0} is damaged: the segments beside it are all read"
                + " again", file.path())).orElse(List.of());
            return entries.stream().findFirst().map(entry -> entry.split(" "))
                .map(parts -> new Progress(Long.parseLong(parts[0]), Long.parseLong(parts[1])));
        } catch (IOException e) {
            LOG.log(Level.WARNING, () -> file.path() + " cannot be read: the segments beside it are all read again", e);
            return Optional.empty();
        }
    }

    /** Durable when it returns. */
    void write(Progress progress) throws IOException {
        file.write(List.of(progress.begin() + " " + progress.order()));
    }
}
