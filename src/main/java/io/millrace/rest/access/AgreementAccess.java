package io.millrace.rest.access;

import io.millrace.metadata.BrokerException;
import java.util.Set;

/** The way to this server's part in the agreement, which is there while the broker still waits for it. */
public interface AgreementAccess {
    /**
     * Goes on with the journals that are there, and without what only lost ones had.
     *
     * @param kept     ids of the brokers whose journals were in use before
     * @param replaced ids of the brokers whose journals are new
     * @throws IllegalStateException when this server waits for no such decision, or for another one
     * @throws BrokerException       UNAVAILABLE while the server starts
     */
    void recover(Set<Integer> kept, Set<Integer> replaced);
}
