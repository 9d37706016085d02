package io.millrace.rest;

import io.millrace.group.membership.ConsumerId;
import io.millrace.rest.access.GroupAccess;
import io.millrace.rest.body.Answer;
import io.millrace.rest.body.JsonBodies;
import io.millrace.rest.body.QueryParameters;
import io.millrace.rest.dialect.MediaTypes;
import io.millrace.rest.exchange.KnownConsumer;
import io.millrace.rest.guard.Guard;
import io.millrace.rest.model.Assignments;
import io.millrace.rest.model.CommittedOffsets;
import io.millrace.rest.routing.ConsumerRequests;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.container.AsyncResponse;
import jakarta.ws.rs.container.Suspended;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.UriInfo;
import java.io.InputStream;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** What a consumer can read back of itself: its partitions, and how far its group has come in them. */
@APIResponse(responseCode = "default", ref = "AnyError")
@Path("/consumers/{groupid}")
@ApplicationScoped
@Produces({MediaTypes.DIALECT, MediaTypes.JSON})
public class ConsumerStateResource {
    private static final String INSTANCE = "instances/{name}";

    @Inject
    GroupAccess access;
    @Inject
    JsonBodies json;
    @Inject
    Guard guard;

    @Operation(operationId = "listAssignments", summary = "The partitions that a consumer assigned to itself, or else was given")
    @Tag(name = "Consumers")
    @APIResponse(responseCode = "200", ref = "Assignments")
    @APIResponse(responseCode = "404", ref = "UnknownConsumer")
    @APIResponse(responseCode = "422", ref = "Unprocessable")
    @APIResponse(responseCode = "503", ref = "Unavailable")
    @GET
    @Path(INSTANCE + "/assignments")
    public void assignments(@PathParam("groupid") String group, @PathParam("name") String name,
                            @Context HttpHeaders headers, @Suspended AsyncResponse response) {
        access.groups().member(group, ConsumerRequests.consumer(name, headers).askedBy(guard.asker()))
                .whenComplete(Answer.to(response, member -> json.write(Assignments.of(member.reads()))));
    }

    @Operation(operationId = "committed", summary = "What the group has committed, in the partitions asked for or those the consumer reads")
    @Tag(name = "Consumers")
    @Parameter(ref = "committed_partition")
    @RequestBody(ref = "AskedPartitions")
    @APIResponse(responseCode = "200", ref = "CommittedOffsets")
    @APIResponse(responseCode = "400", ref = "BadRequest")
    @APIResponse(responseCode = "404", ref = "UnknownConsumer")
    @APIResponse(responseCode = "422", ref = "Unprocessable")
    @APIResponse(responseCode = "503", ref = "Unavailable")
    @GET
    @Path(INSTANCE + "/offsets")
    @Consumes({MediaTypes.DIALECT, MediaTypes.JSON_RECORDS, MediaTypes.JSON, MediaType.WILDCARD})
    public void committed(@PathParam("groupid") String group, @PathParam("name") String name, InputStream body,
                          @Context UriInfo uri, @Context HttpHeaders headers, @Suspended AsyncResponse response) {
        ConsumerId consumer = ConsumerRequests.consumer(name, headers).askedBy(guard.asker());
        KnownConsumer.asked(access.groups(), group, consumer,
                        () -> new QueryParameters(uri.getQueryParameters()).partitions(json.objectIfAny(body, headers)).map(guard::readable))
                .thenCompose(asked -> access.groups().committed(group, consumer, asked.orElse(null)))
                .whenComplete(Answer.to(response, offsets -> json.write(CommittedOffsets.of(offsets))));
    }
}
