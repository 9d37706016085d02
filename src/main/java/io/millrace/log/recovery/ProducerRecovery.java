package io.millrace.log.recovery;

import io.millrace.log.ProducerLimits;
import io.millrace.log.producer.ProducerSnapshots;
import io.millrace.log.producer.ProducerStates;
import io.millrace.log.producer.SequencedBatch;
import io.millrace.log.segment.Segment;
import io.millrace.log.transaction.OpenTransactions;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/**
 * Finds out what was known of a log's producers at one of its offsets: what the newest snapshot before it says, and the headers
 * of the batches behind that.
 */
public final class ProducerRecovery {
    private final ProducerSnapshots snapshots;
    private final List<Segment> segments;
    private final long logEnd;
    private final ProducerBatches batches;
    private final ProducerLimits limits;
    private final long now;

    /**
     * @param segments all of the log, ascending
     * @param logEnd   offset behind its last record
     * @param now      in ms since the epoch: all who are found have been seen now
     */
    public ProducerRecovery(ProducerSnapshots snapshots, List<Segment> segments, long logEnd, ProducerLimits limits, long now) {
        this.snapshots = snapshots;
        this.segments = segments;
        this.logEnd = logEnd;
        this.batches = new ProducerBatches(segments, logEnd);
        this.limits = limits;
        this.now = now;
    }

    /**
     * @param end       before the record there; at most the log's end
     * @param noneUntil an offset at which nobody was known, if there is no snapshot before it
     */
    public ProducerStates at(long end, long noneUntil) throws IOException {
        Long newest = snapshots.offsets().floor(end);
        ProducerStates states = newest == null ? new ProducerStates(limits) : in(newest);
        replay(states, newest == null ? noneUntil : newest, end);
        return states;
    }

    /**
     * Finds out which transactions are open at the log's end, and which have ended with a marker behind an offset of it.
     *
     * @param open takes them
     */
    public void transactions(OpenTransactions open, long offset) throws IOException {
        open.beginAt(offset, at(offset, segmentBefore(offset + 1)).openTransactions());
        batches.visit(offset, logEnd, new ProducerBatches.Visitor() {
            @Override
            public void visit(SequencedBatch batch, Segment segment) {
                open.note(batch, now);
            }

            @Override
            public void damaged(long from, long until) {
                open.loseOpen();
            }
        });
    }

    /**
     * Makes the entries of aborted transactions anew whose markers stand at or behind an offset, durably. Nobody reads them
     * meanwhile: nothing that they are of is stable.
     *
     * @param known at the log's end; is told what could not be read
     */
    public void rebuildIndexes(long offset, ProducerStates known) throws IOException {
        List<Segment> closed = segments.stream().filter(segment -> !segment.isOpenForWriting()).toList();
        new TransactionRecovery(segments, logEnd, offset, this).recover(true, known);
        for (Segment segment : segments) {
            segment.forceTransactionIndex();
        }
        closed.forEach(Segment::closeForWriting);
    }

    /**
     * Makes anew the snapshots of where segments begin that a cut has taken which was broken off then: when the segments before
     * go, or are compacted, nothing else tells what was known there.
     */
    public void completeSnapshots() throws IOException {
        for (Segment segment : segments.subList(1, segments.size())) {
            Long newest = snapshots.offsets().floor(segment.baseOffset());
            if (newest != null && newest < segment.baseOffset() && newest >= segments.get(0).baseOffset()) {
                snapshots.write(segment.baseOffset(), at(segment.baseOffset(), segment.baseOffset()));
            }
        }
    }

    /** What a snapshot says; one that is damaged is made anew from the one before. */
    private ProducerStates in(long snapshot) throws IOException {
        long start = segments.get(0).baseOffset();
        if (snapshot < start) {
            return new ProducerStates(limits); // Headers behind it are gone: what it says may be long out of date.
        }
        Optional<ProducerStates> read = snapshots.read(snapshot, limits, now);
        if (read.isPresent()) {
            return read.get();
        }
        Long before = snapshots.offsets().lower(snapshot);
        ProducerStates states = before == null ? new ProducerStates(limits) : in(before);
        replay(states, before == null ? start : before, snapshot);
        snapshots.write(snapshot, states); // durable, as the headers before it may be compacted next
        return states;
    }

    /** Where the segment begins that holds the offset before the given one. */
    private long segmentBefore(long offset) {
        int i = segments.size() - 1;
        while (i > 0 && segments.get(i).baseOffset() >= offset) {
            i--;
        }
        return segments.get(i).baseOffset();
    }

    /** Notes the batches from one offset to before another. */
    private void replay(ProducerStates states, long from, long end) throws IOException {
        batches.visit(from, end, new ProducerBatches.Visitor() {
            @Override
            public void visit(SequencedBatch batch, Segment segment) {
                states.note(batch, now);
            }

            @Override
            public void damaged(long damagedFrom, long until) {
                states.damaged(damagedFrom, until);
            }
        });
        states.published();
    }
}
