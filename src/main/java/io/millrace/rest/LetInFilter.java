package io.millrace.rest;

import io.millrace.rest.entry.EntryFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerRequestFilter;
import jakarta.ws.rs.container.PreMatching;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.ext.Provider;

/** Nothing is done for a request that was not checked at the entry: one that asks for HTTP/2 in a way that it cannot have. */
@Provider
@PreMatching
public class LetInFilter implements ContainerRequestFilter {
    @Context
    HttpServletRequest request;

    @Override
    public void filter(ContainerRequestContext context) {
        if (request.getAttribute(EntryFilter.LET_IN) == null) {
            context.abortWith(ErrorResponse.of(400, "the server cannot go over to HTTP/2 as the headers Upgrade and HTTP2-Settings ask:"
                    + " leave them out"));
        }
    }
}
