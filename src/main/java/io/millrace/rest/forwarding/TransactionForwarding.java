package io.millrace.rest.forwarding;

import io.millrace.metadata.BrokerException;
import io.millrace.rest.access.TransactionAccess;
import io.millrace.rest.forwarding.PassedRequest.Owner;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.ws.rs.container.AsyncResponse;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.UriInfo;
import java.io.ByteArrayInputStream;
import java.io.InputStream;

/** Passes requests about a transactional id on to its coordinator. */
@ApplicationScoped
public class TransactionForwarding {
    @Inject
    TransactionAccess access;
    @Inject
    Forwarding forwarding;

    /**
     * Passes a request with a body on.
     *
     * @return false: this broker coordinates the transactional id, and is to answer
     * @throws BrokerException NOT_COORDINATOR, UNAVAILABLE
     */
    public boolean passOn(String transactionalId, String method, InputStream body, UriInfo uri, HttpHeaders headers,
                          AsyncResponse response) {
        return forwarding.passOn(request(transactionalId, method, uri, headers),
                access.transactions().coordinator().remote(transactionalId), body, response);
    }

    /** As above, of a body that was read to find out whom it is about. */
    public boolean passOn(String transactionalId, String method, byte[] body, UriInfo uri, HttpHeaders headers,
                          AsyncResponse response) {
        return passOn(transactionalId, method, new ByteArrayInputStream(body), uri, headers, response);
    }

    /** As above, without a body. */
    public boolean passOn(String transactionalId, String method, UriInfo uri, HttpHeaders headers, AsyncResponse response) {
        return forwarding.passOn(request(transactionalId, method, uri, headers),
                access.transactions().coordinator().remote(transactionalId), 0, response, Forwarding.NO_RECEIPT);
    }

    private static PassedRequest request(String transactionalId, String method, UriInfo uri, HttpHeaders headers) {
        return PassedRequest.of(Owner.COORDINATOR, "transactional id " + transactionalId, method, uri, headers);
    }
}
