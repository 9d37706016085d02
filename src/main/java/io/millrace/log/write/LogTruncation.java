package io.millrace.log.write;

import io.millrace.log.CommittedRecordsException;
import io.millrace.log.OffsetOutOfRangeException;
import io.millrace.log.Truncation;
import io.millrace.log.producer.ProducerStates;
import io.millrace.log.segment.DamageReports;
import io.millrace.log.segment.Segment;
import io.millrace.log.segment.SegmentDamage;
import io.millrace.log.segment.SegmentReader;
import io.millrace.log.segment.TailCut;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * Cuts off the end of a log, and refuses what would take committed records where nobody asked for that. The log writer's.
 */
final class LogTruncation {
    private static final Logger LOG = System.getLogger(LogTruncation.class.getName());

    private final LogState state;
    private final PartitionLog log;
    private final LogForces forces;
    private final LogProducers producers;
    private final LogStart start;
    private final LogCompaction compaction;
    private final DamageReports reports;
    /** The offset of the cut that was refused last; -1: none was. */
    private long refused = -1;

    LogTruncation(LogState state, LogForces forces, LogProducers producers, LogStart start, LogCompaction compaction,
                  DamageReports reports) {
        this.state = state;
        this.log = state.log();
        this.forces = forces;
        this.producers = producers;
        this.start = start;
        this.compaction = compaction;
        this.reports = reports;
    }

    /**
     * Cuts off every batch that does not end before the offset; all of the log where records that are before it have
     * given way to some behind it, as compaction does: who copies the log begins from its start then.
     *
     * @return the new log end offset
     * @throws CommittedRecordsException when a clean one would take committed records
     */
    long truncateTo(long offset, Truncation truncation) throws IOException {
        state.ensureOpen();
        if (offset < state.startOffset()) {
            throw new OffsetOutOfRangeException(offset, state.startOffset(), state.endOffset());
        }
        if (offset >= state.endOffset()) {
            return state.endOffset();
        }
        if (truncation != Truncation.UNCLEAN) {
            refuseCutIntoCommitted(offset);
        }
        if (truncation == Truncation.DAMAGED && offset < log.highWatermark()) {
            requireDamage(offset);
        }
        lowerWatermark(offset, truncation);
        long end = state.whole(() -> cutAt(offset));
        log.watermark().cutAt(end, Truncation.UNCLEAN); // a batch that reaches over the offset went as a whole
        return end;
    }

    /** That nothing between the offset and the high watermark can be read, and everything before it in its segment can. */
    private void requireDamage(long offset) throws IOException {
        long mark = log.highWatermark();
        boolean damaged = log.damagedRange(offset).filter(range -> range.from() == offset && range.to() >= mark).isPresent();
        int last = segmentsBefore(offset) - 1;
        long end = TailCut.endBefore(offset, state.segments().get(last));
        if (end < offset) {
            reportDamage(end, last);
        }
        if (!damaged || end < offset) {
            reportCutIntoCommitted(offset, mark, false);
            throw new CommittedRecordsException(log.name(), offset, mark);
        }
    }

    /** Where a batch before the offset is damaged, it would be cut there. */
    private void refuseCutIntoCommitted(long offset) throws IOException {
        long mark = log.highWatermark();
        int last = segmentsBefore(offset) - 1;
        Segment segment = state.segments().get(last);
        if (!log.isReplicated() || offset < mark || mark <= segment.baseOffset()) {
            return;
        }
        long end = TailCut.endBefore(offset, segment);
        if (end < mark) {
            reportDamage(end, last);
            reportCutIntoCommitted(offset, mark, false);
            throw new CommittedRecordsException(log.name(), offset, mark);
        }
    }

    /** What is in the way of a cut is told with each refusal, so that it is healed without waiting for the scrub. */
    private void reportDamage(long offset, int index) throws IOException {
        Segment segment = state.segments().get(index);
        try {
            new SegmentReader(segment, segment.sizeInBytes(), state.endOf(index)).read(offset, Long.MAX_VALUE, 1,
                ByteBuffer::allocate);
        } catch (SegmentDamage damage) {
            reports.reportAgain(segment, damage);
        }
    }

    /** How many segments stay when the log is cut at an offset. */
    private int segmentsBefore(long offset) {
        int stay = state.segments().size();
        while (stay > 1 && state.segments().get(stay - 1).baseOffset() >= offset) {
            stay--;
        }
        return stay;
    }

    /**
     * The log is about to end at an offset.
     *
     * @throws CommittedRecordsException when that would take committed records, and may not
     */
    void lowerWatermark(long offset, Truncation truncation) {
        long mark = log.highWatermark();
        boolean may = log.watermark().cutAt(offset, truncation);
        if (offset < mark && log.isReplicated() && truncation != Truncation.DAMAGED) {
            reportCutIntoCommitted(offset, mark, may);
        }
        if (!may) {
            throw new CommittedRecordsException(log.name(), offset, mark);
        }
    }

    /** A refusal is repeated with each try of a follower: it is told once for each offset. */
    private void reportCutIntoCommitted(long offset, long mark, boolean cut) {
        if (cut) {
            LOG.log(Level.ERROR, "{0}: COMMITTED RECORDS ARE LOST here: an unclean truncation cuts the log, which ends at"
                + " {1}, back to {2}, below its high watermark, {3}", log.name(), Long.toString(state.endOffset()),
                Long.toString(offset), Long.toString(mark));
        } else if (offset != refused) {
            refused = offset;
            LOG.log(Level.ERROR, "{0}: a truncation of the log, which ends at {1}, to {2} is refused: that is below its"
                + " high watermark, {3}, and nobody asked for an unclean one", log.name(), Long.toString(state.endOffset()),
                Long.toString(offset), Long.toString(mark));
        }
    }

    /** Cuts the log, as a part of a whole operation, whatever is committed; returns the new log end offset. */
    long cutAt(long offset) throws IOException {
        int stay = segmentsBefore(offset);
        Segment last = state.segments().get(stay - 1);
        last.openForWriting();
        TailCut cut = TailCut.before(offset, last, log.config().indexIntervalBytes());
        if (cut.nextOffset() < compaction.cleanedOffset() && offset > state.startOffset()) {
            compaction.beginAnew();
            return cutAt(state.startOffset());
        }
        ProducerStates known = producers.at(cut.nextOffset(), last.baseOffset(), forces.recoveryPoint());
        forces.lowerRecoveryPoint(cut.nextOffset());
        start.lowerTo(cut.nextOffset());
        forces.forget(last);
        producers.cut(cut.nextOffset(), known);
        List<Segment> dropped = state.cut(stay, cut);
        last.transactionIndex().truncateTo(state.endOffset());
        // The newest first, so that a crash leaves no gap.
        for (Segment segment : dropped) {
            forces.removeNewest(segment);
        }
        state.active().truncate(cut.position());
        state.epochs().truncateFromEnd(state.endOffset());
        state.epochs().save();
        compaction.lowerTo(state.endOffset());
        return state.endOffset();
    }
}
