package io.millrace.log.write;

import io.millrace.log.LogDirectoryOfflineException;
import io.millrace.log.segment.SegmentReplacement;
import io.millrace.record.RecordBatch;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/**
 * Damaged batches of a log on their way to be replaced: the writer seals their segment, an executor writes it anew, and the
 * writer takes that.
 */
final class RangeReplacement {
    private static final Logger LOG = System.getLogger(RangeReplacement.class.getName());

    private final PartitionLog log;
    private final List<RecordBatch> batches;

    /** @throws IllegalArgumentException when the batches are not intact, or do not follow each other */
    RangeReplacement(PartitionLog log, List<RecordBatch> batches) {
        this.log = log;
        this.batches = batches;
        long expected = batches.get(0).baseOffset();
        for (RecordBatch batch : batches) {
            if (batch.baseOffset() != expected || !batch.checksumMatches()) {
                throw new IllegalArgumentException("the batch at offset " + batch.baseOffset() + " is damaged, or does not"
                    + " follow offset " + (expected - 1) + ": it cannot mend " + log.name());
            }
            expected = batch.lastOffset() + 1;
        }
    }

    private record Prepared(SegmentExchange.SealedSegment sealed, SegmentReplacement replacement, long end) {
    }

    CompletableFuture<Long> start(Executor executor) {
        long first = batches.get(0).baseOffset();
        return log.directory().queue(LogTask.of(() -> log.writable().seal(first)))
            .thenApplyAsync(this::prepare, executor).thenCompose(this::install);
    }

    private Prepared prepare(SegmentExchange.SealedSegment sealed) {
        List<RecordBatch> within = new ArrayList<>(batches);
        within.removeIf(batch -> batch.lastOffset() >= sealed.endOffset());
        if (within.isEmpty() || !sealed.segment().acquire()) {
            throw new IllegalStateException("the segment " + sealed.segment().baseOffset() + " of " + log.name()
                + " is gone, or has no room for the batches");
        }
        try {
            if (!log.directory().space().hasRoomFor(sealed.segment().sizeInBytes())) {
                throw noRoom(sealed, null); // a copy that fills the disk would stop the appends of all logs
            }
            return new Prepared(sealed, SegmentReplacement.prepare(sealed.folder(), sealed.segment(), sealed.endOffset(),
                within, log.config().indexIntervalBytes()), within.get(within.size() - 1).lastOffset() + 1);
        } catch (IOException e) {
            if (log.directory().space().isShortage(e)) {
                throw noRoom(sealed, e);
            }
            throw new UncheckedIOException("the segment " + sealed.segment().baseOffset() + " of " + log.name()
                + " could not be written anew: check the disk", e);
        } finally {
            log.release(sealed.segment());
        }
    }

    private LogDirectoryOfflineException noRoom(SegmentExchange.SealedSegment sealed, IOException cause) {
        return new LogDirectoryOfflineException("the segment " + sealed.segment().baseOffset() + " of " + log.name()
            + " could not be written anew: there is no room on the disk for a copy, or too many files are open", cause);
    }

    private CompletableFuture<Long> install(Prepared prepared) {
        CompletableFuture<Long> installed;
        try {
            installed = log.directory().queue(LogTask.of(() -> {
                log.writable().replace(prepared.sealed(), prepared.replacement());
                return prepared.end();
            }));
        } catch (RuntimeException refused) {
            installed = CompletableFuture.failedFuture(refused);
        }
        return installed.whenComplete((end, failure) -> {
            if (failure == null) {
                LOG.log(Level.WARNING, "{0}: the damaged records from offset {1} to {2} were replaced by another"
                    + " replica''s", log.name(), Long.toString(batches.get(0).baseOffset()), Long.toString(end));
            } else {
                discard(prepared.replacement());
            }
        });
    }

    private void discard(SegmentReplacement replacement) {
        try {
            replacement.discard();
        } catch (IOException e) {
            LOG.log(Level.WARNING, () -> "a segment of " + log.name() + " that was written anew in vain could not be"
                + " removed; the next start does it", e);
        }
    }
}
