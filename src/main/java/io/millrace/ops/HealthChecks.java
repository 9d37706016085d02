package io.millrace.ops;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Inject;
import java.nio.file.Files;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponseBuilder;
import org.eclipse.microprofile.health.Liveness;
import org.eclipse.microprofile.health.Readiness;
import org.eclipse.microprofile.health.Startup;

/**
 * Started: the registers are restored. Ready: logs recovered, every log directory can be written. Live: the writers run; a
 * disk that failed does not make the server dead, since a restart does not mend a disk.
 */
@ApplicationScoped
public class HealthChecks {
    @Inject
    private Lifecycle lifecycle;

    @Produces
    @Startup
    HealthCheck started() {
        return () -> {
            Server server = lifecycle.server();
            boolean up = server.state() == Server.State.REGISTERS_RESTORED || server.state() == Server.State.SERVING;
            return withStart("millrace-started", server).status(up).build();
        };
    }

    @Produces
    @Readiness
    HealthCheck ready() {
        return () -> {
            Server server = lifecycle.server();
            HealthCheckResponseBuilder response = withStart("millrace-ready", server);
            boolean up = server.state() == Server.State.SERVING;
            for (Server.Writer writer : server.writers()) {
                String problem = problem(writer);
                up &= problem == null;
                response.withData(writer.directory().root().toString(), problem == null ? "online" : problem);
            }
            return response.status(up).build();
        };
    }

    private static String problem(Server.Writer writer) {
        if (writer.directory().failure() != null) {
            return writer.directory().failure().getMessage();
        }
        return Files.isWritable(writer.directory().root()) ? null : "the folder cannot be written";
    }

    @Produces
    @Liveness
    HealthCheck live() {
        return () -> {
            Server server = lifecycle.server();
            boolean serving = server.state() == Server.State.SERVING;
            boolean dead = serving && server.writers().stream().anyMatch(Server.Writer::isDead);
            return withStart("millrace-live", server).status(!dead).build();
        };
    }

    private static HealthCheckResponseBuilder withStart(String name, Server server) {
        HealthCheckResponseBuilder response = HealthCheckResponse.named(name).withData("state", server.state().toString());
        return server.startFailure() == null ? response
                : response.withData("reason", String.valueOf(server.startFailure().getMessage()));
    }
}
