package io.millrace.ra;

import jakarta.resource.ResourceException;
import jakarta.resource.spi.LocalTransaction;
import jakarta.resource.spi.LocalTransactionException;
import javax.transaction.xa.XAException;

/**
 * A transaction of Millrace alone, which the container begins and ends on one connection where it is told to without a JTA
 * transaction. Touched by the thread that has the connection.
 */
final class BranchLocalTransaction implements LocalTransaction {
    private final Branches branches;
    private final BranchXAResource connection;

    BranchLocalTransaction(Branches branches, BranchXAResource connection) {
        this.branches = branches;
        this.connection = connection;
    }

    @Override
    public void begin() throws ResourceException {
        if (connection.current() != null) {
            throw new LocalTransactionException("there is a transaction already");
        }
        connection.enter(branches.local());
    }

    @Override
    public void commit() throws ResourceException {
        try {
            over().commitOnePhase();
        } catch (XAException failure) {
            throw new LocalTransactionException(failure.getMessage(), failure);
        }
    }

    @Override
    public void rollback() throws ResourceException {
        over().rollback();
    }

    private Branch over() throws LocalTransactionException {
        Branch branch = connection.current();
        if (branch == null) {
            throw new LocalTransactionException("there is no transaction");
        }
        connection.leave();
        return branch;
    }
}
