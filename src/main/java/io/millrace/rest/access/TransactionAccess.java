package io.millrace.rest.access;

import io.millrace.metadata.BrokerException;
import io.millrace.transaction.routing.Transactions;

/** The way to the transactions, which start after the HTTP interface does. */
public interface TransactionAccess {
    /** @throws BrokerException UNAVAILABLE while the broker starts, and after its start failed or it was stopped */
    Transactions transactions();
}
