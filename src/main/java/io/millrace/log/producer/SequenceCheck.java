package io.millrace.log.producer;

import io.millrace.log.AppendResult;
import io.millrace.log.InvalidProducerEpochException;
import io.millrace.log.InvalidTxnStateException;
import io.millrace.log.LogName;
import io.millrace.log.OutOfOrderSequenceException;
import io.millrace.record.RecordBatch;
import io.millrace.record.Sequences;
import java.util.List;
import java.util.Optional;

/** Holds what a leader is to append against what its log knows of the producer, as KIP-98 says. */
public final class SequenceCheck {
    private final LogName log;
    private final ProducerStates producers;

    public SequenceCheck(LogName log, ProducerStates producers) {
        this.log = log;
        this.producers = producers;
    }

    /**
     * Where an append's batch is already; empty when it is to be appended. A producer that is not known may begin with any
     * sequence, one with a new epoch with 0 only. Several batches that are appended together have no sequences, as a part of
     * them may get lost with a leader: the rest would not be known for what it is when they are sent again.
     *
     * @param stamped whether the log sets timestamps
     * @throws InvalidProducerEpochException when a later epoch of the producer has begun
     * @throws InvalidTxnStateException      when the producer has a transaction here that this is no part of
     * @throws OutOfOrderSequenceException   when batches before these are missing, or the log does not know any more where
     *                                       these are, or there are several, and they have sequences or are not of one
     *                                       producer
     */
    public Optional<AppendResult> repetition(List<RecordBatch> batches, boolean stamped) {
        if (!SequencedBatch.anyHasProducer(batches)) {
            return Optional.empty();
        }
        RecordBatch first = batches.get(0);
        if (batches.size() > 1) {
            batches.forEach(batch -> requireUncounted(first, batch));
        }
        Optional<ProducerState> known = producers.of(first.producerId());
        if (known.isEmpty()) {
            return Optional.empty();
        }
        ProducerState producer = known.get();
        if (first.producerEpoch() < producer.epoch()) {
            throw new InvalidProducerEpochException(log, first.producerId(), first.producerEpoch(), producer.epoch());
        }
        requireTransaction(producer, first);
        if (!SequencedBatch.isSequenced(first)) {
            return Optional.empty();
        }
        int sequence = first.baseSequence();
        int last = Sequences.after(sequence, first.lastOffsetDelta());
        if (first.producerEpoch() > producer.epoch()) {
            if (sequence != 0) {
                throw new OutOfOrderSequenceException("sequence " + sequence + " of " + who(first) + " in " + log
                    + ": a new epoch begins with sequence 0 in each partition; the last one here was " + producer.epoch());
            }
            return Optional.empty();
        }
        Optional<ProducerState.Written> earlier = producer.find(sequence, last);
        if (earlier.isEmpty() && sequence != producer.nextSequence()) {
            throw new OutOfOrderSequenceException("sequences " + sequence + " to " + last + " of " + who(first) + " in " + log
                + ": " + producer.nextSequence() + " comes next, and these are not among its last appends here; send what is"
                + " missing, or find out what is there and go on with a new epoch or producer id");
        }
        return earlier.map(written -> new AppendResult(written.baseOffset(), written.lastOffset(),
            stamped ? written.timestamp() : RecordBatch.NO_TIMESTAMP, true));
    }

    private void requireTransaction(ProducerState producer, RecordBatch first) {
        if (!producer.isInTransaction() || first.isControl()) {
            return;
        } else if (!first.isTransactional()) {
            throw new InvalidTxnStateException(who(first) + " has a transaction in " + log + ", and this is no part of it: end"
                + " the transaction first, or name it with the records");
        } else if (first.producerEpoch() > producer.epoch()) {
            throw InvalidTxnStateException.ofEarlier(log.toString(), first.producerId(), producer.epoch(), first.producerEpoch());
        }
    }

    /**
     * Whether a producer's marker was written before: it is known with that epoch or a later one, as each marker raises the
     * epoch (KIP-890).
     */
    public boolean isMarkerKnown(RecordBatch marker) {
        return producers.of(marker.producerId()).filter(known -> known.epoch() >= marker.producerEpoch()).isPresent();
    }

    /**
     * The epoch of the transaction that is open here, where that came before the one that a marker ends, whose records have the
     * epoch below the marker's. The marker must not be written then: it would end the open one, with a result that is not its own,
     * and there is nothing else to end, as no later records are taken beside it.
     */
    public Optional<Short> earlierThan(RecordBatch marker) {
        return producers.of(marker.producerId()).filter(ProducerState::isInTransaction).map(ProducerState::epoch)
            .filter(open -> open < marker.producerEpoch() - 1);
    }

    /**
     * Gives records of a transaction that their producer does not count the sequences that come next. To be called once they
     * are known to be no repetition.
     */
    public void count(List<RecordBatch> batches) {
        RecordBatch first = batches.get(0);
        if (!SequencedBatch.isToBeCounted(first)) {
            return;
        }
        int next = producers.of(first.producerId()).filter(known -> known.epoch() == first.producerEpoch())
            .map(ProducerState::nextSequence).orElse(0);
        for (RecordBatch batch : batches) {
            batch.setProducer(batch.producerId(), batch.producerEpoch(), next);
            next = Sequences.after(batch);
        }
    }

    private void requireUncounted(RecordBatch first, RecordBatch batch) {
        boolean sameProducer = batch.producerId() == first.producerId() && batch.producerEpoch() == first.producerEpoch();
        if (!sameProducer || SequencedBatch.isSequenced(batch)) {
            throw new OutOfOrderSequenceException("several batches of " + who(first) + " in " + log + ": one of them is of "
                + who(batch) + ", with sequence " + batch.baseSequence() + "; batches that are counted are appended one at a"
                + " time, and others together only when they are of one producer");
        }
    }

    private static String who(RecordBatch batch) {
        return SequencedBatch.hasProducer(batch) ? "producer " + batch.producerId() + ", epoch " + batch.producerEpoch()
            : "no producer";
    }
}
