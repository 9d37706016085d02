package io.millrace.ra;

import java.time.Duration;
import javax.transaction.xa.XAException;
import javax.transaction.xa.XAResource;
import javax.transaction.xa.Xid;

/**
 * How the transaction manager asks for what {@link Branches} does; on one connection, which writes to the branch that was started
 * here last and not ended. That and the time-out are touched by the thread that has the connection.
 */
final class BranchXAResource implements XAResource {
    private final Branches branches;
    /** Null: what is sent belongs to no transaction. */
    private volatile Branch current;
    /** Null: as configured. */
    private volatile Duration timeout;

    BranchXAResource(Branches branches) {
        this.branches = branches;
    }

    Branch current() {
        return current;
    }

    /** What is sent belongs to this branch from now on. */
    void enter(Branch branch) {
        current = branch;
    }

    /** Of the connection's next user nothing may go into this one's branch. */
    void leave() {
        current = null;
    }

    @Override
    public void start(Xid xid, int flags) throws XAException {
        if (current != null) {
            throw XaErrors.of(XAException.XAER_PROTO, "the connection is in another branch", null);
        }
        current = flags == TMJOIN || flags == TMRESUME ? branches.get(xid) : branches.start(xid, timeout);
    }

    @Override
    public void end(Xid xid, int flags) throws XAException {
        Branch branch = branches.get(xid);
        if (flags == TMFAIL) {
            branch.rollbackOnly();
        }
        if (branch == current) { // a suspended one may be ended without being resumed
            current = null;
        }
    }

    @Override
    public int prepare(Xid xid) throws XAException {
        return branches.prepare(xid);
    }

    @Override
    public void commit(Xid xid, boolean onePhase) throws XAException {
        branches.commit(xid, onePhase);
    }

    @Override
    public void rollback(Xid xid) throws XAException {
        branches.rollback(xid);
    }

    /** All are given at once, when a scan begins. */
    @Override
    public Xid[] recover(int flags) throws XAException {
        return (flags & TMSTARTRSCAN) == 0 ? new Xid[0] : branches.recover();
    }

    /** What was decided otherwise the servers forget by themselves, when its transactional id expires. */
    @Override
    public void forget(Xid xid) {
        // nothing is kept here
    }

    @Override
    public boolean isSameRM(XAResource other) {
        return other instanceof BranchXAResource resource && resource.branches == branches;
    }

    @Override
    public int getTransactionTimeout() {
        return (int) (timeout == null ? branches.settings().transactionTimeout() : timeout).toSeconds();
    }

    /** @param seconds 0: as configured */
    @Override
    public boolean setTransactionTimeout(int seconds) throws XAException {
        if (seconds < 0) {
            throw XaErrors.of(XAException.XAER_INVAL, "a time-out must not be negative", null);
        }
        timeout = seconds == 0 ? null : Duration.ofSeconds(seconds);
        return true;
    }
}
