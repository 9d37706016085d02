package io.millrace.ops;

import io.millrace.agreement.LocalNotes;
import io.millrace.config.Settings;
import io.millrace.log.DirectoryIdentity;
import io.millrace.log.write.LogDirectory;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.BooleanSupplier;

/**
 * Holds the log directories that are configured against those that this server's journal knows, before any log is
 * opened: a directory that is empty because its disk is not mounted looks like a new one, and all its logs like lost
 * ones. Directories are known by the identity that they carry, so that they may be mounted elsewhere.
 */
final class KnownDirectories {
    private static final System.Logger LOG = System.getLogger(KnownDirectories.class.getName());
    private static final String KEY = "directories";
    private static final String SETTLED = "settled";
    private static final String PENDING = "pending";

    private final LocalNotes notes;
    private final int brokerId;
    private final boolean alone;
    private final Set<UUID> givenUp;
    private final BooleanSupplier topicsAreKnown;

    /**
     * What the journal knows.
     *
     * @param settled whether every directory is known to carry its identity by now
     * @param paths   where each was last, by its id
     */
    private record Known(UUID journalId, boolean settled, Map<UUID, String> paths) {
        private static Known decode(String note) {
            String[] lines = note.split("\n");
            Map<UUID, String> paths = new LinkedHashMap<>();
            for (int i = 2; i < lines.length; i++) {
                int blank = lines[i].indexOf(' ');
                paths.put(UUID.fromString(lines[i].substring(0, blank)), lines[i].substring(blank + 1));
            }
            return new Known(UUID.fromString(lines[0]), lines[1].equals(SETTLED), paths);
        }

        private String encode() {
            StringBuilder note = new StringBuilder(journalId + "\n" + (settled ? SETTLED : PENDING));
            paths.forEach((id, path) -> note.append('\n').append(id).append(' ').append(path));
            return note.toString();
        }
    }

    /**
     * @param alone          whether there are no other servers, from which the registers could have come
     * @param givenUp        ids of directories that are lost for good, as an operator says
     * @param topicsAreKnown whether there is any topic
     */
    KnownDirectories(LocalNotes notes, int brokerId, boolean alone, Set<UUID> givenUp, BooleanSupplier topicsAreKnown) {
        this.notes = notes;
        this.brokerId = brokerId;
        this.alone = alone;
        this.givenUp = Set.copyOf(givenUp);
        this.topicsAreKnown = topicsAreKnown;
    }

    /**
     * Marks the directories and notes them, when they are those that they should be.
     *
     * @param directories all that are configured, open
     * @throws IllegalStateException when one is missing, or the journal is; the message says what to do
     */
    void check(List<LogDirectory> directories) {
        Optional<Known> known = notes.read(KEY).map(Known::decode);
        UUID journalId = known.map(Known::journalId).orElseGet(UUID::randomUUID);
        Map<UUID, String> missing = new LinkedHashMap<>(known.map(Known::paths).orElse(Map.of()));
        missing.keySet().removeAll(givenUp);
        Map<LogDirectory, UUID> ids = new LinkedHashMap<>();
        List<LogDirectory> unknown = new ArrayList<>();
        for (LogDirectory directory : directories) {
            requireOwn(directory);
            UUID id = directory.identity().map(DirectoryIdentity::id).orElse(null);
            if (id != null && ids.containsValue(id)) {
                throw new IllegalStateException("the log directory " + directory.root() + " is a copy of another one"
                        + " that is configured too: take one of the two out of " + Settings.LOG_DIRS.name());
            } else if (missing.remove(id) != null) {
                ids.put(directory, id);
            } else {
                unknown.add(directory);
            }
        }
        for (LogDirectory directory : unknown) {
            boolean settled = known.map(Known::settled).orElse(true);
            Optional<UUID> same = directory.identity().isEmpty() && (directory.holdsLogs() || !settled)
                    ? at(directory, missing) : Optional.empty();
            same.ifPresent(missing::remove);
            ids.put(directory, same.or(() -> directory.identity().map(DirectoryIdentity::id)).orElseGet(UUID::randomUUID));
        }
        if (!missing.isEmpty()) {
            throw new IllegalStateException(missing(missing, unknown));
        }
        if (known.isEmpty() && alone) {
            requireNoLogs(directories);
            requireLogs(directories);
        }
        settle(journalId, ids, known);
    }

    private void requireOwn(LogDirectory directory) {
        directory.identity().map(DirectoryIdentity::brokerId).filter(owner -> owner != brokerId).ifPresent(owner -> {
            throw new IllegalStateException(("the log directory %s holds the logs of broker %d, and this is broker %d:"
                    + " mount the right disk there, or correct %s or %s").formatted(directory.root(), owner, brokerId,
                    Settings.LOG_DIRS.name(), Settings.BROKER_ID.name()));
        });
    }

    /** The missing directory that was last where this one is. */
    private static Optional<UUID> at(LogDirectory directory, Map<UUID, String> missing) {
        String path = directory.root().toString();
        return missing.entrySet().stream().filter(entry -> entry.getValue().equals(path)).map(Map.Entry::getKey)
                .findFirst();
    }

    private static String missing(Map<UUID, String> missing, List<LogDirectory> unknown) {
        List<String> gone = new ArrayList<>();
        missing.forEach((id, path) -> gone.add(id + " (last at " + path + ")"));
        return ("this server has log directories that are not there: %s. %sMount the disk, or correct %s, and start the"
                + " server again. If one is lost for good with all that is in it, set %s to its id, and start the"
                + " server again").formatted(String.join(", ", gone),
                unknown.isEmpty() ? "" : "Instead there " + (unknown.size() == 1 ? "is" : "are") + " "
                        + String.join(", ", unknown.stream().map(directory -> directory.root().toString()).toList())
                        + ", which " + (unknown.size() == 1 ? "is" : "are") + " not known. ",
                Settings.LOG_DIRS.name(), Settings.LOG_DIRS_LOST.name());
    }

    /** Without its journal a server alone would not know any topic, and call all logs nobody's. */
    private void requireNoLogs(List<LogDirectory> directories) {
        for (LogDirectory directory : directories) {
            if (directory.holdsLogs() && (directory.identity().isPresent() || !topicsAreKnown.getAsBoolean())) {
                throw new IllegalStateException(("the log directory %s holds logs, but the journal, which knows their"
                        + " topics, is new: bring the journal back, or correct %s. To begin with nothing instead, move"
                        + " away all that is in the log directory").formatted(directory.root(),
                        Settings.CLUSTER_JOURNAL_DIR.name()));
            }
        }
    }

    /** Topics of which a server alone has no log at all: its disks are not mounted. */
    private void requireLogs(List<LogDirectory> directories) {
        if (topicsAreKnown.getAsBoolean() && directories.stream().noneMatch(LogDirectory::holdsLogs)) {
            throw new IllegalStateException(("the journal knows topics, but there is no log in any log directory (%s): mount"
                    + " the disk, or correct %s, and start the server again. To begin with nothing instead, move away"
                    + " the journal, too").formatted(
                    String.join(", ", directories.stream().map(directory -> directory.root().toString()).toList()),
                    Settings.LOG_DIRS.name()));
        }
    }

    /** Noted first, so that a crash before all are marked does not make them look like others. */
    private void settle(UUID journalId, Map<LogDirectory, UUID> ids, Optional<Known> known) {
        Map<UUID, String> paths = new LinkedHashMap<>();
        Map<LogDirectory, DirectoryIdentity> unmarked = new HashMap<>();
        ids.forEach((directory, id) -> {
            paths.put(id, directory.root().toString());
            DirectoryIdentity wanted = new DirectoryIdentity(id, journalId, brokerId);
            if (!directory.identity().equals(Optional.of(wanted))) {
                unmarked.put(directory, wanted);
            }
        });
        Known settled = new Known(journalId, true, paths);
        if (known.equals(Optional.of(settled)) && unmarked.isEmpty()) {
            return;
        }
        LOG.log(Level.INFO, "log directories of this server: {0}", paths);
        notes.write(KEY, new Known(journalId, false, paths).encode());
        unmarked.forEach(LogDirectory::mark);
        notes.write(KEY, settled.encode());
    }
}
