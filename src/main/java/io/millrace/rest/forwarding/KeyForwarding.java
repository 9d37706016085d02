package io.millrace.rest.forwarding;

import io.millrace.metadata.BrokerException;
import io.millrace.rest.access.IdempotencyAccess;
import io.millrace.rest.dialect.KeyHeader;
import io.millrace.rest.forwarding.PassedRequest.Owner;
import io.millrace.transaction.idempotency.IdempotencyKey;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.ws.rs.HttpMethod;
import jakarta.ws.rs.container.AsyncResponse;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.UriInfo;
import java.io.InputStream;
import java.util.Map;

/** Passes requests with an idempotency key on to the key's coordinator: only that one knows what is being carried out. */
@ApplicationScoped
public class KeyForwarding {
    @Inject
    IdempotencyAccess access;
    @Inject
    Forwarding forwarding;

    /**
     * Passes a POST on, whose body is read on this thread.
     *
     * @return false: this broker coordinates the key, and is to answer
     * @throws BrokerException NOT_COORDINATOR, UNAVAILABLE
     */
    public boolean passOn(IdempotencyKey key, InputStream body, UriInfo uri, HttpHeaders headers, AsyncResponse response) {
        PassedRequest request = PassedRequest.of(Owner.COORDINATOR, key.toString(), HttpMethod.POST, uri, headers)
                .with(Map.of(KeyHeader.NAME, headers.getHeaderString(KeyHeader.NAME)));
        return forwarding.passOn(request, access.idempotencyKeys().remoteCoordinator(key), body, response);
    }
}
