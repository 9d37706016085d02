package io.millrace.log;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The folder of one partition: its name, whose it is, and which segments it has. */
record PartitionFolder(Path path, String topic, int partition) {
    static final String DELETED_ENDING = "-delete";
    private static final String METADATA = "partition.metadata";
    private static final Pattern NAME = Pattern.compile("(.+)-(\\d{1,9})");
    private static final Pattern SEGMENT = Pattern.compile("(\\d{20})\\.(log|index|timeindex)");

    static PartitionFolder in(Path root, String topic, int partition) {
        return new PartitionFolder(root.resolve(topic + "-" + partition), topic, partition);
    }

    /** @return empty when the folder is not named like a partition */
    static Optional<PartitionFolder> named(Path path) {
        Matcher name = NAME.matcher(path.getFileName().toString());
        return name.matches() && Files.isDirectory(path)
                ? Optional.of(new PartitionFolder(path, name.group(1), Integer.parseInt(name.group(2))))
                : Optional.empty();
    }

    /** Creates the folder for a topic, or makes sure that it is that topic's. */
    void claim(UUID topicId) throws IOException {
        if (!Files.exists(path)) {
            Files.createDirectories(path);
            AtomicFile.forceFolder(path.getParent());
        }
        Optional<UUID> owner = topicId();
        if (owner.isEmpty()) {
            AtomicFile.replace(path.resolve(METADATA), List.of("version: 0", "topic_id: " + topicId));
        } else if (!owner.get().equals(topicId)) {
            throw new IOException("%s belongs to topic id %s, not to %s".formatted(path, owner.get(), topicId));
        }
    }

    /** @return empty when the folder does not say */
    Optional<UUID> topicId() throws IOException {
        try {
            return AtomicFile.read(path.resolve(METADATA)).stream()
                    .filter(line -> line.startsWith("topic_id: "))
                    .map(line -> UUID.fromString(line.substring("topic_id: ".length()).trim()))
                    .findFirst();
        } catch (IllegalArgumentException e) {
            throw new IOException(path.resolve(METADATA) + " has no valid topic id", e);
        }
    }

    OffsetCheckpoint logStartOffset() {
        return new OffsetCheckpoint(path.resolve("log-start-offset-checkpoint"));
    }

    OffsetCheckpoint recoveryPoint() {
        return new OffsetCheckpoint(path.resolve("recovery-point-checkpoint"));
    }

    LeaderEpochCheckpoint leaderEpochs() throws IOException {
        return new LeaderEpochCheckpoint(path.resolve("leader-epoch-checkpoint"));
    }

    /** Base offsets of the segments; removes what an interrupted replacement or deletion left behind. */
    SortedSet<Long> segments() throws IOException {
        SortedSet<Long> baseOffsets = new TreeSet<>();
        List<Path> files;
        try (Stream<Path> list = Files.list(path)) {
            files = list.toList();
        }
        for (Path file : files) {
            Matcher name = SEGMENT.matcher(file.getFileName().toString());
            if (file.toString().endsWith(AtomicFile.TEMPORARY_ENDING)) {
                Files.delete(file);
            } else if (name.matches()) {
                long baseOffset = Long.parseLong(name.group(1));
                if (Files.exists(path.resolve(Segment.name(baseOffset, Segment.LOG_ENDING)))) {
                    baseOffsets.add(baseOffset);
                } else {
                    Files.delete(file);
                }
            }
        }
        return baseOffsets;
    }

    /** Takes the folder out of the way at once, so that its topic can be created again, then removes it. */
    void delete() throws IOException {
        // Not the folder's own name and more: the longest topic name fills what a file name may have.
        Path doomed = path.resolveSibling(UUID.randomUUID() + DELETED_ENDING);
        Files.move(path, doomed);
        AtomicFile.forceFolder(path.getParent());
        remove(doomed);
    }

    static void remove(Path folder) throws IOException {
        List<Path> all;
        try (Stream<Path> walk = Files.walk(folder)) {
            all = walk.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path path : all) {
            Files.delete(path);
        }
    }
}
