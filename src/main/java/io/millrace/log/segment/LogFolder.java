package io.millrace.log.segment;

import io.millrace.log.file.CheckpointFile;
import io.millrace.log.file.FileAccess;
import io.millrace.log.file.OffsetCheckpoint;
import io.millrace.log.file.OpenFiles;
import io.millrace.log.file.ReplacedFile;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** One log's folder and the names of the files in it. */
public record LogFolder(Path path, OpenFiles open) {
    private static final Logger LOG = System.getLogger(LogFolder.class.getName());

    public static final String LOG_SUFFIX = ".log";
    static final String INDEX_SUFFIX = ".index";
    static final String TIME_INDEX_SUFFIX = ".timeindex";
    private static final String SNAPSHOT_SUFFIX = ".snapshot";
    static final String TRANSACTION_INDEX_SUFFIX = ".txnindex";

    /** Behind the other suffixes: of a segment that is written anew and does not count yet. */
    static final String REPLACEMENT_SUFFIX = ".cleaned";

    /** Behind the other suffixes: of a segment that was written anew and counts, in the place of others. */
    static final String SWAP_SUFFIX = ".swap";

    static final String DELETED_SUFFIX = ".deleted";
    public static final String LEADER_EPOCHS = "leader-epoch-checkpoint";
    private static final String METADATA = "partition.metadata";
    private static final String METADATA_VERSION = "version: 0";
    private static final String TOPIC_ID = "topic_id: ";
    private static final Pattern METADATA_TEXT = Pattern.compile(METADATA_VERSION + "\n" + TOPIC_ID
        + "(\\p{XDigit}{8}(?:-\\p{XDigit}{4}){3}-\\p{XDigit}{12})");
    private static final Pattern SEGMENT = Pattern.compile("[0-9]{20}\\.log");
    private static final Pattern SNAPSHOT = Pattern.compile("[0-9]{20}\\.snapshot");
    private static final int OFFSET_DIGITS = 20;

    public FileAccess files() {
        return open.files();
    }

    public Path segmentFile(long baseOffset, String suffix) {
        return path.resolve("%020d%s".formatted(baseOffset, suffix));
    }

    public OffsetCheckpoint logStartOffset() {
        return new OffsetCheckpoint(files(), path.resolve("log-start-offset-checkpoint"));
    }

    public OffsetCheckpoint recoveryPoint() {
        return new OffsetCheckpoint(files(), path.resolve("recovery-point-checkpoint"));
    }

    /** In the place of the cleaned offset: the log is being emptied, and what is left of it does not count. */
    public static final long EMPTIED = 999_999_999_999_999_999L;

    /** Up to where the log was compacted; or {@link #EMPTIED}. */
    public OffsetCheckpoint cleanedOffset() {
        return new OffsetCheckpoint(files(), path.resolve("cleaner-offset-checkpoint"));
    }

    /** @param damaged is told what is wrong with it */
    public LeaderEpochCheckpoint leaderEpochs(Consumer<String> damaged) throws IOException {
        return LeaderEpochCheckpoint.open(files(), path.resolve(LEADER_EPOCHS), damaged);
    }

    /** What is known of producers at an offset. */
    public Path snapshotFile(long offset) {
        return segmentFile(offset, SNAPSHOT_SUFFIX);
    }

    /** Base offsets of the segments, ascending. */
    public List<Long> segments() throws IOException {
        return offsets(SEGMENT);
    }

    /** Offsets of the snapshots of producers, ascending. */
    public List<Long> snapshots() throws IOException {
        return offsets(SNAPSHOT);
    }

    private List<Long> offsets(Pattern names) throws IOException {
        List<Long> offsets = new ArrayList<>();
        for (Path file : entries()) {
            String name = file.getFileName().toString();
            if (names.matcher(name).matches()) {
                offsets.add(Long.parseUnsignedLong(name.substring(0, OFFSET_DIGITS)));
            }
        }
        Collections.sort(offsets);
        return offsets;
    }

    /** The topic's id; empty when it was never written, as after a crash while the log was created, or is damaged. */
    public Optional<UUID> topicId() throws IOException {
        Optional<List<String>> lines = new CheckpointFile(files(), path.resolve(METADATA)).read();
        if (lines.isEmpty()) {
            return Optional.empty();
        }
        Matcher matcher = METADATA_TEXT.matcher(String.join("\n", lines.get()));
        if (!matcher.matches()) {
            LOG.log(Level.WARNING, "{0} is damaged: the topic''s id is not known from it", path.resolve(METADATA));
            return Optional.empty();
        }
        return Optional.of(UUID.fromString(matcher.group(1)));
    }

    public void writeTopicId(UUID topicId) throws IOException {
        new CheckpointFile(files(), path.resolve(METADATA)).write(List.of(METADATA_VERSION, TOPIC_ID + topicId));
    }

    /** Removes what a crash left behind: half-written checkpoints, files on their way out, indexes of no segment. */
    public void removeLeftovers() throws IOException {
        for (Path file : entries()) {
            String name = file.getFileName().toString();
            boolean orphan = (name.endsWith(INDEX_SUFFIX) || name.endsWith(TIME_INDEX_SUFFIX)
                || name.endsWith(TRANSACTION_INDEX_SUFFIX))
                && !Files.exists(path.resolve(name.substring(0, name.lastIndexOf('.')) + LOG_SUFFIX));
            if (orphan || name.endsWith(ReplacedFile.TEMPORARY_SUFFIX) || name.endsWith(DELETED_SUFFIX)) {
                Files.delete(file);
            }
        }
    }

    /**
     * Ends or undoes what was written anew when the process ended: a segment whose records count takes its place, what
     * counts not goes. While the log is open all that has its owner.
     */
    public void recoverReplacements() throws IOException {
        SegmentSwap.recover(this);
        for (Path file : entries()) {
            String name = file.getFileName().toString();
            if (name.endsWith(REPLACEMENT_SUFFIX) || name.endsWith(SWAP_SUFFIX) || name.endsWith(DELETED_SUFFIX)) {
                Files.delete(file);
            }
        }
    }

    /** Removes segments that others have replaced; the log writer, once readers do not find them any more. */
    public void removeReplaced() throws IOException {
        for (Path file : entries()) {
            if (file.getFileName().toString().endsWith(DELETED_SUFFIX)) {
                files().deleteIfExists(file);
            }
        }
    }

    /** Removes what was left of segments whose making or deletion was broken off: outside of the first and last one. */
    public void removeSegmentsOutside(long firstBaseOffset, long lastBaseOffset) throws IOException {
        for (long offset : segments()) {
            if (offset < firstBaseOffset || offset > lastBaseOffset) {
                removeSegment(offset);
            }
        }
        removeLeftovers();
    }

    /** Removes the records, which is what takes space, and leaves the folder. */
    public void removeRecords() throws IOException {
        for (long offset : segments()) {
            removeSegment(offset);
        }
    }

    private void removeSegment(long baseOffset) throws IOException {
        for (String suffix : List.of(LOG_SUFFIX, INDEX_SUFFIX, TIME_INDEX_SUFFIX, TRANSACTION_INDEX_SUFFIX)) {
            Files.deleteIfExists(segmentFile(baseOffset, suffix));
        }
    }

    public void force() throws IOException {
        files().forceDirectory(path);
    }

    /** Removes the folder and every file in it. */
    public void remove() throws IOException {
        for (Path file : entries()) {
            Files.deleteIfExists(file);
        }
        Files.deleteIfExists(path);
    }

    private List<Path> entries() throws IOException {
        return files().entries(path);
    }
}
