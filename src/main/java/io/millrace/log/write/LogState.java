package io.millrace.log.write;

import io.millrace.log.producer.ProducerStates;
import io.millrace.log.recovery.RecoveredLog;
import io.millrace.log.segment.DamageReports;
import io.millrace.log.segment.LeaderEpochCheckpoint;
import io.millrace.log.segment.LogFolder;
import io.millrace.log.segment.LogView;
import io.millrace.log.segment.Segment;
import io.millrace.log.segment.TailCut;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * A log as its writer knows it: the segments and offsets, which are ahead of what readers see until {@link #show()}. The
 * log writer's, as all that changes it.
 */
final class LogState {
    /** A change that is done as a whole or broken off by an error. */
    interface Operation<T> {
        T carryOut() throws IOException;
    }

    private final PartitionLog log;
    private final LogFolder folder;
    private final LeaderEpochCheckpoint epochs;
    private final DamageReports reports;
    private ProducerStates producers;
    /** Ascending; the last one is the active one. */
    private final List<Segment> segments;
    private List<Segment> publishedSegments;
    private long sealedBytes;
    private long startOffset;
    /** As readers see it, and those know who keep damage in mind. */
    private long publishedStart;
    private long endOffset;
    /** End of what is as safe as the flush policy wants it, and where in the active segment that is. */
    private long durableEnd;
    private long durableBytes;
    private int truncations;
    /** Whether an operation was broken off, and the log is to be settled before the next one. */
    private boolean unsettled;
    private boolean closed;

    LogState(PartitionLog log, LogFolder folder, RecoveredLog recovered, DamageReports reports) {
        this.log = log;
        this.folder = folder;
        this.reports = reports;
        this.epochs = recovered.epochs();
        this.producers = recovered.producers();
        this.segments = new ArrayList<>(recovered.segments());
        this.startOffset = recovered.logStartOffset();
        this.endOffset = recovered.logEndOffset();
        segmentsChanged();
        noteDurable();
    }

    PartitionLog log() {
        return log;
    }

    LogFolder folder() {
        return folder;
    }

    LeaderEpochCheckpoint epochs() {
        return epochs;
    }

    ProducerStates producers() {
        return producers;
    }

    /** What is known of producers is what was known when the log ended where it is about to be cut. */
    void producers(ProducerStates known) {
        producers = known;
    }

    // ---- segments

    /** Ascending; as they are at any moment, not only now. */
    List<Segment> segments() {
        return Collections.unmodifiableList(segments);
    }

    Segment active() {
        return segments.get(segments.size() - 1);
    }

    /** Exclusive bound of a segment's offsets. */
    long endOf(int index) {
        return index == segments.size() - 1 ? endOffset : segments.get(index + 1).baseOffset();
    }

    long sizeInBytes() {
        return sealedBytes + active().sizeInBytes();
    }

    private void segmentsChanged() {
        publishedSegments = List.copyOf(segments);
        sealedBytes = 0;
        for (Segment segment : segments.subList(0, segments.size() - 1)) {
            sealedBytes += segment.sizeInBytes();
        }
    }

    /** An empty segment becomes the active one; all before it counts as durable. */
    void add(Segment next) {
        segments.add(next);
        segmentsChanged();
        noteDurable();
    }

    /**
     * Takes the oldest segments out, and lets readers see that.
     *
     * @return these, whose files are still there
     */
    List<Segment> dropOldest(int count) {
        List<Segment> dropped = List.copyOf(segments.subList(0, count));
        segments.subList(0, count).clear();
        segmentsChanged();
        startOffset = Math.max(startOffset, segments.get(0).baseOffset());
        show();
        return dropped;
    }

    /** Takes the active segment out, in which readers saw nothing yet, and returns it. */
    Segment dropNewest() {
        Segment dropped = segments.remove(segments.size() - 1);
        segmentsChanged();
        return dropped;
    }

    /**
     * Puts a segment with the same offsets in the place of another, and lets readers see that.
     *
     * @param from the first offset that is not what it was
     * @param to   exclusive
     */
    void replace(int index, Segment segment, long from, long to) {
        replace(index, 1, segment);
        reports.mended(from, to);
    }

    /** Puts a segment in the place of some that follow each other and have its offsets, and lets readers see that. */
    void replace(int index, int count, Segment segment) {
        segments.subList(index, index + count).clear();
        segments.add(index, segment);
        truncations++;
        segmentsChanged();
        show();
    }

    // ---- offsets

    long startOffset() {
        return startOffset;
    }

    void startAt(long offset) {
        startOffset = offset;
    }

    /** Offset of the next record. */
    long endOffset() {
        return endOffset;
    }

    void endAt(long offset) {
        endOffset = offset;
    }

    /** Where in the active segment that begins which is not as safe as the flush policy wants it. */
    long durableBytes() {
        return durableBytes;
    }

    /** All that is written is as safe as the flush policy wants it. */
    void noteDurable() {
        durableEnd = endOffset;
        durableBytes = active().sizeInBytes();
    }

    /** How often the log's end was cut off or a segment replaced. */
    int truncations() {
        return truncations;
    }

    /**
     * The log ends at a cut, in the last of the segments that stay. Readers see that at once, before the bytes behind it
     * go, so that none takes that for damage.
     *
     * @return the segments behind that one, the newest first, whose files are still there
     */
    List<Segment> cut(int stay, TailCut cut) {
        truncations++;
        List<Segment> dropped = new ArrayList<>();
        while (segments.size() > stay) {
            dropped.add(segments.remove(segments.size() - 1));
        }
        endOffset = cut.nextOffset();
        if (durableEnd > endOffset) {
            durableEnd = endOffset;
            durableBytes = cut.position();
        }
        segmentsChanged();
        publish(cut.position());
        reports.cut(active(), cut.position(), endOffset);
        return dropped;
    }

    /** The log has nothing but an empty segment, and begins and ends with that; readers see it. */
    void beginWith(Segment first, long offset) {
        segments.clear();
        segments.add(first);
        truncations++;
        startOffset = offset;
        endOffset = offset;
        segmentsChanged();
        noteDurable();
        show();
        reports.mended(0, Long.MAX_VALUE);
    }

    /** Lets readers see the log as it is now. */
    void show() {
        if (!closed) {
            publish(active().sizeInBytes());
        }
    }

    private void publish(long activeBytes) {
        log.publish(new LogView(publishedSegments, startOffset, endOffset, durableEnd, activeBytes, sealedBytes,
            truncations, epochs.published()));
        producers.published();
        log.transactions().open().committed(log.highWatermark());
        if (producers.beginsAt(startOffset)) {
            log.transactions().open().holdFrom(Long.MAX_VALUE);
        }
        if (startOffset > publishedStart) {
            reports.mended(0, startOffset);
        }
        publishedStart = startOffset;
    }

    // ---- whole operations

    /** Remembers that an operation was begun until it is done. */
    <T> T whole(Operation<T> operation) throws IOException {
        boolean before = unsettled;
        unsettled = true;
        T outcome = operation.carryOut();
        unsettled = before;
        return outcome;
    }

    /** An operation was begun, whose end {@link #settled()} tells. */
    void unsettled() {
        unsettled = true;
    }

    void settled() {
        unsettled = false;
    }

    boolean isSettled() {
        return !unsettled;
    }

    // ---- the end

    boolean isClosed() {
        return closed;
    }

    /** Readers are refused, and nothing is shown any more. */
    void close() {
        closed = true;
        log.closeToReaders();
    }

    /** @throws IllegalStateException when it is closed */
    void ensureOpen() {
        if (closed) {
            throw closedException();
        }
    }

    IllegalStateException closedException() {
        return new IllegalStateException("the log of " + log.name() + " is closed");
    }
}
