package io.millrace.log;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** The folders of a log directory: one for each log, and what is left of logs that are being deleted. */
record LogFolders(Path root, FileAccess files) {

    LogFolder of(LogName name) {
        return new LogFolder(root.resolve(name.folder()), files);
    }

    List<LogDirectory.Found> found() throws IOException {
        List<LogDirectory.Found> found = new ArrayList<>();
        for (Path entry : entries()) {
            Optional<LogName> name = LogName.ofFolder(entry.getFileName().toString());
            if (name.isPresent()) {
                UUID topicId = new LogFolder(entry, files).topicId().orElse(null);
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
            files.forceDirectory(root);
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

    /** Gives the folder a name that is no log's; from then on the log is gone, whatever happens. */
    LogFolder rename(LogName name) throws IOException {
        Path target = root.resolve(name.deletedFolder());
        Files.move(of(name).path(), target, StandardCopyOption.ATOMIC_MOVE);
        files.forceDirectory(root);
        return new LogFolder(target, files);
    }

    /** Removes what a crash left of logs that were being deleted. */
    void finishDeletions() throws IOException {
        for (Path entry : entries()) {
            if (LogName.isDeletedFolder(entry.getFileName().toString())) {
                new LogFolder(entry, files).remove();
            }
        }
    }

    private List<Path> entries() throws IOException {
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(root, entry -> Files.isDirectory(entry))) {
            List<Path> folders = new ArrayList<>();
            stream.forEach(folders::add);
            return folders;
        }
    }
}
