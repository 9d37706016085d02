package io.millrace.log.write;

import io.millrace.log.LogName;
import io.millrace.log.file.EntriesCheckpoint;
import io.millrace.log.recovery.RecoveredLog;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;

/**
 * The high watermarks of a directory's logs in one file, an entry {@code topic partition offset} for each. What it says
 * may be behind, and is then learnt anew; it is never ahead of what was committed. Read by any thread, written by the log
 * writer, or by whoever closes the directory once that has ended.
 */
final class HighWatermarkCheckpoint {
    static final String FILE = "replication-offset-checkpoint";

    private static final Logger LOG = System.getLogger(HighWatermarkCheckpoint.class.getName());
    private static final Pattern ENTRY = Pattern.compile("[a-zA-Z0-9._-]{1,249} [0-9]{1,10} [0-9]{1,18}");

    private final EntriesCheckpoint file;
    /** As the file says, or is to say. */
    private final Map<LogName, Long> noted = new ConcurrentHashMap<>();
    private volatile boolean changed;

    private HighWatermarkCheckpoint(EntriesCheckpoint file) {
        this.file = file;
    }

    /** Reads the entries of the logs that are there. */
    static HighWatermarkCheckpoint open(LogFolders folders) throws IOException {
        HighWatermarkCheckpoint checkpoint = new HighWatermarkCheckpoint(
            new EntriesCheckpoint(folders.files(), folders.root().resolve(FILE), ENTRY));
        Optional<List<String>> entries = checkpoint.file.read(() -> LOG.log(Level.ERROR, "{0} is damaged: the high"
            + " watermarks of the logs beside it are learnt anew from the other replicas", checkpoint.file.path()));
        for (String entry : entries.orElse(List.of())) {
            String[] parts = entry.split(" ");
            LogName.ofFolder(parts[0] + "-" + parts[1]).filter(folders::exists)
                .ifPresent(name -> checkpoint.noted.put(name, Long.parseLong(parts[2])));
        }
        return checkpoint;
    }

    /** Of a replicated log that is being opened: what was noted, or its start where nothing was. */
    HighWatermark of(LogName name, RecoveredLog log) {
        long mark = Math.max(log.logStartOffset(), noted.getOrDefault(name, 0L));
        if (mark > log.logEndOffset()) {
            LOG.log(Level.ERROR, "{0}: committed records are missing at the log''s end: it ends at {1}, and its high"
                + " watermark was {2}", name, Long.toString(log.logEndOffset()), Long.toString(mark));
        }
        return HighWatermark.replicated(Math.min(mark, log.logEndOffset()));
    }

    /** The log is gone, and one of the same name begins from nothing. */
    void forget(LogName name) {
        if (noted.remove(name) != null) {
            changed = true;
        }
    }

    /** Writes the file when a watermark is another than it says. Logs that are not among these keep their entries. */
    void save(Collection<PartitionLog> logs) throws IOException {
        for (PartitionLog log : logs) {
            if (log.isReplicated()) {
                Long mark = log.highWatermark();
                if (!mark.equals(noted.put(log.name(), mark))) {
                    changed = true;
                }
            }
        }
        if (!changed) {
            return;
        }
        changed = false;
        try {
            file.write(noted.entrySet().stream().map(HighWatermarkCheckpoint::line).sorted().toList());
        } catch (IOException e) {
            changed = true;
            throw e;
        }
    }

    private static String line(Map.Entry<LogName, Long> entry) {
        return entry.getKey().topic() + " " + entry.getKey().partition() + " " + entry.getValue();
    }
}
