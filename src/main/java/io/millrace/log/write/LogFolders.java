package io.millrace.log.write;

import io.millrace.log.DirectoryIdentity;
import io.millrace.log.LeaderEpochEnd;
import io.millrace.log.LogName;
import io.millrace.log.Stray;
import io.millrace.log.file.CheckpointFile;
import io.millrace.log.file.FileAccess;
import io.millrace.log.file.OpenFiles;
import io.millrace.log.recovery.LeaderEpochRecovery;
import io.millrace.log.recovery.LeaderEpochRuns;
import io.millrace.log.segment.LeaderEpochCheckpoint;
import io.millrace.log.segment.LogFolder;
import io.millrace.log.segment.SegmentFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.UUID;

/** The folders of a log directory: one for each log, and what is left of logs that are being deleted. */
record LogFolders(Path root, OpenFiles open) {

    FileAccess files() {
        return open.files();
    }

    LogFolder of(LogName name) {
        return new LogFolder(root.resolve(name.folder()), open);
    }

    CheckpointFile identity() {
        return new CheckpointFile(files(), root.resolve(DirectoryIdentity.FILE));
    }

    /** Of all logs that have a folder. */
    List<LogName> names() throws IOException {
        return entries().stream().flatMap(entry -> LogName.ofFolder(entry.getFileName().toString()).stream()).toList();
    }

    List<LogDirectory.Found> found() throws IOException {
        List<LogDirectory.Found> found = new ArrayList<>();
        for (Path entry : entries()) {
            Optional<LogName> name = LogName.ofFolder(entry.getFileName().toString());
            if (name.isPresent()) {
                UUID topicId = new LogFolder(entry, open).topicId().orElse(null);
                found.add(new LogDirectory.Found(name.get().topic(), name.get().partition(), topicId));
            }
        }
        return found;
    }

    /**
     * The log's folder, made when it is not there, and marked with the topic's id.
     *
     * @throws IllegalStateException when it is marked with another id
     */
    LogFolder claim(LogName name, UUID topicId) throws IOException {
        LogFolder folder = of(name);
        if (!Files.isDirectory(folder.path())) {
            Files.createDirectory(folder.path());
            files().forceDirectory(root);
        }
        Optional<UUID> storedId = folder.topicId();
        if (storedId.isEmpty()) {
            folder.writeTopicId(topicId);
        } else if (!storedId.get().equals(topicId)) {
            throw new IllegalStateException("the log of " + name + " belongs to the topic with the id "
                + storedId.get() + ", and not " + topicId + ": delete the old one first");
        }
        return folder;
    }

    /** Marks a log's folder that is there with the topic's id, unless it is. */
    void identify(LogName name, UUID topicId) throws IOException {
        LogFolder folder = of(name);
        if (Files.isDirectory(folder.path()) && !folder.topicId().equals(Optional.of(topicId))) {
            folder.writeTopicId(topicId);
        }
    }

    boolean exists(LogName name) {
        return Files.isDirectory(of(name).path());
    }

    /** Whether there is a folder that is this topic's, or one that was made and has neither an id nor records yet. */
    boolean isOf(LogName name, UUID topicId) throws IOException {
        if (!exists(name)) {
            return false;
        }
        Optional<UUID> id = of(name).topicId();
        return id.isPresent() ? id.get().equals(topicId) : of(name).segments().isEmpty();
    }

    /** Gives the folder a name that is no log's and that nothing has, and leaves it so. */
    Path setAside(LogName name) throws IOException {
        int number = 0;
        while (Files.exists(root.resolve(name.strayFolder(number)))) {
            number++;
        }
        Path target = root.resolve(name.strayFolder(number));
        Files.move(of(name).path(), target, StandardCopyOption.ATOMIC_MOVE);
        files().forceDirectory(root);
        return target;
    }

    List<Stray> strays() throws IOException {
        List<Stray> strays = new ArrayList<>();
        for (Path entry : entries()) {
            Optional<LogName> name = LogName.ofStrayFolder(entry.getFileName().toString());
            if (name.isPresent()) {
                strays.add(new Stray(entry, name.get().topic(), name.get().partition(),
                    new LogFolder(entry, open).topicId().orElse(null)));
            }
        }
        return strays;
    }

    /** @return false when the log has a folder already */
    boolean takeBack(Stray stray) throws IOException {
        LogFolder folder = of(new LogName(stray.topic(), stray.partition()));
        if (Files.exists(folder.path())) {
            return false;
        }
        Files.move(stray.folder(), folder.path(), StandardCopyOption.ATOMIC_MOVE);
        files().forceDirectory(root);
        return true;
    }

    /** The newest leader epoch that the batches of a log have, single ones that contradict the others not counted. */
    int newestEpoch(LogName name) throws IOException {
        LogFolder folder = of(name);
        LeaderEpochRuns runs = new LeaderEpochRuns();
        List<Long> offsets = folder.segments();
        for (int i = 0; i < offsets.size(); i++) {
            long end = i == offsets.size() - 1 ? Long.MAX_VALUE : offsets.get(i + 1);
            SegmentFile file = SegmentFile.open(open, folder.segmentFile(offsets.get(i), LogFolder.LOG_SUFFIX));
            try (file) {
                LeaderEpochRecovery.scan(file, file.size(), offsets.get(i), end, runs);
            }
        }
        List<LeaderEpochCheckpoint.Entry> epochs = runs.consistent(Integer.MAX_VALUE, new TreeSet<>());
        return epochs.isEmpty() ? LeaderEpochEnd.NO_EPOCH : epochs.get(epochs.size() - 1).epoch();
    }

    /** Gives the folder a name that is no log's; from then on the log is gone, whatever happens. */
    LogFolder rename(LogName name) throws IOException {
        Path target = root.resolve(name.deletedFolder());
        Files.move(of(name).path(), target, StandardCopyOption.ATOMIC_MOVE);
        files().forceDirectory(root);
        return new LogFolder(target, open);
    }

    /** Removes what a crash left of logs that were being deleted. */
    void finishDeletions() throws IOException {
        for (Path entry : entries()) {
            if (LogName.isDeletedFolder(entry.getFileName().toString())) {
                new LogFolder(entry, open).remove();
            }
        }
    }

    private List<Path> entries() throws IOException {
        return files().entries(root).stream().filter(entry -> Files.isDirectory(entry)).toList();
    }
}
