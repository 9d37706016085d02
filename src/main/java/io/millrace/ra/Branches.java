package io.millrace.ra;

import io.millrace.client.KnownTransaction;
import io.millrace.client.MillraceClient;
import io.millrace.client.ProducerRecord;
import io.millrace.client.RecordMetadata;
import io.millrace.client.RequestFailedException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import javax.transaction.xa.XAException;
import javax.transaction.xa.XAResource;
import javax.transaction.xa.Xid;

/**
 * A resource manager of the transaction manager: the branches of its transactions that are in Millrace. A branch that is prepared
 * is durable there under its {@link Xid}, and is found by that from any process; so nothing is kept here, and nothing on a disk, of
 * what this process has lost sight of. In memory are the branches that the transaction manager has begun and not ended: it makes
 * them grow, by one a transaction at most, and takes them away. Thread-safe.
 *
 * <p>The codes of XAExceptions are those of XA: XA_RB... where the branch is rolled back, XAER_RMFAIL where no server was reached and
 * the transaction manager is to ask again, XAER_NOTA for a branch that nobody knows (any more), XA_HEURCOM and XA_HEURRB where an operator
 * decided otherwise than the transaction manager wants.
 */
final class Branches {
    private final Settings settings;
    private final MillraceClient client;
    private final ProducerPool producers;
    private final Map<XidText, Branch> branches = new ConcurrentHashMap<>();

    Branches(Settings settings) {
        this.settings = settings;
        this.client = new MillraceClient(settings.servers(), settings.user(), settings.password(), settings.requestTimeout());
        this.producers = new ProducerPool(client, settings.resourceManager());
    }

    Settings settings() {
        return settings;
    }

    /** Without a transaction. */
    List<RecordMetadata> send(String topic, List<ProducerRecord> records) {
        return client.produce(topic, records, null);
    }

    /** @param timeout null: as configured @throws XAException XAER_DUPID */
    Branch start(Xid xid, Duration timeout) throws XAException {
        XidText text = XidText.of(xid);
        Branch branch = new Branch(text, timeout == null ? settings.transactionTimeout() : timeout, client, producers);
        if (branches.putIfAbsent(text, branch) != null) {
            throw XaErrors.of(XAException.XAER_DUPID, "there is such a branch already: " + text, null);
        }
        return branch;
    }

    /** One that the transaction manager knows nothing of, and that is never prepared. */
    Branch local() {
        return new Branch(null, settings.transactionTimeout(), client, producers);
    }

    /** One that was begun here. @throws XAException XAER_NOTA */
    Branch get(Xid xid) throws XAException {
        Branch branch = branches.get(XidText.of(xid));
        if (branch == null) {
            throw unknown(XidText.of(xid));
        }
        return branch;
    }

    private static XAException unknown(XidText xid) {
        return XaErrors.of(XAException.XAER_NOTA, "there is no such branch: " + xid.text(), null);
    }

    /** @return XA_OK or XA_RDONLY */
    int prepare(Xid xid) throws XAException {
        Branch branch = get(xid);
        boolean over = true;
        try {
            int vote = branch.prepare();
            over = vote == XAResource.XA_RDONLY;
            return vote;
        } finally {
            if (over) {
                branches.remove(XidText.of(xid));
            }
        }
    }

    void commit(Xid xid, boolean onePhase) throws XAException {
        XidText text = XidText.of(xid);
        Branch branch = branches.get(text);
        if (branch == null) {
            decideElsewhere(text, true);
        } else if (branch.isPrepared() && !onePhase) {
            branches.remove(text);
            ask(() -> branch.decide(true), true);
        } else if (onePhase) {
            branches.remove(text);
            branch.commitOnePhase();
        } else {
            throw XaErrors.of(XAException.XAER_PROTO, "it is not prepared", null);
        }
    }

    void rollback(Xid xid) throws XAException {
        XidText text = XidText.of(xid);
        Branch branch = branches.remove(text);
        if (branch == null) {
            decideElsewhere(text, false);
        } else if (branch.isPrepared()) {
            ask(() -> branch.decide(false), false);
        } else {
            branch.rollback();
        }
    }

    /** Of a process before, or one that no server was reached for: as the servers know it. */
    private void decideElsewhere(XidText xid, boolean commit) throws XAException {
        KnownTransaction found = ask(() -> find(xid), commit);
        if (found == null) {
            throw unknown(xid);
        } else if (found.isPrepared()) {
            ask(() -> commit ? client.commit(found.producer()) : client.abort(found.producer()), commit);
        } else if (commit != found.isCommitted()) {
            throw decidedOtherwise(commit, null);
        }
    }

    /** Null: it is not known, or was ended and its transactional id used again. */
    private KnownTransaction find(XidText xid) {
        List<KnownTransaction> known = client.transactions(xid.text()).stream().filter(this::isOurs)
                .filter(each -> each.isPrepared() || each.isCommitted() || each.isAborted()).toList();
        return known.stream().filter(KnownTransaction::isPrepared).findFirst().orElse(known.isEmpty() ? null : known.get(0));
    }

    private static <T> T ask(Supplier<T> servers, boolean commit) throws XAException {
        try {
            return servers.get();
        } catch (RequestFailedException failure) {
            if (failure.error().equals("INVALID_TXN_STATE")) {
                throw decidedOtherwise(commit, failure);
            }
            throw XaErrors.of(XAException.XAER_RMFAIL, "the servers have not decided it yet", failure);
        }
    }

    private static XAException decidedOtherwise(boolean commit, Throwable cause) {
        return XaErrors.of(commit ? XAException.XA_HEURRB : XAException.XA_HEURCOM,
                "an operator has " + (commit ? "aborted" : "committed") + " it", cause);
    }

    /** All that are prepared, of every process with this resource manager's name. @throws XAException XAER_RMFAIL */
    Xid[] recover() throws XAException {
        try {
            return client.prepared(ProducerPool.prefix(settings.resourceManager())).stream().filter(this::isOurs)
                    .map(KnownTransaction::xid).map(XidText::new).map(XidText::xid).flatMap(Optional::stream).toArray(Xid[]::new);
        } catch (RequestFailedException failure) {
            throw XaErrors.of(XAException.XAER_RMFAIL, "what is prepared is not known", failure);
        }
    }

    private boolean isOurs(KnownTransaction each) {
        return each.xid() != null && each.producer().transactionalId().startsWith(ProducerPool.prefix(settings.resourceManager()));
    }

    /** Aborts what could not be aborted before. */
    void settle() {
        producers.settle();
    }
}
