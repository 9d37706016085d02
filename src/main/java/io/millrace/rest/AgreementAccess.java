package io.millrace.rest;

import io.millrace.metadata.BrokerException;

/** The way to this server's part in the agreement, which is there while the broker still waits for it. */
public interface AgreementAccess {
    /**
     * Goes on with the journals that are there, and without what only lost ones had.
     *
     * @throws IllegalStateException when this server waits for no such decision
     * @throws BrokerException       UNAVAILABLE while the server starts
     */
    void recover();
}
