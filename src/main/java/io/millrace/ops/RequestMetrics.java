package io.millrace.ops;

import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerRequestFilter;
import jakarta.ws.rs.container.ContainerResponseContext;
import jakarta.ws.rs.container.ContainerResponseFilter;
import jakarta.ws.rs.container.ResourceInfo;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.ext.Provider;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.eclipse.microprofile.metrics.MetricRegistry;
import org.eclipse.microprofile.metrics.Tag;
import org.eclipse.microprofile.metrics.Timer;

/**
 * Rate and latency of requests, by operation and class of status. The latency ends when the answer is there; writing it
 * to the client is not in it, but the time for which a fetch was parked is.
 */
@Provider
@ApplicationScoped
public class RequestMetrics implements ContainerRequestFilter, ContainerResponseFilter {
    /** What was refused before it was known what it asked for: an unknown path, method or media type. */
    static final String UNMATCHED = "unmatched";

    private static final String OPERATION = RequestMetrics.class.getName();
    private static final String RESOURCE = "Resource";

    private record Outcome(String operation, int statusClass) {
    }

    private record Instrument(Instruments owner, Timer timer) {
    }

    @Context
    private ResourceInfo resource;
    @Inject
    private MetricRegistry registry;
    private final Map<Method, String> operations = new ConcurrentHashMap<>();
    private final Map<Outcome, Instrument> timers = new ConcurrentHashMap<>();

    @Override
    public void filter(ContainerRequestContext request) {
        // Here, as the answer may come on a thread that does not know the resource.
        Method method = resource.getResourceMethod();
        if (method != null) {
            request.setProperty(OPERATION, operations.computeIfAbsent(method, RequestMetrics::operation));
        }
    }

    @Override
    public void filter(ContainerRequestContext request, ContainerResponseContext response) {
        String operation = request.getProperty(OPERATION) instanceof String known ? known : UNMATCHED;
        timers.computeIfAbsent(new Outcome(operation, response.getStatus() / 100), this::register).timer()
                .update(Duration.ofNanos(RequestClock.nanosSince(request)));
    }

    /** Such as {@code topics.produce}: a name for each operation, and few of them, unlike paths. */
    static String operation(Method method) {
        String type = method.getDeclaringClass().getSimpleName();
        String plain = type.endsWith(RESOURCE) ? type.substring(0, type.length() - RESOURCE.length()) : type;
        return Character.toLowerCase(plain.charAt(0)) + plain.substring(1) + "." + method.getName();
    }

    private Instrument register(Outcome outcome) {
        Instruments owner = new Instruments(registry, new Tag("operation", outcome.operation()),
                new Tag("status", outcome.statusClass() + "xx"));
        return new Instrument(owner,
                owner.timer("millrace_request_seconds", "Time from the arrival of a request to its answer"));
    }

    @PreDestroy
    void close() {
        timers.values().forEach(instrument -> instrument.owner().close());
    }
}
