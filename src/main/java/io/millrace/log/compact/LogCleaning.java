package io.millrace.log.compact;

import io.millrace.log.producer.ProducerState;
import io.millrace.log.segment.AbortedCopy;
import io.millrace.log.segment.LogFolder;
import io.millrace.log.segment.Segment;
import io.millrace.log.segment.SegmentBatches;
import io.millrace.log.segment.SegmentDamage;
import io.millrace.log.segment.SegmentRewrite;
import io.millrace.record.BatchFilter;
import io.millrace.record.BatchTooLargeException;
import io.millrace.record.RecordBatch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * One pass over a log: learns the newest offset of each key in the dirty part, then writes all segments up to there anew,
 * group by group, each taken in before the next is begun. What is older than the newest of its key goes; a tombstone goes
 * some time after all that is older than it has gone, and a marker some time after the transaction's records (KIP-534); so does
 * what has no key. A record never gets another offset or timestamp.
 *
 * <p>For one thread. Memory: the map, two MiB of buffers, and one batch: as it is stored, decompressed and written anew. Besides, an
 * entry for each producer that the log knows, as many as {@link io.millrace.log.ProducerLimits} allows, and for each snapshot of
 * them one for each that is in a transaction there.
 */
public final class LogCleaning {
    /**
     * What is cleaned.
     *
     * @param segments      ascending, held by the caller, one after the other
     * @param dirtyFrom     the first offset that no pass has looked at
     * @param maxBytes      of a segment that is made of several
     * @param indexInterval bytes of batches between two entries of an index
     * @param aborted       finds the transactions that were aborted; none of these segments has records of an open one
     */
    public record Source(LogFolder folder, List<BoundedSegment> segments, long dirtyFrom, long maxBytes,
                         int indexInterval, AbortedScan.Lookup aborted) {
        public Source {
            segments = List.copyOf(segments);
        }
    }

    /**
     * What goes and what does not.
     *
     * @param deleteRetentionMs how long a tombstone stays after it was first cleaned, and a marker after the last of its
     *                          transaction's records, in ms
     * @param tombstonesStay    whether both stay for longer, because somebody may lack them
     * @param maxBatchBytes     a batch whose records are larger after decompression stays as it is, in bytes
     * @param producers         that the log knows: the batch that holds the last record of one stays
     * @param inTransaction     by the offset of each snapshot of producers, those that are in a transaction there: the markers
     *                          behind it that end these stay
     */
    public record Rules(long deleteRetentionMs, boolean tombstonesStay, long maxBatchBytes, Collection<ProducerState> producers,
                        Map<Long, Set<Long>> inTransaction) {
    }

    /**
     * Segments that were written anew as one.
     *
     * @param replaced ascending
     */
    public record Group(List<Segment> replaced, SegmentRewrite rewrite) {
    }

    /** A segment that cannot be cleaned because records in it are damaged. */
    public static final class DamagedSegmentException extends Exception {
        private static final long serialVersionUID = 1L;
        private final transient Segment segment;
        private final SegmentDamage damage;

        DamagedSegmentException(Segment segment, SegmentDamage damage) {
            super(damage);
            this.segment = segment;
            this.damage = damage;
        }

        public Segment segment() {
            return segment;
        }

        public SegmentDamage damage() {
            return damage;
        }
    }

    private final Source source;
    private final CleaningPace pace;
    private final long nowMs;
    private final Rules rules;
    private final OffsetMap offsets;
    private final ProducerTails producers;
    private final CleanedTransactions transactions;
    private long end;
    private long removed;

    /**
     * @param maxMapBytes bound of the map's memory; what does not fit waits for the next pass
     * @param nowMs       in ms since the epoch
     */
    public LogCleaning(Source source, long maxMapBytes, long nowMs, Rules rules, CleaningPace pace) {
        this.source = source;
        this.pace = pace;
        this.nowMs = nowMs;
        this.rules = rules;
        this.offsets = new OffsetMap(maxMapBytes);
        this.producers = new ProducerTails(rules.producers());
        this.transactions = new CleanedTransactions(rules.inTransaction());
    }

    /**
     * Reads the dirty part; first.
     *
     * @return exclusive: up to where this pass cleans, and the next one begins
     */
    public long scan() throws IOException, DamagedSegmentException, InterruptedException {
        KeyScan scan = new KeyScan(offsets, new AbortedScan(source.aborted()), pace, source.dirtyFrom(), rules.maxBatchBytes());
        for (BoundedSegment next : source.segments()) {
            if (next.endOffset() <= source.dirtyFrom()) {
                continue;
            }
            try {
                if (!scan.read(next.batches().towards(source.dirtyFrom()), next.endOffset())) {
                    break;
                }
            } catch (SegmentDamage damage) {
                throw new DamagedSegmentException(next.segment(), damage);
            }
        }
        end = scan.end();
        return end;
    }

    /** What is to be written anew, in this order, after {@link #scan()}. */
    public List<List<BoundedSegment>> groups() {
        return SegmentGroups.of(source.segments().stream().filter(each -> each.segment().baseOffset() < end).toList(),
            source.maxBytes());
    }

    /**
     * Writes some segments anew, beside the old ones.
     *
     * @param group the next one of {@link #groups()}
     * @return empty when nothing is to be changed; else what is to be installed, or discarded
     */
    public Optional<Group> write(List<BoundedSegment> group)
            throws IOException, DamagedSegmentException, InterruptedException {
        SegmentRewrite rewrite = SegmentRewrite.begin(source.folder(), group.get(0).segment().baseOffset(),
            group.get(group.size() - 1).endOffset(), source.indexInterval());
        boolean written = false;
        try {
            long bytes = group.stream().mapToLong(each -> each.segment().sizeInBytes()).sum();
            CompactedBatches target = new CompactedBatches(rewrite, producers, Math.max(0, Integer.MAX_VALUE - bytes));
            long lastModified = 0;
            for (BoundedSegment each : group) {
                lastModified = Math.max(lastModified, each.segment().lastModified());
                copy(each, target, rewrite.copyAborted(each.segment()));
            }
            target.finish();
            if (group.size() > 1 || target.changed()) {
                rewrite.finish(lastModified);
                written = true;
                return Optional.of(new Group(group.stream().map(BoundedSegment::segment).toList(), rewrite));
            }
            return Optional.empty();
        } finally {
            if (!written) {
                rewrite.discard();
            }
        }
    }

    /** Records that were left out by now. */
    public long removedRecords() {
        return removed;
    }

    private void copy(BoundedSegment from, CompactedBatches target, AbortedCopy abortedHere)
            throws IOException, DamagedSegmentException, InterruptedException {
        SegmentBatches batches = from.batches();
        AbortedScan aborted = new AbortedScan(source.aborted());
        try {
            for (RecordBatch batch = batches.next(); batch != null; batch = batches.next()) {
                RecordBatch left = left(batch, aborted);
                boolean stays = target.add(batch, left);
                if (!batch.isControl()) {
                    transactions.records(batch, stays);
                } else if (!stays) {
                    abortedHere.leaveOut(batch.lastOffset());
                }
                pace.passed(batch.sizeInBytes() + (left == null ? 0 : left.sizeInBytes()));
            }
        } catch (SegmentDamage damage) {
            throw new DamagedSegmentException(from.segment(), damage);
        }
    }

    /** What of a batch this pass leaves, or null. */
    private RecordBatch left(RecordBatch batch, AbortedScan aborted) {
        if (batch.baseOffset() >= end) {
            return batch;
        }
        if (batch.isControl()) {
            return leftOfControl(batch);
        }
        if (aborted.isAborted(batch)) {
            removed += batch.recordCount();
            return null;
        }
        boolean tombstonesGo = hasWaited(batch);
        // A tombstone behind the end begins to wait when what is older than it is gone: in the next pass.
        long horizon = batch.lastOffset() < end ? horizon() : BatchFilter.NO_HORIZON;
        try {
            BatchFilter.Outcome outcome = BatchFilter.filter(batch,
                (offset, key, value) -> offset >= end || isNewest(offset, key) && !(value == null && tombstonesGo), horizon,
                rules.maxBatchBytes());
            removed += outcome.removed();
            return outcome.batch();
        } catch (BatchTooLargeException tooLarge) {
            return batch;
        }
    }

    /** One without records says nothing, but maybe of its producer. */
    private RecordBatch leftOfControl(RecordBatch batch) {
        if (batch.recordCount() == 0) {
            return null;
        }
        CleanedTransactions.Left ended = transactions.endedBy(batch);
        if (ended == CleanedTransactions.Left.SOME) {
            return batch;
        } else if (batch.deleteHorizon().isEmpty()) {
            return BatchFilter.filter(batch, (offset, key, value) -> true, horizon(), Long.MAX_VALUE).batch();
        }
        boolean goes = ended == CleanedTransactions.Left.NOTHING && hasWaited(batch) && !producers.mustStay(batch);
        return goes ? null : batch;
    }

    private boolean hasWaited(RecordBatch batch) {
        return !rules.tombstonesStay() && batch.deleteHorizon().isPresent() && batch.deleteHorizon().getAsLong() <= nowMs;
    }

    private boolean isNewest(long offset, ByteBuffer key) {
        return key != null && offsets.get(key) <= offset;
    }

    private long horizon() {
        return rules.deleteRetentionMs() > Long.MAX_VALUE - nowMs ? Long.MAX_VALUE : nowMs + rules.deleteRetentionMs();
    }
}
