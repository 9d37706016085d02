package io.millrace.log.recovery;

import io.millrace.log.AbortedTransaction;
import io.millrace.log.producer.ProducerStates;
import io.millrace.log.producer.SequencedBatch;
import io.millrace.log.producer.Undecided;
import io.millrace.log.segment.Segment;
import io.millrace.log.transaction.OpenTransactions;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Optional;

/**
 * Holds the indexes of aborted transactions against the recovery point: what is behind it may be of markers that are not
 * there, or lack some, and is made anew from the batches, as all of an index is that cannot be what was written.
 */
final class TransactionRecovery {
    private static final Logger LOG = System.getLogger(TransactionRecovery.class.getName());
    /** Whatever it says, no marker stands before. */
    private static final long NONE = Long.MIN_VALUE;

    private final List<Segment> segments;
    private final long logEnd;
    private final long recoveryPoint;
    private final ProducerRecovery producers;
    private final ProducerBatches batches;
    private final OpenTransactions open = new OpenTransactions();
    /** Up to where {@link #open} knows what the batches tell. */
    private long openAt = -1;
    private boolean changed;
    private boolean transactional;
    /** Null where all batches could be read. */
    private Undecided undecided;

    /**
     * @param segments      all of the log, ascending
     * @param logEnd        offset behind its last record
     * @param recoveryPoint at most the log's end
     */
    TransactionRecovery(List<Segment> segments, long logEnd, long recoveryPoint, ProducerRecovery producers) {
        this.segments = segments;
        this.logEnd = logEnd;
        this.recoveryPoint = recoveryPoint;
        this.producers = producers;
        this.batches = new ProducerBatches(segments, logEnd);
    }

    /**
     * @param anyProducers whether the log may have batches of producers
     * @param known        at the log's end; is told what could not be read
     * @return whether an index was changed
     */
    boolean recover(boolean anyProducers, ProducerStates known) throws IOException {
        for (int i = 0; i < segments.size(); i++) {
            boolean isActive = i == segments.size() - 1;
            Segment segment = segments.get(i);
            long end = isActive ? logEnd : segments.get(i + 1).baseOffset();
            boolean sane = segment.transactionIndex().isSane(segment.baseOffset(), isActive ? Long.MAX_VALUE : end);
            if (!sane || isActive || end > recoveryPoint) {
                long trusted = sane ? Math.max(segment.baseOffset(), Math.min(recoveryPoint, end)) : segment.baseOffset();
                cut(segment, trusted, sane);
                if (anyProducers && trusted < end) {
                    replay(trusted, end);
                }
            }
        }
        if (transactional && undecided != null) {
            known.hold(undecided);
        }
        return changed;
    }

    private void cut(Segment segment, long trusted, boolean sane) throws IOException {
        if (!sane) {
            LOG.log(Level.WARNING, "{0} is damaged, and made anew from the records", segment.transactionIndex().path());
        }
        segment.openForWriting();
        changed |= segment.transactionIndex().truncateTo(sane ? trusted : NONE);
    }

    private void replay(long from, long end) throws IOException {
        if (openAt != from) {
            open.beginAt(from, producers.at(from, recoveryPoint).openTransactions());
        }
        batches.visit(from, end, new ProducerBatches.Visitor() {
            @Override
            public void visit(SequencedBatch batch, Segment segment) throws IOException {
                transactional |= batch.isTransactional();
                Optional<AbortedTransaction> aborted = open.note(batch, 0); // when does not matter here
                if (aborted.isPresent()) {
                    segment.transactionIndex().append(aborted.get());
                    changed = true;
                }
            }

            @Override
            public void damaged(long damagedFrom, long until) {
                // An entry that reached over it might take committed records for aborted ones.
                Undecided damage = new Undecided(Math.min(damagedFrom, open.loseOpen()), damagedFrom, until);
                undecided = undecided == null ? damage : undecided.and(damage);
            }
        });
        open.committed(end);
        openAt = end;
    }
}
