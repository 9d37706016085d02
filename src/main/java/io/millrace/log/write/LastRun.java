package io.millrace.log.write;

import io.millrace.log.LogName;
import io.millrace.log.file.BootId;
import io.millrace.log.file.EntriesCheckpoint;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;

/**
 * How a log directory was left: closed, or still in use when the process ended, and in which run of the operating system.
 * Where that went down in the meantime (a power loss, a crash of the system), what was written and not forced may be gone
 * from every log; which of them are under that suspicion is kept until it is settled. A kill of the process alone loses
 * nothing that was written. The file has the entry {@code clean}, or {@code running} and the system's boot id, and
 * {@code suspect topic partition} for each log. Changed by any thread; written before the directory is handed out, by the
 * log writer, and at last by whoever closes it.
 */
final class LastRun {
    static final String FILE = "last-run-checkpoint";

    private static final Logger LOG = System.getLogger(LastRun.class.getName());
    private static final String CLEAN = "clean";
    private static final String RUNNING = "running ";
    private static final String SUSPECT = "suspect ";
    private static final String UNKNOWN_BOOT = "unknown";
    private static final Pattern ENTRY = Pattern.compile(
        "clean|running [a-zA-Z0-9-]{1,64}|suspect [a-zA-Z0-9._-]{1,249} [0-9]{1,10}");

    private final EntriesCheckpoint file;
    private final String running;
    private final Set<LogName> suspects = ConcurrentHashMap.newKeySet();
    private volatile boolean changed;

    private LastRun(EntriesCheckpoint file, String running) {
        this.file = file;
        this.running = running;
    }

    /** Looks how the last run ended, and notes that one is on; before anything else is written. */
    static LastRun begin(LogFolders folders, BootId bootId) throws IOException {
        Optional<String> boot = bootId.read();
        LastRun run = new LastRun(new EntriesCheckpoint(folders.files(), folders.root().resolve(FILE), ENTRY),
            RUNNING + boot.orElse(UNKNOWN_BOOT));
        List<String> before = run.file.read(() -> LOG.log(Level.ERROR, "{0} is damaged: what the logs beside it did not"
            + " force may be lost, for all that is known", run.file.path())).orElse(List.of());
        if (before.contains(CLEAN) || boot.isPresent() && before.contains(run.running)) {
            before.stream().filter(entry -> entry.startsWith(SUSPECT)).map(entry -> entry.split(" "))
                .forEach(parts -> LogName.ofFolder(parts[1] + "-" + parts[2]).filter(folders::exists)
                    .ifPresent(run.suspects::add));
        } else {
            run.suspects.addAll(folders.names());
        }
        try {
            run.write(run.running);
        } catch (IOException noRoom) {
            // Without the file the next start suspects all; with an old one it could believe what is not so any more.
            LOG.log(Level.WARNING, () -> run.file.path() + " could not be written; that is tried again", noRoom);
            Files.deleteIfExists(run.file.path());
            run.changed = true;
        }
        return run;
    }

    /** Whether the log may lack what was written and not forced. */
    boolean suspects(LogName name) {
        return suspects.contains(name);
    }

    /** Any thread: whatever the log lacks does no harm any more, or there was nothing to lack. */
    void settle(LogName name) {
        if (suspects.remove(name)) {
            changed = true;
        }
    }

    void save() throws IOException {
        if (changed) {
            changed = false;
            try {
                write(running);
            } catch (IOException e) {
                changed = true;
                throw e;
            }
        }
    }

    /** Everything that was written is forced: the last that is done. */
    void end() throws IOException {
        write(CLEAN);
    }

    private void write(String state) throws IOException {
        List<String> entries = new ArrayList<>();
        entries.add(state);
        suspects.stream().map(name -> SUSPECT + name.topic() + " " + name.partition()).sorted().forEach(entries::add);
        file.write(entries);
    }
}
