package io.millrace.log.segment;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;

/**
 * Puts a segment that was written beside others into the place of these, so that a crash leaves the old ones or the new
 * one, and never something between. The files get a name that recovery knows ({@code .swap}), the records last: from then
 * on the new segment counts, and whoever finds it ends what was begun here.
 */
final class SegmentSwap {
    /** The records last: what has all other files has them too. */
    private static final List<String> SUFFIXES = List.of(LogFolder.INDEX_SUFFIX, LogFolder.TIME_INDEX_SUFFIX,
        LogFolder.LOG_SUFFIX);
    private static final int PIECE = 64 * 1024;

    private final LogFolder folder;
    private final long baseOffset;

    SegmentSwap(LogFolder folder, long baseOffset) {
        this.folder = folder;
        this.baseOffset = baseOffset;
    }

    /**
     * From when this returns, the new segment counts, whatever crashes.
     *
     * @throws IOException the old ones count
     */
    void commit() throws IOException {
        try {
            for (String suffix : SUFFIXES) {
                Files.move(file(suffix, LogFolder.REPLACEMENT_SUFFIX), file(suffix, LogFolder.SWAP_SUFFIX),
                    StandardCopyOption.ATOMIC_MOVE);
            }
            folder.force();
        } catch (IOException e) {
            try {
                discard();
            } catch (IOException again) {
                e.addSuppressed(again);
            }
            throw e;
        }
    }

    /** Removes the old segments behind the first, whose files the new one then takes over. Can be done again. */
    void finish(List<Long> othersReplaced) throws IOException {
        for (long other : othersReplaced) {
            folder.removeSegment(other);
        }
        for (String suffix : SUFFIXES) {
            Path written = file(suffix, LogFolder.SWAP_SUFFIX);
            if (Files.exists(written)) {
                Files.move(written, folder.segmentFile(baseOffset, suffix), StandardCopyOption.ATOMIC_MOVE);
            }
        }
    }

    /** Removes what was written and does not count. */
    void discard() throws IOException {
        for (int i = SUFFIXES.size() - 1; i >= 0; i--) { // the records first
            Files.deleteIfExists(file(SUFFIXES.get(i), LogFolder.SWAP_SUFFIX));
            Files.deleteIfExists(file(SUFFIXES.get(i), LogFolder.REPLACEMENT_SUFFIX));
        }
    }

    /** Ends what a crash broke off after the new segment counted. */
    void recover() throws IOException {
        long end = endOffset();
        List<Long> replaced = new ArrayList<>(folder.segments());
        replaced.removeIf(base -> base <= baseOffset || base >= end);
        finish(replaced);
        folder.force();
    }

    /** Behind the last batch, whatever damage stands before it. */
    private long endOffset() throws IOException {
        try (SegmentFile file = SegmentFile.open(folder.open(), file(LogFolder.LOG_SUFFIX, LogFolder.SWAP_SUFFIX))) {
            BatchScan scan = new BatchScan(file, 0, file.size(), PIECE);
            long end = baseOffset;
            while (!scan.atEnd()) {
                boolean follows = scan.header() && scan.baseOffset() == end;
                if (!follows && !scan.seekNextIntact(end, Long.MAX_VALUE)) {
                    break;
                }
                end = scan.lastOffset() + 1;
                scan.skip();
            }
            return end;
        }
    }

    private Path file(String suffix, String state) {
        return folder.segmentFile(baseOffset, suffix + state);
    }
}
