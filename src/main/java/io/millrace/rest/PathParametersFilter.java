package io.millrace.rest;

import io.millrace.rest.errors.ErrorResponse;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerRequestFilter;
import jakarta.ws.rs.ext.Provider;

/** Refuses semicolons in paths: JAX-RS would cut off what comes behind one, and name something else than the client did. */
@Provider
public class PathParametersFilter implements ContainerRequestFilter {
    @Override
    public void filter(ContainerRequestContext request) {
        if (request.getUriInfo().getPath(false).indexOf(';') >= 0) {
            request.abortWith(ErrorResponse.of(400, "the path has a semicolon, which has a meaning of its own there: write %3B"));
        }
    }
}
