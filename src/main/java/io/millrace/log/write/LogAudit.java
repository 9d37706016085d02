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
            try {
                SegmentAudit.read(segment, current.readableBytes(index), current.endOffset(index),
                    new SegmentAudit.Visitor() {
                        @Override
                        public void damaged(long position, long from, long to) {
                            if (offset >= from && offset < to) {
                                found.add(new DamagedRange(from, to));
                            }
                        }
                    });
            } catch (IOException e) {
                if (log.openView().segments().contains(segment)) {
                    throw log.failedRead(segment, e);
                }
                continue;
            } finally {
                log.release(segment);
            }
            if (log.openView().truncations() == current.truncations()) {
                return found.stream().findFirst();
            }
        }
    }

    /** See {@link PartitionLog#scrub}. */
    boolean scrub(long baseOffset, LogScrub.Pace pace) {
        LogView current = log.lastView();
        int index = current.indexOf(baseOffset);
        Segment segment = current.segments().get(index);
        if (segment.baseOffset() != baseOffset || !segment.acquire()) {
            return true;
        }
        try {
            return SegmentAudit.read(segment, current.readableBytes(index), current.endOffset(index),
                new SegmentAudit.Visitor() {
                    @Override
                    public boolean intact(BatchScan batch) {
                        return pace.read(batch.sizeInBytes());
                    }

                    @Override
                    public void damaged(long position, long from, long to) {
                        LogView now = log.lastView();
                        if (now.truncations() == current.truncations() && to > now.logStartOffset()) {
                            reports.reportAgain(segment, new SegmentDamage("no intact batch holds the offsets from " + from,
                                position, to));
                        }
                    }
                });
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
