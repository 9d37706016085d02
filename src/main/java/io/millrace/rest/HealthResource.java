package io.millrace.rest;

import io.millrace.rest.access.HealthAccess;
import io.millrace.rest.dialect.MediaTypes;
import io.millrace.rest.errors.ErrorResponse;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Response;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** Health where probes of the dialect ask for it; {@code /health} tells more. */
@APIResponse(responseCode = "default", ref = "AnyError")
@Path("/")
@ApplicationScoped
@Produces({MediaTypes.DIALECT, MediaTypes.JSON})
public class HealthResource {
    @Inject
    HealthAccess health;

    @Operation(operationId = "healthy", summary = "Whether the server runs, as /health/live has it")
    @Tag(name = "Cluster")
    @APIResponse(responseCode = "200", description = "It runs")
    @APIResponse(responseCode = "500", ref = "Unhealthy")
    @GET
    @Path("healthy")
    public Response healthy() {
        return health.isLive() ? Response.ok().build() : ErrorResponse.of(500, "the server must be restarted: /health/live says why");
    }

    @Operation(operationId = "ready", summary = "Whether the server takes requests, as /health/ready has it")
    @Tag(name = "Cluster")
    @APIResponse(responseCode = "200", description = "It takes requests")
    @APIResponse(responseCode = "500", ref = "Unhealthy")
    @GET
    @Path("ready")
    public Response ready() {
        return health.isReady() ? Response.ok().build()
                : ErrorResponse.of(500, "the server does not take requests at present: /health/ready says why");
    }
}
