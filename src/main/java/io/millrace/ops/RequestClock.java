package io.millrace.ops;

import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerRequestFilter;
import jakarta.ws.rs.container.PreMatching;
import jakarta.ws.rs.ext.Provider;

/** Notes when a request came, before it is known what it asks for: {@link RequestMetrics} needs it. */
@Provider
@PreMatching
public class RequestClock implements ContainerRequestFilter {
    private static final String BEGAN = RequestClock.class.getName();

    @Override
    public void filter(ContainerRequestContext request) {
        request.setProperty(BEGAN, System.nanoTime());
    }

    /** Nanoseconds since the request came. */
    static long nanosSince(ContainerRequestContext request) {
        return request.getProperty(BEGAN) instanceof Long began ? System.nanoTime() - began : 0;
    }
}
