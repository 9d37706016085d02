package io.millrace.rest.access;

import io.millrace.metadata.BrokerException;
import io.millrace.transaction.idempotency.IdempotencyKeys;

/** The way to the idempotency keys, which start after the HTTP interface does. */
public interface IdempotencyAccess {
    /** @throws BrokerException UNAVAILABLE while the broker starts, and after its start failed or it was stopped */
    IdempotencyKeys idempotencyKeys();
}
