package io.millrace.replica.hosting;

import io.millrace.agreement.LocalNotes;
import io.millrace.metadata.BrokerErrors;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.topics.TopicCatalog;
import java.util.Collection;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.Collectors;

/**
 * Which logs have been made on this broker, by topic, in notes beside the registers and not on the disks of the logs: a
 * log that had been made and is not there is lost, and no empty one may take its place and hand out its offsets again.
 * A log is noted before its partition has a role, and so before its first record. Changes of a topic come under its
 * lock, see {@link TopicCatalog}.
 */
public final class CreatedLogs {
    private static final String KEY = "logs/";
    private static final String KEPT = "logs-are-noted";
    private static final String NOTHING = "-";

    private final LocalNotes notes;
    /** The note that was read last: a start asks for each of a topic's partitions, one after the other. */
    private volatile Read last = new Read(NOTHING, Set.of());

    /** @param partitions as the note has them; not to be changed */
    private record Read(String note, Set<Integer> partitions) {
        private static Read of(String note) {
            Set<Integer> partitions = new HashSet<>();
            for (String number : note.substring(note.indexOf(' ') + 1).split(",")) {
                partitions.add(Integer.valueOf(number));
            }
            return new Read(note, partitions);
        }
    }

    public CreatedLogs(LocalNotes notes) {
        this.notes = notes;
    }

    /** Whether the log of a partition of this very topic was made here, and not given up since. */
    public boolean has(String topic, UUID topicId, int partition) {
        return partitions(topic, topicId).contains(partition);
    }

    /**
     * Whether the log of a partition was never made here, for certain: not where the notes are new, as after the loss of
     * the journal's disk.
     */
    public boolean neverHad(String topic, UUID topicId, int partition) {
        return notes.read(KEPT).isPresent() && !has(topic, topicId, partition);
    }

    /**
     * From now on what is not noted was not made, because what was lost with earlier notes is dealt with.
     *
     * @throws BrokerException UNAVAILABLE when it cannot be noted
     */
    public void keep() {
        if (notes.read(KEPT).isEmpty()) {
            BrokerErrors.translating(() -> {
                notes.write(KEPT, "yes");
                return null;
            });
        }
    }

    /** Id of the topic of this name that last had logs here. */
    public Optional<UUID> idOf(String topic) {
        return notes.read(KEY + topic).filter(note -> !note.equals(NOTHING))
                .map(note -> UUID.fromString(note.substring(0, note.indexOf(' '))));
    }

    /** @throws BrokerException UNAVAILABLE when it cannot be noted */
    void add(String topic, UUID topicId, Collection<Integer> partitions) {
        Set<Integer> all = new TreeSet<>(partitions(topic, topicId));
        if (all.addAll(partitions)) {
            write(topic, topicId, all);
        }
    }

    /** The log of a partition was given up: it was moved to other brokers. */
    void remove(String topic, UUID topicId, int partition) {
        Set<Integer> all = new TreeSet<>(partitions(topic, topicId));
        if (all.remove(partition)) {
            write(topic, topicId, all);
        }
    }

    /** The topic was deleted. */
    void remove(String topic, UUID topicId) {
        if (!partitions(topic, topicId).isEmpty()) {
            write(topic, topicId, Set.of());
        }
    }

    private Set<Integer> partitions(String topic, UUID topicId) {
        String note = notes.read(KEY + topic).filter(text -> text.startsWith(topicId + " ")).orElse(null);
        if (note == null) {
            return Set.of();
        }
        Read read = last;
        if (!note.equals(read.note())) {
            read = Read.of(note);
            last = read;
        }
        return read.partitions();
    }

    private void write(String topic, UUID topicId, Set<Integer> partitions) {
        String note = partitions.isEmpty() ? NOTHING
                : topicId + " " + partitions.stream().map(String::valueOf).collect(Collectors.joining(","));
        BrokerErrors.translating(() -> {
            notes.write(KEY + topic, note);
            return null;
        });
    }
}
