package io.millrace.log.write;

import io.millrace.log.AbortedTransaction;
import io.millrace.log.LogDirectoryOfflineException;
import io.millrace.log.compact.BoundedSegment;
import io.millrace.log.compact.CleaningPace;
import io.millrace.log.compact.LogCleaning;
import io.millrace.log.file.FailedForceException;
import io.millrace.log.producer.ProducerSnapshots;
import io.millrace.log.segment.LogFolder;
import io.millrace.log.segment.Segment;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * Compacts a log once: writes its segments anew, group by group, and has each taken in by the log writer before the next is
 * begun, so that the disk needs room for one group beside the log, and what is replaced is gone before its tombstones are.
 * For one thread, which is not the log writer's.
 */
final class CompactionPass {
    private static final Logger LOG = System.getLogger(CompactionPass.class.getName());

    /** How the pass waits for the log writer. */
    interface Waiting {
        /** @throws InterruptedException when the pass is to end */
        <T> T await(CompletableFuture<T> future) throws InterruptedException;
    }

    /**
     * What a pass has done.
     *
     * @param cleanedTo exclusive: the offset at which the next pass begins
     * @param removed   records that are gone
     */
    record Outcome(long cleanedTo, long removed) {
    }

    /**
     * @param mapBytes   bound of the memory for the newest offset of each key, in bytes
     * @param batchBytes a batch that is larger after decompression stays as it is, in bytes
     */
    record Limits(long mapBytes, long batchBytes) {
    }

    private final CleanableLog what;
    private final PartitionLog log;
    private final Limits limits;
    private final long now;
    private final CleaningPace pace;
    private final Waiting waiting;
    private int truncations;

    /**
     * @param now in ms since the epoch
     */
    CompactionPass(CleanableLog what, Limits limits, long now, CleaningPace pace, Waiting waiting) {
        this.what = what;
        this.log = what.log();
        this.limits = limits;
        this.now = now;
        this.pace = pace;
        this.waiting = waiting;
        this.truncations = what.view().truncations();
    }

    /**
     * @throws InterruptedException         when it was told to end; what was taken in by then stays
     * @throws IllegalStateException        when the log was changed meanwhile
     * @throws LogDirectoryOfflineException when there is no room now
     */
    Outcome run() throws IOException, LogCleaning.DamagedSegmentException, InterruptedException {
        List<Segment> held = new ArrayList<>();
        try {
            for (BoundedSegment each : what.segments()) {
                if (!each.segment().acquire()) {
                    throw new IllegalStateException("the log of " + log.name() + " was shortened before it was compacted");
                }
                held.add(each.segment());
            }
            return clean();
        } finally {
            held.forEach(log::release);
        }
    }

    private List<AbortedTransaction> aborted(long from, long to) {
        return log.transactions().aborted(Math.max(from, log.logStartOffset()), to);
    }

    private Outcome clean() throws IOException, LogCleaning.DamagedSegmentException, InterruptedException {
        LogCleaning cleaning = cleaning();
        long end = cleaning.scan();
        for (BoundedSegment each : what.segments()) {
            if (each.endOffset() > what.dirtyFrom() && each.segment().baseOffset() < end) {
                force(each.segment()); // what goes is replaced by what is here: that must outlive a crash first
            }
        }
        for (List<BoundedSegment> group : cleaning.groups()) {
            requireRoom(group);
            Optional<LogCleaning.Group> written = cleaning.write(group);
            if (written.isPresent()) {
                truncations = waiting.await(install(written.get()));
            }
        }
        int unchanged = truncations;
        waiting.await(log.directory().queue(LogTask.of(() -> {
            log.writable().compaction().cleanedTo(end, unchanged);
            return null;
        })));
        return new Outcome(end, cleaning.removedRecords());
    }

    private LogCleaning cleaning() throws IOException, InterruptedException {
        LogProducers.Known known = waiting.await(log.directory().queue(LogTask.of(() -> log.writable().producers().known())));
        LogFolder folder = log.writable().compaction().folder();
        LogCleaning.Source source = new LogCleaning.Source(folder, what.segments(), what.dirtyFrom(),
            log.config().segmentBytes(), log.config().indexIntervalBytes(), this::aborted);
        return new LogCleaning(source, limits.mapBytes(), now, new LogCleaning.Rules(what.how().deleteRetentionMillis(),
            log.upkeep().keepsTombstones(), limits.batchBytes(), known.producers(), inTransaction(folder, known.snapshots())), pace);
    }

    /** By the offset of each snapshot; those behind the end say nothing of what this pass may take. */
    private Map<Long, Set<Long>> inTransaction(LogFolder folder, List<Long> snapshots) throws IOException, InterruptedException {
        long end = what.segments().stream().mapToLong(BoundedSegment::endOffset).max().orElse(0);
        Map<Long, Set<Long>> inTransaction = new HashMap<>();
        for (long snapshot : snapshots) {
            if (snapshot < end) {
                ProducerSnapshots.InTransaction there = ProducerSnapshots.inTransaction(folder, snapshot);
                inTransaction.put(snapshot, there.producerIds());
                pace.passed(there.bytes());
            }
        }
        return inTransaction;
    }

    /** A force that failed is the log directory's matter: it is never tried again, and whoever wrote must be told. */
    private void force(Segment segment) throws InterruptedException, IOException {
        try {
            segment.forceAsReader();
        } catch (FailedForceException e) {
            waiting.await(log.directory().queue(LogTask.of(() -> {
                throw e;
            })));
        }
    }

    /** A copy that fills the disk would stop the appends of all logs. */
    private void requireRoom(List<BoundedSegment> group) throws IOException {
        long bytes = group.stream().mapToLong(each -> each.segment().sizeInBytes()).sum();
        if (!log.directory().space().hasRoomFor(bytes)) {
            throw new LogDirectoryOfflineException("segments of " + log.name() + " cannot be compacted now: the disk has no"
                + " room for " + bytes + " bytes beside them", null);
        }
    }

    private CompletableFuture<Integer> install(LogCleaning.Group group) {
        int unchanged = truncations;
        CompletableFuture<Integer> installed;
        try {
            installed = log.directory().queue(LogTask.of(() -> log.writable().compaction().install(group, unchanged)));
        } catch (RuntimeException refused) {
            installed = CompletableFuture.failedFuture(refused);
        }
        return installed.whenComplete((changes, failure) -> {
            if (failure != null) {
                discard(group);
            }
        });
    }

    private void discard(LogCleaning.Group group) {
        try {
            group.rewrite().discard();
        } catch (IOException e) {
            LOG.log(Level.WARNING, () -> "segments of " + log.name() + " that were written anew in vain could not be removed;"
                + " the next start does it", e);
        }
    }
}
