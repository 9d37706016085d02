package io.millrace.log.segment;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Puts a segment that was written beside others into the place of these, so that a crash leaves the old ones or the new
 * one, and never something between. The files get names that recovery knows ({@code .swap}), the records last: from then
 * on the new segment counts, and whoever finds it ends what was begun here. The names say which segments it replaces.
 *
 * <p>What is being written has names of its own, so that several can be written at the same time, by any thread; all else
 * is the log writer's.
 */
final class SegmentSwap {
    private static final String LOG = LogFolder.LOG_SUFFIX;
    /** The records last: what has all other files has them too. */
    private static final List<String> SUFFIXES = List.of(LogFolder.INDEX_SUFFIX, LogFolder.TIME_INDEX_SUFFIX, LOG);
    /** Only of a segment in which transactions were aborted: it has the entries of all that it replaces. */
    private static final String OPTIONAL = LogFolder.TRANSACTION_INDEX_SUFFIX;
    private static final Pattern COMMITTED = Pattern.compile("([0-9]{20})\\.log\\.([0-9]{20})\\.swap");
    private static final AtomicLong COUNT = new AtomicLong();

    private final LogFolder folder;
    private final long baseOffset;
    /** Exclusive: the segments up to here that begin behind the base offset are replaced, too. */
    private final long endOffset;
    private final String writtenSuffix = "." + COUNT.incrementAndGet() + LogFolder.REPLACEMENT_SUFFIX;
    private final String committedSuffix;

    /** @param endOffset exclusive bound of the base offsets that are replaced; the base offset itself: no other one */
    SegmentSwap(LogFolder folder, long baseOffset, long endOffset) {
        this.folder = folder;
        this.baseOffset = baseOffset;
        this.endOffset = endOffset;
        this.committedSuffix = ".%020d%s".formatted(endOffset, LogFolder.SWAP_SUFFIX);
    }

    /** Behind the usual suffixes of what is being written. */
    String writtenSuffix() {
        return writtenSuffix;
    }

    /**
     * From when this returns, the new segment counts, whatever crashes.
     *
     * @throws IOException the old ones count
     */
    void commit() throws IOException {
        try {
            moveIfAny(file(OPTIONAL, writtenSuffix), file(OPTIONAL, committedSuffix));
            for (String suffix : SUFFIXES) {
                folder.files().move(file(suffix, writtenSuffix), file(suffix, committedSuffix));
            }
            folder.force();
        } catch (IOException e) {
            undo(e);
            throw e;
        }
    }

    private void undo(IOException reason) {
        try {
            folder.files().deleteIfExists(file(LOG, committedSuffix)); // first: then nothing of it counts
            discard();
        } catch (IOException e) {
            reason.addSuppressed(e);
        }
    }

    /**
     * Takes the other segments away, whose files can be removed later, and gives the new one the name of the first. Can be
     * done again after an error.
     */
    void finish() throws IOException {
        for (long base : folder.segments()) {
            if (base > baseOffset && base < endOffset) {
                for (String suffix : List.of(LOG, LogFolder.INDEX_SUFFIX, LogFolder.TIME_INDEX_SUFFIX, OPTIONAL)) {
                    moveIfThere(folder.segmentFile(base, suffix), folder.segmentFile(base, suffix + LogFolder.DELETED_SUFFIX));
                }
            }
        }
        if (endOffset > baseOffset) {
            folder.force(); // or a power loss could bring them back when nothing says any more that they do not count
        }
        moveIfAny(file(OPTIONAL, committedSuffix), folder.segmentFile(baseOffset, OPTIONAL));
        for (String suffix : SUFFIXES) {
            moveIfThere(file(suffix, committedSuffix), folder.segmentFile(baseOffset, suffix));
        }
    }

    private void moveIfAny(Path from, Path to) throws IOException {
        if (folder.files().entries(folder.path()).contains(from)) {
            folder.files().move(from, to);
        }
    }

    private void moveIfThere(Path from, Path to) throws IOException {
        try {
            folder.files().move(from, to);
        } catch (NoSuchFileException doneBefore) {
            if (!folder.files().entries(folder.path()).contains(to) && !to.toString().endsWith(LogFolder.DELETED_SUFFIX)) {
                throw doneBefore;
            }
        }
    }

    /** Any thread: removes what was written, and was not committed. */
    void discard() throws IOException {
        folder.files().deleteIfExists(file(OPTIONAL, writtenSuffix));
        for (String suffix : SUFFIXES) {
            folder.files().deleteIfExists(file(suffix, writtenSuffix));
        }
    }

    /** Ends what a crash broke off after a new segment counted. */
    static void recover(LogFolder folder) throws IOException {
        for (Path file : folder.files().entries(folder.path())) {
            Matcher committed = COMMITTED.matcher(file.getFileName().toString());
            if (committed.matches()) {
                new SegmentSwap(folder, Long.parseLong(committed.group(1)), Long.parseLong(committed.group(2))).finish();
                folder.force();
            }
        }
    }

    private Path file(String suffix, String state) {
        return folder.segmentFile(baseOffset, suffix + state);
    }
}
