package io.millrace.log.write;

import io.millrace.log.AbortedTransaction;
import io.millrace.log.CorruptLogException;
import io.millrace.log.OffsetAndTimestamp;
import io.millrace.log.OffsetOutOfRangeException;
import io.millrace.log.segment.DamageReports;
import io.millrace.log.segment.LogView;
import io.millrace.log.segment.Segment;
import io.millrace.log.segment.SegmentDamage;
import io.millrace.log.segment.SegmentReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Finds what readers of a log ask for in the segment that holds it, while segments are rolled, cut off and deleted by the
 * log writer. Any thread; keeps nothing.
 */
final class LogReader {
    /** A replacement is a few renames; one that waits for space is not waited for. */
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(5);
    private static final long GLANCE_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

    private final PartitionLog log;
    private final DamageReports reports;

    LogReader(PartitionLog log, DamageReports reports) {
        this.log = log;
        this.reports = reports;
    }

    /**
     * See {@link PartitionLog#read(long, long, int)}.
     *
     * @param buffers where the batches go
     * @throws CorruptLogException when the very batch that holds the offset is damaged
     */
    ByteBuffer read(long offset, long maxOffset, int maxBytes, SegmentReader.Buffers buffers) {
        boolean takenBack = false;
        while (true) {
            LogView current = log.openView();
            if (offset < current.logStartOffset() || offset > current.logEndOffset()) {
                throw new OffsetOutOfRangeException(offset, current.logStartOffset(), current.logEndOffset());
            }
            if (offset == current.logEndOffset() || offset >= maxOffset) {
                return ByteBuffer.allocate(0);
            }
            int index = current.indexOf(offset);
            Segment segment = current.segments().get(index);
            if (!segment.acquire()) {
                continue; // Deleted since the view was taken: there is a newer one, or the log is closed.
            }
            try {
                ByteBuffer batches = reader(current, index).read(offset, maxOffset, maxBytes, buffers);
                current.epochs().correct(batches, wrong -> reports.reportEpoch(segment, wrong));
                return batches;
            } catch (SegmentDamage damage) {
                if (awaitReplacement(current)) {
                    continue;
                }
                if (log.lastView().stillHas(current, damage.nextOffset())) {
                    // What was taken back may have been what another reader had told of the segment as it is now.
                    CorruptLogException told = takenBack ? reports.reportAgain(segment, damage) : reports.report(segment, damage);
                    if (log.lastView().stillHas(current, damage.nextOffset())) {
                        throw told;
                    }
                    reports.takeBack(segment, damage);
                    takenBack = true;
                }
            } catch (NoSuchFileException e) {
                // Opened again only now, and deleted since the view was taken; else it is lost.
                if (!awaitReplacement(current) && log.openView().segments().contains(segment)) {
                    throw log.failedRead(segment, e);
                }
            } catch (IOException e) {
                throw log.failedRead(segment, e);
            } finally {
                log.release(segment);
            }
        }
    }

    /**
     * Files that are opened again while compaction replaces them are gone, or another segment's already.
     *
     * @return whether to look again, with a newer view
     */
    private boolean awaitReplacement(LogView seen) {
        long until = System.nanoTime() + PATIENCE_NANOS;
        while (log.writable().compaction().isReplacing() && System.nanoTime() - until < 0) {
            LockSupport.parkNanos(GLANCE_NANOS);
        }
        return log.openView().truncations() != seen.truncations();
    }

    /** See {@link LogTransactions#aborted}. */
    List<AbortedTransaction> aborted(long from, long to) {
        while (true) {
            LogView current = log.openView();
            if (from < current.logStartOffset()) {
                throw new OffsetOutOfRangeException(from, current.logStartOffset(), current.logEndOffset());
            }
            List<AbortedTransaction> found = new ArrayList<>();
            int index = current.indexOf(from);
            while (index < current.segments().size()) {
                Segment segment = current.segments().get(index);
                if (!segment.acquire()) {
                    break;
                }
                try {
                    index = segment.transactionIndex().collect(from, to, found) ? current.segments().size() : index + 1;
                } catch (NoSuchFileException e) {
                    if (!awaitReplacement(current) && log.openView().segments().contains(segment)) {
                        throw log.failedRead(segment, e);
                    }
                    break;
                } catch (IOException e) {
                    throw log.failedRead(segment, e);
                } finally {
                    log.release(segment);
                }
            }
            if (index >= current.segments().size()) {
                return found;
            }
        }
    }

    /** See {@link PartitionLog#passEmpty}. */
    long passEmpty(long offset, long maxOffset) {
        long at = offset;
        while (at < maxOffset) {
            LogView current = log.openView();
            if (at < current.logStartOffset() || at >= current.logEndOffset()) {
                return at;
            }
            int index = current.indexOf(at);
            Segment segment = current.segments().get(index);
            if (!segment.acquire()) {
                continue;
            }
            long next = at;
            try {
                next = reader(current, index).passEmpty(at);
            } catch (NoSuchFileException e) {
                if (!awaitReplacement(current) && log.openView().segments().contains(segment)) {
                    throw log.failedRead(segment, e);
                }
                continue;
            } catch (IOException e) {
                throw log.failedRead(segment, e);
            } finally {
                log.release(segment);
            }
            if (next < current.endOffset(index)) {
                return Math.min(next, maxOffset);
            }
            at = next;
        }
        return Math.min(at, Math.max(offset, maxOffset));
    }

    /** See {@link PartitionLog#offsetForTimestamp}. */
    Optional<OffsetAndTimestamp> offsetForTimestamp(long timestamp) {
        LogView current = log.openView();
        int index = current.indexOf(current.logStartOffset());
        while (index < current.segments().size()) {
            Segment segment = current.segments().get(index);
            if (!segment.acquire()) {
                current = log.openView();
                index = current.indexOf(current.logStartOffset());
                continue;
            }
            try {
                if (segment.maxTimestamp() >= timestamp) {
                    Optional<OffsetAndTimestamp> found = reader(current, index)
                        .firstAtOrAfter(timestamp, Math.max(current.logStartOffset(), segment.baseOffset()));
                    if (found.isPresent()) {
                        return found;
                    }
                }
            } catch (NoSuchFileException e) {
                boolean replaced = awaitReplacement(current);
                current = log.openView();
                if (!replaced && current.segments().contains(segment)) {
                    throw log.failedRead(segment, e);
                }
                index = current.indexOf(current.logStartOffset());
                continue;
            } catch (IOException e) {
                throw log.failedRead(segment, e);
            } finally {
                log.release(segment);
            }
            index++;
        }
        return Optional.empty();
    }

    private static SegmentReader reader(LogView view, int index) {
        return new SegmentReader(view.segments().get(index), view.readableBytes(index), view.endOffset(index));
    }
}
