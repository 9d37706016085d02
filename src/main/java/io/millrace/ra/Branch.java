package io.millrace.ra;

import io.millrace.client.EndedTransaction;
import io.millrace.client.MillraceClient;
import io.millrace.client.ProducerRecord;
import io.millrace.client.RecordMetadata;
import io.millrace.client.RequestFailedException.Outcome;
import io.millrace.client.RequestFailedException;
import io.millrace.ra.ProducerPool.Pooled;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import javax.transaction.xa.XAException;
import javax.transaction.xa.XAResource;

/**
 * One branch of a global transaction in this process. It gets a transactional id with its first record; one that sends nothing
 * costs no request. Until it is prepared, nobody but this process can commit it, so that it is rolled back whatever happens: when no
 * server is reached, that is as good as done. Thread-safe.
 */
final class Branch {
    /** The servers do not know the producer (any more), or another has its place. */
    private static final Set<String> PRODUCER_GONE = Set.of("INVALID_PRODUCER_ID_MAPPING", "PRODUCER_FENCED");
    /** The partition holds an earlier transaction of the producer, or this one is over. */
    private static final String EARLIER_IS_OPEN = "INVALID_TXN_STATE";
    private static final Set<String> TRANSACTION_OVER = Set.of("INVALID_PRODUCER_ID_MAPPING", "PRODUCER_FENCED", "INVALID_PRODUCER_EPOCH",
            EARLIER_IS_OPEN);
    private static final int NO_CODE = 0;

    private final XidText xid;
    private final Duration timeout;
    private final MillraceClient client;
    private final ProducerPool producers;
    /** Null until there are records. */
    private Pooled pooled;
    private boolean written;
    private boolean prepared;
    /** Why it can only be rolled back: a code of XA. */
    private int rollbackCode = NO_CODE;

    /** @param xid null: it is never prepared */
    Branch(XidText xid, Duration timeout, MillraceClient client, ProducerPool producers) {
        this.xid = xid;
        this.timeout = timeout;
        this.client = client;
        this.producers = producers;
    }

    synchronized List<RecordMetadata> send(String topic, List<ProducerRecord> records) {
        if (rollbackCode != NO_CODE || prepared) {
            throw new IllegalStateException("the transaction can only be rolled back, because something before failed: nothing was sent");
        }
        if (pooled == null) {
            pooled = producers.take(timeout);
        }
        try {
            return produce(topic, records);
        } catch (RequestFailedException failure) {
            if (written || !PRODUCER_GONE.contains(failure.error())) {
                throw failure;
            }
            pooled = producers.renew(pooled, timeout); // it had rested for so long that it was forgotten
            return produce(topic, records);
        }
    }

    private List<RecordMetadata> produce(String topic, List<ProducerRecord> records) {
        try {
            List<RecordMetadata> metadata = client.produce(topic, records, pooled.producer());
            written = true;
            return metadata;
        } catch (RequestFailedException failure) {
            if (failure.outcome() == Outcome.UNKNOWN) {
                rollbackCode = XAException.XA_RBCOMMFAIL;
            } else if (written && TRANSACTION_OVER.contains(failure.error())) {
                rollbackCode = XAException.XA_RBTIMEOUT;
            } else if (EARLIER_IS_OPEN.equals(failure.error())) { // the rest must not be committed without it
                rollbackCode = XAException.XA_RBOTHER;
            }
            throw failure;
        }
    }

    synchronized void rollbackOnly() {
        if (rollbackCode == NO_CODE) {
            rollbackCode = XAException.XA_RBROLLBACK;
        }
    }

    /** @return XA_OK, or XA_RDONLY: it is over; so it is when an exception is thrown, whose code says that it was rolled back */
    synchronized int prepare() throws XAException {
        requireCommittable();
        if (pooled == null) {
            return XAResource.XA_RDONLY;
        }
        EndedTransaction ended;
        try {
            ended = client.prepare(pooled.producer(), xid.text());
        } catch (RequestFailedException failure) {
            throw rolledBack(failure); // if it is prepared all the same, nobody will want to commit it
        }
        if (!ended.isPrepared()) {
            producers.giveBack(pooled, ended);
            return XAResource.XA_RDONLY;
        }
        prepared = true;
        return XAResource.XA_OK;
    }

    /** It is over when this returns, and when an exception is thrown. */
    synchronized void commitOnePhase() throws XAException {
        requireCommittable();
        if (pooled == null) {
            return;
        }
        try {
            producers.giveBack(pooled, client.commit(pooled.producer()));
        } catch (RequestFailedException failure) {
            if (failure.outcome() == Outcome.UNKNOWN) {
                producers.abort(pooled);
                throw XaErrors.of(XAException.XAER_RMFAIL, "whether it was committed is not known", failure);
            }
            throw rolledBack(failure);
        }
    }

    private void requireCommittable() throws XAException {
        if (prepared) {
            throw XaErrors.of(XAException.XAER_PROTO, "it is prepared already", null);
        } else if (rollbackCode != NO_CODE) {
            rollback();
            throw XaErrors.of(rollbackCode, "something in the transaction has failed before", null);
        }
    }

    private XAException rolledBack(RequestFailedException failure) {
        producers.abort(pooled);
        int code = failure.outcome() == Outcome.REFUSED ? XAException.XA_RBTIMEOUT : XAException.XA_RBCOMMFAIL;
        return XaErrors.of(code, "it is rolled back", failure);
    }

    /** What was not prepared is over with that. */
    synchronized void rollback() {
        if (pooled != null) {
            producers.abort(pooled);
            pooled = null;
        }
    }

    synchronized boolean isPrepared() {
        return prepared;
    }

    /** Decides what is prepared. @throws RequestFailedException when that was not done, or is not known */
    synchronized EndedTransaction decide(boolean commit) {
        EndedTransaction ended = commit ? client.commit(pooled.producer()) : client.abort(pooled.producer());
        producers.giveBack(pooled, ended);
        return ended;
    }
}
