package io.millrace.log.write;

import io.millrace.log.AbortedTransaction;
import io.millrace.log.AppendResult;
import io.millrace.log.FlushPolicy;
import io.millrace.log.ProducerLimits;
import io.millrace.log.producer.ProducerSnapshots;
import io.millrace.log.producer.ProducerState;
import io.millrace.log.producer.ProducerStates;
import io.millrace.log.producer.SequenceCheck;
import io.millrace.log.producer.SequencedBatch;
import io.millrace.log.producer.Undecided;
import io.millrace.log.recovery.ProducerRecovery;
import io.millrace.log.segment.Segment;
import io.millrace.log.transaction.OpenTransactions;
import io.millrace.record.RecordBatch;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * Keeps what a log knows of its idempotent producers in step with its records, and writes snapshots of it: where a segment
 * begins, where the recovery point is, and every {@value #SNAPSHOT_INTERVAL} batches, so that a start and a truncation read no
 * more than that. A log that never had such a producer has none. The log writer's.
 *
 * <p>What recovery and truncation rely on: where the recovery point is, or a segment begins, and there is no snapshot at or before
 * it, nobody was known.
 */
final class LogProducers {
    private static final Logger LOG = System.getLogger(LogProducers.class.getName());
    /** In batches. */
    static final int SNAPSHOT_INTERVAL = 4096;

    private final LogState state;
    private final ProducerSnapshots snapshots;
    private final ProducerLimits limits;
    private final Clock clock;
    private final OpenTransactions open;
    /** Whether something is known that is not in the newest snapshot. */
    private boolean changed;
    /** Batches since that. */
    private int batches;
    /** No batch from here on has a producer. */
    private long noneFrom;
    private long crowdedOut;
    /** As many are counted among those of all logs. */
    private int counted;

    LogProducers(LogState state, ProducerSnapshots snapshots, ProducerLimits limits, Clock clock) {
        this.state = state;
        this.snapshots = snapshots;
        this.limits = limits;
        this.clock = clock;
        this.open = state.log().transactions().open();
        this.changed = isNeeded() && (snapshots.isEmpty() || snapshots.offsets().last() != state.endOffset());
        this.noneFrom = isNeeded() ? state.endOffset() : 0;
        recount();
    }

    private boolean isNeeded() {
        return !state.producers().isEmpty() || !snapshots.isEmpty();
    }

    private void recount() {
        int known = state.isClosed() ? 0 : state.producers().size();
        limits.all().add(known - counted);
        counted = known;
    }

    /** The log is closed, and knows nobody any more. */
    void close() {
        recount();
    }

    // ---- appends

    /** See {@link SequenceCheck#repetition}. */
    Optional<AppendResult> repetition(List<RecordBatch> appended, boolean stamped) {
        return SequencedBatch.anyHasProducer(appended)
            ? check().repetition(appended, stamped) : Optional.empty();
    }

    /** Whether a marker is not to be written; see {@link SequenceCheck#isMarkerKnown} and {@link SequenceCheck#earlierThan}. */
    boolean isNeedless(RecordBatch marker) {
        Optional<Short> earlier = check().earlierThan(marker);
        earlier.ifPresent(epoch -> LOG.log(Level.WARNING, "{0}: a transaction of producer {1}, epoch {2}, is open, and its marker was"
            + " lost, as that of a later one has come, epoch {3}: it stays open, and holds readers of committed records back, until an"
            + " operator aborts it (GET /admin/transactions/hanging)", state.log().name(), Long.toString(marker.producerId()), epoch,
            Integer.toString(marker.producerEpoch())));
        return earlier.isPresent() || check().isMarkerKnown(marker);
    }

    /**
     * See {@link SequenceCheck#count}.
     *
     * @throws io.millrace.log.TooManyProducersException when the producer is not known here, and there is no room for it
     */
    void count(List<RecordBatch> appended) {
        if (SequencedBatch.anyHasProducer(appended)) {
            requireRoom(appended.get(0).producerId());
            check().count(appended);
        }
    }

    /** @throws io.millrace.log.TooManyProducersException as {@link #count} */
    void requireRoom(long producer) {
        if (!state.producers().isKnown(producer)) {
            limits.all().requireRoom(state.log().name(), producer);
        }
    }

    /** Whether there is room for any producer. Any thread. */
    boolean haveRoom() {
        return limits.all().hasRoom();
    }

    private SequenceCheck check() {
        return new SequenceCheck(state.log().name(), state.producers());
    }

    /** They have their offsets, and are about to be written to the active segment. */
    void note(List<RecordBatch> appended) throws IOException {
        if (!SequencedBatch.anyHasProducer(appended)) {
            return;
        }
        long now = clock.millis();
        for (RecordBatch batch : appended) {
            if (SequencedBatch.hasProducer(batch)) {
                note(SequencedBatch.of(batch), now);
                noneFrom = batch.lastOffset() + 1;
            }
        }
        changed = true;
        recount();
    }

    private void note(SequencedBatch batch, long now) throws IOException {
        state.producers().note(batch, now);
        Optional<AbortedTransaction> aborted = open.note(batch, now);
        if (aborted.isPresent()) {
            state.active().transactionIndex().append(aborted.get());
        }
    }

    /** So many batches were written, up to the log's end. */
    void wrote(int count) throws IOException {
        if (isNeeded()) {
            batches += count;
            if (changed && batches >= SNAPSHOT_INTERVAL) {
                snapshots.writeUnforced(state.endOffset(), state.producers());
                snapshotWritten();
            }
        }
    }

    // ---- snapshots

    /** A segment is about to begin at the log's end. */
    void roll(FlushPolicy flush) throws IOException {
        if (flush != FlushPolicy.OS) {
            secure();
        } else if (isNeeded()) {
            snapshots.writeUnforced(state.endOffset(), state.producers());
            snapshotWritten();
        }
    }

    /** The recovery point is about to be where the log ends. */
    void secure() throws IOException {
        if (isNeeded()) {
            snapshots.write(state.endOffset(), state.producers());
            snapshotWritten();
        }
    }

    /** The recovery point, or the first segment, is about to be the one that begins at an offset. */
    void secureAt(long segment) throws IOException {
        snapshots.force(segment);
    }

    private void snapshotWritten() throws IOException {
        changed = false;
        batches = 0;
        prune();
    }

    /** Segments are gone, or there is a newer snapshot. */
    void prune() throws IOException {
        if (!snapshots.isEmpty()) {
            List<Long> needed = new ArrayList<>(state.segments().stream().map(Segment::baseOffset).toList());
            needed.add(state.log().cleanedOffset()); // a cut may go back to there, and headers before it may be gone
            snapshots.prune(needed);
        }
    }

    // ---- the log's end

    /**
     * What was known at a cut that is about to be made; it is in a snapshot where recovery will need it, and what is known
     * behind the cut is in none, for certain, once this returns.
     *
     * @param segment       base offset of the one that will be the last
     * @param recoveryPoint as it is
     */
    ProducerStates at(long cut, long segment, long recoveryPoint) throws IOException {
        if (!isNeeded()) {
            return state.producers();
        }
        ProducerStates known = cut >= noneFrom ? state.producers() : recovery().at(cut, segment);
        forgetBehind(cut, known, recoveryPoint);
        return known;
    }

    private void forgetBehind(long cut, ProducerStates known, long recoveryPoint) throws IOException {
        changed = true;
        // First, as the log may stay as it is, should this be broken off.
        if (recoveryPoint > cut || !snapshots.isEmpty() && snapshots.offsets().last() > cut) {
            snapshots.write(cut, known);
        }
        snapshots.removeBehind(cut);
        state.folder().force(); // also for those that were not needed any more, which must not come back either
    }

    /** The log is about to end at a cut, where so much was known. */
    void cut(long cut, ProducerStates known) {
        state.producers(known);
        if (!open.truncateTo(cut)) {
            open.beginAt(cut, known.openTransactions());
        }
        hold();
        noneFrom = Math.min(noneFrom, cut);
        changed = isNeeded();
        recount();
    }

    /** Nobody is known where the log begins anew; for certain once this returns. */
    void forgetAll() throws IOException {
        if (isNeeded()) {
            snapshots.removeAll();
            state.folder().force();
            cut(0, new ProducerStates(limits));
        }
    }

    /** What is behind the end that readers were shown will not be in the log. */
    void settle(long shown, long recoveryPoint) throws IOException {
        state.producers().rollBack();
        recount();
        open.truncateTo(shown); // which is not below what is committed
        if (isNeeded()) {
            forgetBehind(shown, state.producers(), recoveryPoint);
            noneFrom = Math.min(noneFrom, shown);
        }
    }

    /** The log is as readers were shown it again. */
    void settled() throws IOException {
        if (isNeeded()) {
            recovery().completeSnapshots();
        }
    }

    // ---- transactions

    /**
     * Learns which transactions are open, or have ended and may yet be open again: before the log is handed out.
     *
     * @param committed the high watermark
     */
    void findTransactions(long committed) throws IOException {
        long mark = Math.max(committed, state.startOffset());
        if (mark < state.endOffset() && state.producers().hadTransactions()) {
            recovery().transactions(open, mark);
        } else {
            open.beginAt(mark, state.producers().openTransactions());
        }
        state.producers().beginsAt(state.startOffset());
        hold();
        state.producers().undecided().ifPresent(damage -> LOG.log(Level.WARNING, "{0}: the records from offset {1} to {2} cannot be"
            + " read, so that it is not known which transactions they end: those who read committed records are given none from"
            + " offset {3} on until they are healed, or deleted", state.log().name(), Long.toString(damage.from()),
            Long.toString(damage.until() - 1), Long.toString(damage.heldFrom())));
    }

    private void hold() {
        open.holdFrom(state.producers().undecided().map(Undecided::heldFrom).orElse(Long.MAX_VALUE));
    }

    /**
     * Batches were healed. Where they may have been what nobody could tell of transactions, what is known is found out anew from
     * the damage on, and held until then.
     */
    void healed(long from, long to, LogForces forces) throws IOException {
        Optional<Undecided> undecided = state.producers().undecided().filter(damage -> damage.overlaps(from, to));
        if (undecided.isPresent()) {
            decide(undecided.get().from(), forces);
        }
    }

    private void decide(long damage, LogForces forces) throws IOException {
        long segment = state.segments().stream().mapToLong(Segment::baseOffset).filter(base -> base <= damage).max()
            .orElse(state.startOffset());
        long recoveryPoint = forces.recoveryPoint();
        ProducerStates before = recovery().at(damage, segment);
        snapshots.write(damage, before);
        forces.lowerRecoveryPoint(damage); // a crash leaves the rest to the next start
        snapshots.removeBehind(damage);
        state.folder().force();
        ProducerStates known = recovery().at(state.endOffset(), damage);
        recovery().rebuildIndexes(damage, known);
        state.producers(known);
        recovery().completeSnapshots();
        changed = true;
        findTransactions(state.log().highWatermark());
        forces.moveRecoveryPoint(Math.max(forces.recoveryPoint(), recoveryPoint));
    }

    private ProducerRecovery recovery() {
        return new ProducerRecovery(snapshots, state.segments(), state.endOffset(), limits, clock.millis());
    }

    // ---- who is silent

    /** Forgets who was silent for too long. */
    void expire() {
        changed |= state.producers().expire(clock.millis()) > 0;
        recount();
        long now = state.producers().crowdedOut();
        if (now > crowdedOut) {
            LOG.log(Level.WARNING, "{0}: {1} idempotent producers were forgotten before their time, as there were more than {2}"
                + " (millrace.log.max.producers): what one of them sends again is written again", state.log().name(),
                Long.toString(now - crowdedOut), Integer.toString(limits.maxProducers()));
        }
        crowdedOut = now;
    }

    /**
     * What compaction goes by.
     *
     * @param producers those that are known
     * @param snapshots the offsets of the snapshots, from each of which a start or a cut may go on
     */
    record Known(Collection<ProducerState> producers, List<Long> snapshots) {
    }

    Known known() {
        return new Known(state.producers().all(), List.copyOf(snapshots.offsets()));
    }
}
