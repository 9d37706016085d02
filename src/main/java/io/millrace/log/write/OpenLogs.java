package io.millrace.log.write;

import io.millrace.log.LogName;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The logs of a directory that are open. Any thread looks them up, and adds one that it has opened; the log writer removes
 * them, and after its end whoever closes the directory.
 */
final class OpenLogs {
    private final Map<LogName, PartitionLog> logs = new ConcurrentHashMap<>();
    /** Names of logs that somebody is about to open, or deletes while they are closed. */
    private final Set<LogName> taken = ConcurrentHashMap.newKeySet();
    /** Guarded by this. */
    private boolean closed;

    /** Those that are open at any moment, not only now. */
    Collection<PartitionLog> all() {
        return logs.values();
    }

    /**
     * Keeps others from the name of a log that is not open, until {@link #release}.
     *
     * @throws IllegalStateException when it is open, or somebody else has its name
     */
    void take(LogName name) {
        if (!taken.add(name)) {
            throw new IllegalStateException("the log of " + name + " is being opened or deleted");
        }
        if (logs.containsKey(name)) {
            taken.remove(name);
            throw new IllegalStateException("the log of " + name + " is open already");
        }
    }

    void release(LogName name) {
        taken.remove(name);
    }

    /**
     * By who has taken its name.
     *
     * @return false when the directory is closed, and the log is to be closed, too
     */
    synchronized boolean add(PartitionLog log) {
        if (!closed) {
            logs.put(log.name(), log);
        }
        return !closed;
    }

    /** @throws IllegalStateException when it is not open any more */
    void ensureOpen(PartitionLog log) {
        if (logs.get(log.name()) != log) {
            throw new IllegalStateException("the log of " + log.name() + " is closed");
        }
    }

    void remove(PartitionLog log) {
        logs.remove(log.name());
    }

    /** Takes all of them out, after which none is added. */
    synchronized List<PartitionLog> close() {
        closed = true;
        List<PartitionLog> all = List.copyOf(logs.values());
        logs.clear();
        return all;
    }
}
