package io.millrace.ops;

import jakarta.inject.Inject;
import jakarta.ws.rs.HttpMethod;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerRequestFilter;
import jakarta.ws.rs.container.ContainerResponseContext;
import jakarta.ws.rs.container.ContainerResponseFilter;
import jakarta.ws.rs.container.ResourceInfo;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.ext.Provider;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.eclipse.microprofile.metrics.Metadata;
import org.eclipse.microprofile.metrics.MetricRegistry;
import org.eclipse.microprofile.metrics.Tag;
import org.eclipse.microprofile.metrics.Timer;

/**
 * Rate and latency of requests, by operation and class of status. The latency ends when the answer is there; writing it
 * to the client is not in it.
 */
@Provider
public class RequestMetrics implements ContainerRequestFilter, ContainerResponseFilter {
    private static final String BEGAN = RequestMetrics.class.getName() + ".began";
    private static final Metadata REQUESTS = Metadata.builder().withName("millrace_request_seconds").withUnit("seconds")
            .withDescription("Time from the arrival of a request to its answer").build();

    private record Operation(String name, String status) {
    }

    @Context
    private ResourceInfo resource;
    @Inject
    private MetricRegistry registry;
    private final Map<Operation, Timer> timers = new ConcurrentHashMap<>();

    @Override
    public void filter(ContainerRequestContext request) {
        request.setProperty(BEGAN, System.nanoTime());
    }

    @Override
    public void filter(ContainerRequestContext request, ContainerResponseContext response) {
        if (request.getProperty(BEGAN) instanceof Long began) {
            timers.computeIfAbsent(new Operation(operation(request), response.getStatus() / 100 + "xx"), this::timer)
                    .update(Duration.ofNanos(System.nanoTime() - began));
        }
    }

    /** The resource's method: a name for each operation, and few of them, unlike paths. */
    private String operation(ContainerRequestContext request) {
        if (resource.getResourceMethod() != null) {
            return resource.getResourceMethod().getName();
        }
        return request.getMethod().equals(HttpMethod.OPTIONS) ? "options" : "none";
    }

    private Timer timer(Operation operation) {
        return registry.timer(REQUESTS, new Tag("operation", operation.name()), new Tag("status", operation.status()));
    }
}
