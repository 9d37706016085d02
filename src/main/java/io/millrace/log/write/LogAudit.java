package io.millrace.log.write;

import io.millrace.log.DamagedRange;
import io.millrace.log.OffsetOutOfRangeException;
import io.millrace.log.segment.BatchScan;
import io.millrace.log.segment.DamageReports;
import io.millrace.log.segment.LogView;
import io.millrace.log.segment.Segment;
import io.millrace.log.segment.SegmentAudit;
import io.millrace.log.segment.SegmentDamage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Reads whole segments of a log for the damage in them, which the log writer may delete or replace meanwhile. Any thread.
 */
final class LogAudit {
    private final PartitionLog log;
    private final DamageReports reports;

    LogAudit(PartitionLog log, DamageReports reports) {
        this.log = log;
        this.reports = reports;
    }

    /** See {@link PartitionLog#damagedRange}. */
    Optional<DamagedRange> damagedRange(long offset) {
        while (true) {
            LogView current = log.openView();
            if (offset < current.logStartOffset() || offset >= current.logEndOffset()) {
                throw new OffsetOutOfRangeException(offset, current.logStartOffset(), current.logEndOffset());
            }
            int index = current.indexOf(offset);
            Segment segment = current.segments().get(index);
            if (!segment.acquire()) {
                continue;
            }
            List<DamagedRange> found = new ArrayList<>();
            Set<Long> before = segment.damage().lastOffsets();
            try {
                SegmentAudit.read(segment, current.readableBytes(index), current.endOffset(index),
                    new SegmentAudit.Visitor() {
                        @Override
                        public void damaged(long position, long from, long to) {
                            found.add(new DamagedRange(from, to));
                        }
                    });
                if (tellInOrder(segment, current, index, before, found)) {
                    return found.stream().filter(range -> offset >= range.from() && offset < range.to()).findFirst();
                }
            } catch (IOException e) {
                if (log.openView().segments().contains(segment)) {
                    throw log.failedRead(segment, e);
                }
            } finally {
                log.release(segment);
            }
        }
    }

    /**
     * A segment was read to its end.
     *
     * @return false when the log was changed meanwhile, so that what was found may not be there
     */
    private boolean tellInOrder(Segment segment, LogView current, int index, Set<Long> before,
                                List<DamagedRange> found) {
        if (log.lastView().truncations() != current.truncations()) {
            return false;
        }
        reports.readWhole(segment, current.endOffset(index), before, found);
        return true;
    }

    /** See {@link PartitionLog#scrub}. */
    boolean scrub(long baseOffset, Pace pace) {
        while (true) {
            LogView current = log.lastView();
            int index = current.indexOf(baseOffset);
            Segment segment = current.segments().get(index);
            if (segment.baseOffset() != baseOffset || !segment.acquire()) {
                return true;
            }
            Scrubbing scrubbing = new Scrubbing(segment, current, pace);
            Set<Long> before = segment.damage().lastOffsets();
            try {
                if (!SegmentAudit.read(segment, current.readableBytes(index), current.endOffset(index), scrubbing)) {
                    return false;
                }
                if (tellInOrder(segment, current, index, before, scrubbing.found) || scrubbing.found.isEmpty()) {
                    return true;
                }
            } catch (IOException e) {
                if (!log.lastView().segments().contains(segment)) {
                    return true;
                }
                throw log.failedRead(segment, e);
            } finally {
                log.release(segment);
            }
        }
    }

    /** Tells of the damage in a segment while that is read. For one thread. */
    private final class Scrubbing implements SegmentAudit.Visitor {
        private final Segment segment;
        private final LogView view;
        private final Pace pace;
        private final List<DamagedRange> found = new ArrayList<>();

        private Scrubbing(Segment segment, LogView view, Pace pace) {
            this.segment = segment;
            this.view = view;
            this.pace = pace;
        }

        @Override
        public boolean intact(BatchScan batch) {
            return pace.passed(batch.sizeInBytes());
        }

        @Override
        public void damaged(long position, long from, long to) {
            found.add(new DamagedRange(from, to));
            if (!log.lastView().stillHas(view, to)) {
                return;
            }
            SegmentDamage damage = new SegmentDamage("no intact batch holds the offsets from " + from, position, to);
            reports.reportAgain(segment, damage);
            if (!log.lastView().stillHas(view, to)) {
                reports.takeBack(segment, damage);
            }
        }
    }
}
