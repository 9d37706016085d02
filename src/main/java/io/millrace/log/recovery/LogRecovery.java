package io.millrace.log.recovery;

import io.millrace.log.ProducerLimits;
import io.millrace.log.file.OffsetCheckpoint;
import io.millrace.log.producer.ProducerSnapshots;
import io.millrace.log.producer.ProducerStates;
import io.millrace.log.segment.DamageReports;
import io.millrace.log.segment.LeaderEpochCheckpoint;
import io.millrace.log.segment.LogFolder;
import io.millrace.log.segment.Segment;
import io.millrace.log.segment.SegmentDamage;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;

/**
 * Opens a log that is on disk, or begins a new one. What lies before the recovery point was durable and is believed,
 * with a look at the indexes; everything behind is verified. A torn end is cut off, and nothing else ever is.
 */
public final class LogRecovery {
    private static final Logger LOG = System.getLogger(LogRecovery.class.getName());

    private final DamageReports reports;
    private final LogFolder folder;
    private final int indexInterval;
    private final List<Segment> segments = new ArrayList<>();
    private final long recoveryPoint;
    private final boolean recoveryPointIsChecked;
    private final LeaderEpochCheckpoint epochs;
    private final OffsetCheckpoint.Value notedStart;
    private final int maxEpoch;
    private final ProducerLimits limits;
    private final long now;
    private boolean startIsDamaged;
    private long logStartOffset;
    private long logEndOffset;
    private boolean changed;

    private LogRecovery(DamageReports reports, LogFolder folder, int indexInterval, int maxEpoch, ProducerLimits limits,
                        long now) throws IOException {
        this.reports = reports;
        this.folder = folder;
        this.maxEpoch = maxEpoch;
        this.limits = limits;
        this.now = now;
        this.indexInterval = indexInterval;
        OffsetCheckpoint recoveryPointFile = folder.recoveryPoint();
        OffsetCheckpoint.Value noted = recoveryPointFile.read(
            damage -> reports.reportFile(recoveryPointFile.path(), damage));
        this.recoveryPoint = noted.offset();
        this.recoveryPointIsChecked = noted.checked();
        OffsetCheckpoint startFile = folder.logStartOffset();
        this.notedStart = startFile.read(damage -> {
            reports.reportFile(startFile.path(), damage);
            startIsDamaged = true;
        });
        this.epochs = folder.leaderEpochs(damage -> reports.reportFile(folder.path().resolve(LogFolder.LEADER_EPOCHS),
            damage));
    }

    /**
     * @param indexInterval bytes of batches between two entries of an index
     * @param maxEpoch      newest leader epoch that the partition has had: what is above in a file or a batch is damage
     * @param limits        of what is kept in mind of producers
     * @param now           in ms since the epoch
     */
    public static RecoveredLog recover(DamageReports reports, LogFolder folder, int indexInterval, int maxEpoch,
                                       ProducerLimits limits, long now) throws IOException {
        folder.removeLeftovers();
        folder.recoverReplacements();
        endEmptying(folder);
        LogRecovery recovery = new LogRecovery(reports, folder, indexInterval, maxEpoch, limits, now);
        try {
            return recovery.run();
        } catch (IOException | RuntimeException e) {
            for (Segment segment : recovery.segments) {
                segment.release();
            }
            throw e;
        }
    }

    /** A cut took more than its end, because what was before had given way to what went: what is left of the log goes, too. */
    private static void endEmptying(LogFolder folder) throws IOException {
        OffsetCheckpoint mark = folder.cleanedOffset();
        if (mark.read(damage -> { }).offset() != LogFolder.EMPTIED) {
            return;
        }
        List<Long> segments = folder.segments();
        long start = Math.max(folder.logStartOffset().read(damage -> { }).offset(), segments.isEmpty() ? 0 : segments.get(0));
        folder.logStartOffset().write(start); // first: the segments that tell it are about to go
        folder.recoveryPoint().write(start);
        folder.removeRecords();
        folder.force();
        mark.write(start);
    }

    private RecoveredLog run() throws IOException {
        List<Long> offsets = folder.segments();
        logEndOffset = offsets.isEmpty() ? Math.max(recoveryPoint, notedStart.offset()) : recoveryPoint;
        for (int i = 0; i < offsets.size(); i++) {
            segments.add(Segment.open(folder, offsets.get(i)));
            if (i < offsets.size() - 1) {
                openSealed(segments.get(i), offsets.get(i + 1));
            } else {
                openActive(segments.get(i));
            }
        }
        if (segments.isEmpty()) {
            beginSegment();
        }
        findStart();
        epochs.truncateFromEnd(logEndOffset);
        holdEpochsAgainstBatches();
        epochs.save();
        ProducerSnapshots snapshots = snapshots();
        // No snapshot: nobody was known where the recovery point is.
        long noneUntil = Math.min(recoveryPoint, logEndOffset);
        ProducerRecovery producerRecovery = new ProducerRecovery(snapshots, segments, logEndOffset, limits, now);
        ProducerStates producers = producerRecovery.at(logEndOffset, noneUntil);
        changed |= new TransactionRecovery(segments, logEndOffset, noneUntil, producerRecovery)
            .recover(!producers.isEmpty() || !snapshots.isEmpty(), producers);
        producerRecovery.completeSnapshots();
        makeDurable(snapshots, producers);
        return new RecoveredLog(segments, logStartOffset, logEndOffset, epochs, cleanedOffset(), producers, snapshots);
    }

    /** What was cleaned and is lost since, comes back as it was before: it is to be cleaned again. */
    private long cleanedOffset() throws IOException {
        OffsetCheckpoint file = folder.cleanedOffset();
        long noted = file.read(damage -> reports.reportFile(file.path(), damage)).offset();
        if (noted > logEndOffset) {
            file.write(logEndOffset);
        }
        return Math.min(noted, logEndOffset);
    }

    private void openSealed(Segment segment, long endOffset) throws IOException {
        if (notedStart.checked() && endOffset <= notedStart.offset()) {
            return; // It is about to go, whatever became of it.
        }
        SegmentRecovery recovery = recovery(segment, endOffset);
        boolean sane = recovery.indexesAreSane();
        if (sane && endOffset <= recoveryPoint) {
            segment.restoreMaxTimestamp();
            return;
        }
        changed = true;
        if (!sane) {
            noteRebuild(segment);
        }
        SegmentRecovery.Outcome outcome = recovery.verify(sane ? recoveryPoint : segment.baseOffset());
        if (outcome.nextOffset() < endOffset) {
            long position = outcome.hasBadTail() ? outcome.badTailPosition() : segment.sizeInBytes();
            reports.report(segment, new SegmentDamage("no valid batch up to the segment's end", position, endOffset));
        }
    }

    private void openActive(Segment segment) throws IOException {
        SegmentRecovery.Outcome outcome = recovery(segment, Long.MAX_VALUE).verify(recoveryPoint);
        long end = Math.max(outcome.nextOffset(), logEndOffset);
        if (end > outcome.nextOffset() && !outcome.hasBadTail() && !recoveryPointIsChecked) {
            reports.reportFile(folder.recoveryPoint().path(), "it says that records up to offset " + recoveryPoint
                + " were durable, but the log ends, undamaged, at " + outcome.nextOffset() + ": it is not believed");
            end = outcome.nextOffset();
        } else if (outcome.hasBadTail() && outcome.nextOffset() >= recoveryPoint) {
            cut(segment, outcome.badTailPosition());
        } else if (outcome.nextOffset() < recoveryPoint) {
            long position = outcome.hasBadTail() ? outcome.badTailPosition() : segment.sizeInBytes();
            reports.report(segment, new SegmentDamage("records are missing that had been durable", position, end));
        }
        changed |= end != recoveryPoint;
        logEndOffset = end;
        if (end > outcome.nextOffset()) {
            beginSegment(); // No offset is given twice, and what is damaged stays as it is.
        }
    }

    private SegmentRecovery recovery(Segment segment, long endOffset) {
        return new SegmentRecovery(segment, endOffset, indexInterval, epochs, damage -> reports.report(segment, damage));
    }

    private void noteRebuild(Segment segment) {
        LOG.log(Level.WARNING, "{0}: the indexes of {1} are missing or wrong and are written anew", reports.name(),
            segment.file().path().getFileName());
    }

    private void cut(Segment segment, long position) throws IOException {
        LOG.log(Level.WARNING, "{0}: {1} ends in an unfinished write: {2} bytes from byte {3} on are cut off",
            reports.name(), segment.file().path().getFileName(), segment.sizeInBytes() - position, position);
        segment.truncate(position);
        changed = true;
    }

    private void beginSegment() throws IOException {
        segments.add(Segment.create(folder, logEndOffset));
        changed = true;
    }

    /** A start beyond the end is believed only of a log without records: of one that was to begin there. */
    private void findStart() throws IOException {
        logStartOffset = notedStart.offset();
        if (logStartOffset > logEndOffset) {
            if (notedStart.checked() && segments.stream().allMatch(segment -> segment.sizeInBytes() == 0)) {
                logEndOffset = logStartOffset;
                beginSegment();
            } else {
                reports.reportFile(folder.logStartOffset().path(), "it says that the log begins at offset " + logStartOffset
                    + ", but it ends at " + logEndOffset + ": the log begins with its first segment, at offset "
                    + segments.get(0).baseOffset());
                logStartOffset = segments.get(0).baseOffset();
                startIsDamaged = true;
            }
        }
        if (notedStart.checked()) {
            removeBeforeStart();
        }
        logStartOffset = Math.max(logStartOffset, segments.get(0).baseOffset());
        if (startIsDamaged) {
            folder.logStartOffset().write(logStartOffset);
        }
    }

    private void holdEpochsAgainstBatches() throws IOException {
        LeaderEpochRecovery recovery = new LeaderEpochRecovery(segments, logEndOffset, maxEpoch);
        List<LeaderEpochCheckpoint.Entry> noted = epochs.published().entries();
        if (recovery.agrees(noted)) {
            return;
        }
        List<LeaderEpochCheckpoint.Entry> rebuilt = recovery.rebuilt(noted);
        if (!rebuilt.equals(noted)) {
            reports.reportFile(epochs.path(), "it does not fit the batches, or the newest leader epoch, " + maxEpoch
                + ", and is made anew from them: " + rebuilt);
            epochs.replace(rebuilt);
        }
    }

    /** What is behind the end must not come back once the log goes on. */
    private ProducerSnapshots snapshots() throws IOException {
        ProducerSnapshots snapshots = ProducerSnapshots.open(folder);
        if (snapshots.removeBehind(logEndOffset)) {
            folder.force();
        }
        return snapshots;
    }

    /** What a crash left of segments that were being deleted. */
    private void removeBeforeStart() throws IOException {
        while (segments.size() > 1 && segments.get(1).baseOffset() <= logStartOffset) {
            Segment segment = segments.remove(0);
            segment.deleteFiles();
            segment.release();
        }
    }

    private void makeDurable(ProducerSnapshots snapshots, ProducerStates producers) throws IOException {
        for (Segment segment : segments.subList(0, segments.size() - 1)) {
            if (segment.isOpenForWriting()) {
                segment.force();
                segment.forceIndexes();
                segment.closeForWriting();
            }
        }
        if (changed) {
            Segment active = segments.get(segments.size() - 1);
            active.force();
            active.forceIndexes();
            folder.force();
            if (!producers.isEmpty() || !snapshots.isEmpty()) {
                snapshots.write(logEndOffset, producers);
            }
            folder.recoveryPoint().write(logEndOffset);
        }
    }
}
