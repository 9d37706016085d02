package io.millrace.rest;

import io.millrace.rest.access.ProducerIdAccess;
import io.millrace.rest.body.JsonBodies;
import io.millrace.rest.dialect.MediaTypes;
import io.millrace.rest.dialect.RequestException;
import io.millrace.rest.model.CreatedProducer;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.io.InputStream;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** Idempotent producers, which are no more than an id and an epoch: nothing is kept of them until they produce. */
@APIResponse(responseCode = "default", ref = "AnyError")
@Path("/producers")
@ApplicationScoped
@Produces({MediaTypes.DIALECT, MediaTypes.JSON})
public class ProducersResource {
    private static final int FIRST_EPOCH = 0;

    @Inject
    ProducerIdAccess access;
    @Inject
    JsonBodies json;

    @Operation(operationId = "createProducer",
        summary = "Gives a producer id that nobody else has: records that are sent with it, and sent again, are written once")
    @Tag(name = "Produce")
    @RequestBody(ref = "NewProducer")
    @APIResponse(responseCode = "201", ref = "CreatedProducer")
    @APIResponse(responseCode = "400", ref = "BadRequest")
    @APIResponse(responseCode = "413", ref = "TooLarge")
    @APIResponse(responseCode = "415", ref = "UnsupportedType")
    @APIResponse(responseCode = "503", ref = "Unavailable")
    @POST
    @Consumes({MediaTypes.DIALECT, MediaTypes.JSON_RECORDS, MediaTypes.JSON, MediaType.WILDCARD})
    public Response create(InputStream body, @Context HttpHeaders headers) {
        json.objectIfAny(body, headers).filter(object -> !object.isEmpty()).ifPresent(object -> {
            throw RequestException.invalidBody("a producer has no fields to choose: send nothing, or {}");
        });
        return Response.status(Response.Status.CREATED)
                .entity(json.write(new CreatedProducer(access.producerIds().next(), FIRST_EPOCH))).build();
    }
}
