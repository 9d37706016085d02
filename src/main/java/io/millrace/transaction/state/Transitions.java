package io.millrace.transaction.state;

import static io.millrace.transaction.state.TransactionState.ONGOING;
import static io.millrace.transaction.state.TransactionState.PREPARED;

import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.TopicPartition;
import java.util.Collection;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;

/**
 * What each request makes of a transactional id. Pure functions: {@code now} is what is known of the id, or null; {@code nowMs}
 * is the time since the epoch; {@code fresh} is a producer id that nobody was given yet, which the step may use or not, and asks
 * for when it needs one. A request that is refused is a {@link BrokerException} that says what to do, and changes nothing.
 *
 * <p>A producer's requests name its epoch. The end of a transaction raises it by one and is answered with the next one; asked
 * again with the old one, it is answered the same until the next transaction begins. A new incarnation that finds a transaction
 * under way raises the epoch by two, so that the one before is never mistaken for one that asks again.
 */
public final class Transitions {
    private static final int FENCING = 2;

    private Transitions() {
    }

    /**
     * A producer begins, with an epoch that fences the one before. Its transaction is aborted first.
     *
     * @param timeoutMs how long its transactions may take, from 1
     * @throws BrokerException INVALID_TXN_STATE when there is a prepared transaction, which is not a producer's to decide
     */
    public static Step init(Transaction now, int timeoutMs, OptionalLong fresh, long nowMs) {
        if (now == null || now.state().isResting() && now.producer().isLast()) {
            return fresh.isEmpty() ? Step.needsProducerId(now)
                    : Step.to(Transaction.empty(ProducerIdAndEpoch.first(fresh.getAsLong()), timeoutMs, nowMs));
        } else if (now.state().isResting()) {
            return Step.to(Transaction.empty(now.producer().raised(1), timeoutMs, nowMs));
        } else if (now.state() == ONGOING) {
            return Step.concurrent(now, fenced(now, nowMs));
        } else if (now.state() == PREPARED) {
            throw new BrokerException(ErrorKind.INVALID_TXN_STATE, "the transactional id has a prepared transaction ("
                    + now.producer() + "): let whoever decides of it commit or abort it first, or use another transactional id");
        }
        return Step.concurrent(now, null);
    }

    /**
     * Records of the transaction are about to be written into partitions: the first ones begin it. To be asked by the leaders,
     * before they append (KIP-890).
     *
     * @param most how many partitions a transaction may have
     * @throws BrokerException INVALID_PRODUCER_ID_MAPPING, PRODUCER_FENCED; INVALID_TXN_STATE when it is prepared;
     *                         INVALID_REQUEST for none or too many partitions
     */
    public static Step addPartitions(Transaction now, ProducerIdAndEpoch named, Collection<TopicPartition> added, int most,
                                     long nowMs) {
        requireProducer(now, named);
        if (added.isEmpty()) {
            throw new BrokerException(ErrorKind.INVALID_REQUEST, "no partition is named: name those that are written to");
        } else if (now.state().decided().isPresent()) {
            return Step.concurrent(now, null);
        } else if (now.state() == PREPARED) {
            throw new BrokerException(ErrorKind.INVALID_TXN_STATE, "the transaction is prepared, and nothing can be added to it:"
                    + " commit or abort it first");
        } else if (now.partitions().containsAll(added)) {
            return Step.stays(now);
        }
        Set<TopicPartition> all = new TreeSet<>(now.partitions());
        all.addAll(added);
        if (all.size() > most) {
            throw new BrokerException(ErrorKind.INVALID_REQUEST, ("the transaction would have %d partitions, and may have %d: commit"
                    + " what it has, and go on in the next one").formatted(all.size(), most));
        }
        return Step.to(now.ongoing(all, nowMs));
    }

    /**
     * Nothing is to be done once no earlier transaction is being ended.
     *
     * @throws BrokerException INVALID_PRODUCER_ID_MAPPING, PRODUCER_FENCED
     */
    public static Step awaitEarlier(Transaction now, ProducerIdAndEpoch named) {
        requireProducer(now, named);
        return now.state().decided().isPresent() ? Step.concurrent(now, null) : Step.stays(now);
    }

    /**
     * The transaction's outcome is somebody else's to decide from now on (KIP-939). One without records is over with that:
     * {@link Step#state} is then COMPLETE_COMMIT, and there is nothing to be decided.
     *
     * @param xid what the transaction is called there; null: nothing
     * @throws BrokerException as {@link #end}; INVALID_TXN_STATE, besides, when it was prepared under another name
     */
    public static Step prepare(Transaction now, ProducerIdAndEpoch named, String xid, OptionalLong fresh, long nowMs) {
        if (now != null && now.producer().isMeantBy(named)) {
            if (now.state() == ONGOING) {
                return Step.to(now.prepared(xid, nowMs));
            } else if (now.state() == PREPARED) {
                if (!Objects.equals(xid, now.xid())) {
                    throw new BrokerException(ErrorKind.INVALID_TXN_STATE, "the transaction is prepared already, as " + now.xid()
                            + ": commit or abort it");
                }
                return Step.stays(now);
            }
        }
        return end(now, named, TransactionResult.COMMIT, fresh, nowMs);
    }

    /**
     * The producer commits or aborts; also what it prepared, and also when it wrote nothing. Asked again, it is answered the same.
     *
     * @throws BrokerException INVALID_PRODUCER_ID_MAPPING, PRODUCER_FENCED; INVALID_TXN_STATE when it was decided otherwise
     */
    public static Step end(Transaction now, ProducerIdAndEpoch named, TransactionResult result, OptionalLong fresh, long nowMs) {
        if (now != null && now.isEndedOf(named)) {
            return requireSame(now, result);
        }
        requireProducer(now, named);
        return now.state().decided().isPresent() ? Step.concurrent(now, null) : decide(now, result, fresh, nowMs);
    }

    /** Aborts it when its time is up; what is prepared has no time limit. */
    public static Step timeOut(Transaction now, OptionalLong fresh, long nowMs) {
        return now != null && now.isOverdue(nowMs) ? decide(now, TransactionResult.ABORT, fresh, nowMs) : Step.stays(now);
    }

    /**
     * An operator aborts what is under way, or decides what is prepared. Asked again, it is answered the same; which is safe only
     * where the producer is named, as the next transaction may have begun.
     *
     * @param named the producer whose transaction is meant; empty: whichever is under way
     * @throws BrokerException TRANSACTIONAL_ID_NOT_FOUND; INVALID_TXN_STATE when there is nothing to decide; PRODUCER_FENCED when it
     *                         is another one's
     */
    public static Step decideByOperator(Transaction now, Optional<ProducerIdAndEpoch> named, TransactionResult result,
                                        OptionalLong fresh, long nowMs) {
        if (now == null) {
            throw notFound();
        } else if (named.isPresent()) {
            if (now.isEndedOf(named.get())) {
                return requireSame(now, result);
            }
            requireProducer(now, named.get());
        }
        if (now.state() == PREPARED || now.state() == ONGOING && result == TransactionResult.ABORT) {
            return decide(now, result, fresh, nowMs);
        } else if (now.state().result().isPresent()) {
            return requireSame(now, result);
        }
        throw new BrokerException(ErrorKind.INVALID_TXN_STATE, now.state() == ONGOING
                ? "the transaction is not prepared: only its producer can commit it, anybody may abort it"
                : "there is no transaction under way");
    }

    /** All markers are written. @param marked whose they were: late news of an earlier one changes nothing */
    public static Step complete(Transaction now, ProducerIdAndEpoch marked, long nowMs) {
        return now != null && now.state().decided().isPresent() && now.producer().equals(marked)
                ? Step.to(now.completed(now.state().decided().get(), nowMs)) : Step.stays(now);
    }

    /**
     * The producer that an epoch is of, for whoever is to write its records.
     *
     * @throws BrokerException INVALID_PRODUCER_ID_MAPPING, PRODUCER_FENCED
     */
    public static ProducerIdAndEpoch producer(Transaction now, ProducerIdAndEpoch named) {
        requireProducer(now, named);
        return now.successor();
    }

    public static BrokerException notFound() {
        return new BrokerException(ErrorKind.TRANSACTIONAL_ID_NOT_FOUND, "there is no such transactional id, or it has expired");
    }

    /** Where the epochs are used up, it is raised by one only: nobody else's marker has that. */
    private static Transaction fenced(Transaction now, long nowMs) {
        return now.decided(TransactionResult.ABORT, now.producer().raised(FENCING),
                now.producer().isLast() ? Transaction.NONE : now.producer().producerId(), Transaction.NONE, nowMs);
    }

    private static Step decide(Transaction now, TransactionResult result, OptionalLong fresh, long nowMs) {
        boolean usedUp = now.producer().isLast();
        if (usedUp && fresh.isEmpty()) {
            return Step.needsProducerId(now);
        }
        Transaction decided = now.decided(result, now.producer().raised(1), usedUp ? now.producer().producerId() : Transaction.NONE,
                usedUp ? fresh.getAsLong() : Transaction.NONE, nowMs);
        return Step.to(decided.partitions().isEmpty() ? decided.completed(result, nowMs) : decided);
    }

    private static Step requireSame(Transaction now, TransactionResult result) {
        TransactionResult was = now.state().result().orElseThrow();
        if (was != result) {
            throw new BrokerException(ErrorKind.INVALID_TXN_STATE, was == TransactionResult.COMMIT
                    ? "the transaction was committed and cannot be aborted any more: go on with " + now.successor()
                    : "the transaction was aborted, because its time was up, or because somebody asked for that: do it again, with "
                    + now.successor());
        }
        return Step.stays(now);
    }

    private static void requireProducer(Transaction now, ProducerIdAndEpoch named) {
        if (now == null) {
            throw new BrokerException(ErrorKind.INVALID_PRODUCER_ID_MAPPING, "there is no such transactional id, or it has expired:"
                    + " begin anew with a producer of it");
        } else if (now.successor().isMeantBy(named)) {
            return;
        }
        if (!now.successor().isProducerOf(named) && !now.producer().isProducerOf(named)) {
            throw new BrokerException(ErrorKind.INVALID_PRODUCER_ID_MAPPING, ("producer %d is not that of the transactional id, which is"
                    + " %s: nothing was done; begin anew with a producer of it").formatted(named.producerId(), now.successor()));
        }
        throw new BrokerException(ErrorKind.PRODUCER_FENCED, ("%s is over, there is %s by now: nothing was done. Either its transaction was"
                + " ended, or another producer has begun with its transactional id; if this is the one that is to go on, begin anew with a"
                + " producer of it").formatted(named, now.successor()));
    }
}
