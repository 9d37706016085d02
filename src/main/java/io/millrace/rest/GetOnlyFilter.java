package io.millrace.rest;

import io.millrace.rest.errors.ErrorResponse;
import jakarta.ws.rs.HttpMethod;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerRequestFilter;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.ext.Provider;

/** Refuses a HEAD where a GET acts. */
@Provider
@GetOnly
public class GetOnlyFilter implements ContainerRequestFilter {
    static final String ALLOWED = "GET, OPTIONS";

    @Override
    public void filter(ContainerRequestContext request) {
        if (!request.getMethod().equals(HttpMethod.GET)) {
            request.abortWith(Response.fromResponse(ErrorResponse.of(405, "a GET of this path moves the consumer on, so there is no "
                    + request.getMethod() + " of it: use GET")).header(HttpHeaders.ALLOW, ALLOWED).build());
        }
    }
}
