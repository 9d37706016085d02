package io.millrace.ops;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Inject;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.Liveness;
import org.eclipse.microprofile.health.Readiness;
import org.eclipse.microprofile.health.Startup;

/** Hands the judgements of {@link Health} to the container, which shows them under {@code /health}. */
@ApplicationScoped
public class HealthChecks {
    @Inject
    private Lifecycle lifecycle;

    @Produces
    @Startup
    HealthCheck started() {
        return () -> Health.started(lifecycle.server());
    }

    @Produces
    @Readiness
    HealthCheck ready() {
        return () -> Health.ready(lifecycle.server());
    }

    @Produces
    @Liveness
    HealthCheck live() {
        return () -> Health.live(lifecycle.server());
    }
}
