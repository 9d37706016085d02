package io.millrace.rest.internal;

import io.millrace.rest.access.RulesAccess;
import io.millrace.rest.body.AnswerTimes;
import io.millrace.rest.cluster.BrokerHeaders;
import io.millrace.rest.cluster.BrokerSignatures;
import io.millrace.rest.errors.ErrorResponse;
import io.millrace.security.Role;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.ws.rs.Priorities;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerRequestFilter;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.ext.Provider;

/** Turns away who is not a broker of this cluster, before the body is read. */
@Provider
@ClusterOnly
@ApplicationScoped
@Priority(Priorities.AUTHENTICATION)
public class ClusterOnlyFilter implements ContainerRequestFilter {
    @Inject
    RulesAccess access;

    @Override
    public void filter(ContainerRequestContext request) {
        request.setProperty(AnswerTimes.UNBOUNDED, true);
        if (access.securityIsOn() && !request.getSecurityContext().isUserInRole(Role.BROKER.text())) {
            request.abortWith(ErrorResponse.of(403, "this path is for those who have the role " + Role.BROKER.text()
                    + ": brokers get it by their certificates (docs/security.md)"));
            return;
        }
        if (request.getHeaderString(BrokerHeaders.FORWARDED) == null) { // which is seen of brokers only, whose signature was looked at
            Response refusal = ErrorResponse.of(401, "this path is for the brokers of the cluster only");
            request.abortWith(Response.fromResponse(refusal)
                    .header(HttpHeaders.WWW_AUTHENTICATE, BrokerSignatures.SCHEME).build());
        }
    }
}
