package io.millrace.log.segment;

import io.millrace.log.CorruptLogException;
import io.millrace.log.DamagedFile;
import io.millrace.log.DamagedRange;
import io.millrace.log.LogName;
import io.millrace.log.LogObserver;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;

/** Says once in the log, and to whoever observes, what of one partition is not as it was written. Thread-safe. */
public final class DamageReports {
    private static final Logger LOG = System.getLogger(DamageReports.class.getName());

    private final LogName name;
    private final LogObserver observer;

    public DamageReports(LogName name, LogObserver observer) {
        this.name = name;
        this.observer = observer;
    }

    public LogName name() {
        return name;
    }

    /** Tells of damage, each place once. */
    public CorruptLogException report(Segment segment, SegmentDamage damage) {
        CorruptLogException report = exception(segment, damage);
        if (segment.damage().firstReport(damage)) {
            LOG.log(Level.ERROR, report.getMessage());
            observer.damaged(report);
        }
        return report;
    }

    /** Tells of damage that may have been told of before: whoever could not mend it then may be able to now. */
    public CorruptLogException reportAgain(Segment segment, SegmentDamage damage) {
        boolean known = !segment.damage().firstReport(damage);
        CorruptLogException report = exception(segment, damage);
        LOG.log(known ? Level.DEBUG : Level.ERROR, report.getMessage());
        observer.damaged(report);
        return report;
    }

    /**
     * Takes back what was told of damage, because the log was changed meanwhile: that may have been mended before it was
     * told. Whoever told it looks again; if it is there still, it is told anew.
     */
    public void takeBack(Segment segment, SegmentDamage damage) {
        mended(damage.lastOffset(), damage.nextOffset());
        segment.damage().forget(damage.position());
    }

    /**
     * The log was cut within a segment: what was told of damage behind the cut is taken back, and what is left of damage that
     * reaches over it is told anew. Readers see the cut already.
     *
     * @param position  of the cut
     * @param endOffset the offset behind the last one that is left
     */
    public void cut(Segment segment, long position, long endOffset) {
        List<Long> cut = segment.damage().forgetWhere(last -> last >= endOffset);
        mended(endOffset, Long.MAX_VALUE);
        cut.stream().filter(place -> place < position).forEach(place -> reportAgain(segment, new SegmentDamage(
            "no intact batch holds the last offsets before " + endOffset, place, endOffset)));
    }

    /**
     * A segment was read to its end: whatever was told of the offsets between the damage that was found is taken back.
     *
     * @param endOffset of the segment
     * @param before    the last offsets of the places that were reported before it was read. What others have reported
     *                  since may be newer than what was read
     * @param found     in ascending order
     */
    public void readWhole(Segment segment, long endOffset, Set<Long> before, List<DamagedRange> found) {
        List<DamagedRange> kept = new ArrayList<>(found);
        segment.damage().lastOffsets().stream().filter(last -> !before.contains(last))
            .forEach(last -> kept.add(new DamagedRange(last, last + 1)));
        kept.sort(Comparator.comparingLong(DamagedRange::from));
        segment.damage().forgetWhere(last -> last < endOffset
            && kept.stream().noneMatch(range -> last >= range.from() && last < range.to()));
        long from = segment.baseOffset();
        for (DamagedRange range : kept) {
            if (from < range.from()) {
                mended(from, range.from());
            }
            from = Math.max(from, range.to());
        }
        if (from < endOffset) {
            mended(from, endOffset);
        }
    }

    /** See {@link LogObserver#mended}; readers see it already. */
    public void mended(long from, long to) {
        observer.mended(name, from, to);
    }

    private CorruptLogException exception(Segment segment, SegmentDamage damage) {
        return new CorruptLogException(name.topic(), name.partition(), segment.file().path(), damage.position(),
            damage.getMessage(), damage.nextOffset());
    }

    /** Tells of a batch whose leader epoch is not the one in force, each once. */
    public void reportEpoch(Segment segment, long offset) {
        if (segment.damage().firstEpochReport(offset)) {
            reportFile(segment.file().path(), "the leader epoch of the batch at offset " + offset
                + " is not the one in force there, which readers are given; the records are as they were written");
        }
    }

    /** Tells of a small file that is not as it was written. */
    public void reportFile(Path file, String reason) {
        DamagedFile report = new DamagedFile(name.topic(), name.partition(), file, reason);
        LOG.log(Level.ERROR, report.message());
        observer.damagedFile(report);
    }
}
