package io.millrace.rest;

import io.millrace.metadata.controller.Reassignments;
import io.millrace.rest.access.AgreementAccess;
import io.millrace.rest.access.BrokerAccess;
import io.millrace.rest.body.JsonBodies;
import io.millrace.rest.body.Numbers;
import io.millrace.rest.dialect.MediaTypes;
import io.millrace.rest.dialect.RequestException;
import io.millrace.rest.model.ClusterState;
import io.millrace.rest.model.LostJournals;
import io.millrace.rest.model.NewReassignment;
import io.millrace.rest.model.ReassignmentState;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Response;
import java.io.InputStream;
import java.util.Collection;
import java.util.Set;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** How the cluster is, going on after a loss, and moving partitions between its brokers. */
@APIResponse(responseCode = "default", ref = "AnyError")
@Path("/admin")
@ApplicationScoped
@Produces({MediaTypes.DIALECT, MediaTypes.JSON})
public class ClusterAdministrationResource {
    @Inject
    BrokerAccess access;
    @Inject
    AgreementAccess agreement;
    @Inject
    JsonBodies json;

    @Operation(operationId = "describeCluster",
        summary = "The brokers, the controller, and partitions that are in danger, as this broker sees them")
    @Tag(name = "Cluster")
    @APIResponse(responseCode = "200", ref = "ClusterState")
    @APIResponse(responseCode = "503", ref = "Unavailable")
    @GET
    @Path("cluster")
    public byte[] cluster() {
        return json.write(ClusterState.of(access.broker().cluster()));
    }

    @Operation(operationId = "recoverCluster", summary = "Goes on with the journals that are there, and gives up what"
        + " only those that were lost had; health tells when a server waits for that")
    @Tag(name = "Cluster")
    @RequestBody(ref = "LostJournals")
    @APIResponse(responseCode = "202", ref = "LostJournals")
    @APIResponse(responseCode = "400", ref = "BadRequest")
    @APIResponse(responseCode = "409", ref = "Conflict")
    @APIResponse(responseCode = "415", ref = "UnsupportedType")
    @APIResponse(responseCode = "503", ref = "Unavailable")
    @POST
    @Path("cluster/recover")
    @Consumes({MediaTypes.JSON_RECORDS, MediaTypes.DIALECT, MediaTypes.JSON})
    public Response recover(InputStream body) {
        LostJournals lost = json.read(body, LostJournals.class);
        requireIds("kept", lost.kept());
        requireIds("replaced", lost.replaced());
        try {
            agreement.recover(Set.copyOf(lost.kept()), Set.copyOf(lost.replaced()));
        } catch (IllegalStateException e) {
            throw RequestException.conflict(e.getMessage());
        }
        return Response.accepted(json.write(lost)).build();
    }

    @Operation(operationId = "listReassignments", summary = "The partitions that are being moved")
    @Tag(name = "Cluster")
    @APIResponse(responseCode = "200", ref = "Reassignments")
    @APIResponse(responseCode = "503", ref = "Unavailable")
    @GET
    @Path("reassignments")
    public byte[] reassignments() {
        return json.write(reassigning().all().stream().map(ReassignmentState::of).toList());
    }

    @Operation(operationId = "startReassignment", summary = "Moves a partition to other brokers")
    @Tag(name = "Cluster")
    @RequestBody(ref = "NewReassignment")
    @APIResponse(responseCode = "202", description = "Under way")
    @APIResponse(responseCode = "400", ref = "BadRequest")
    @APIResponse(responseCode = "404", ref = "NotFound")
    @APIResponse(responseCode = "415", ref = "UnsupportedType")
    @APIResponse(responseCode = "422", ref = "Unprocessable")
    @APIResponse(responseCode = "503", ref = "Unavailable")
    @POST
    @Path("reassignments")
    @Consumes({MediaTypes.JSON_RECORDS, MediaTypes.DIALECT, MediaTypes.JSON})
    public Response startReassignment(InputStream body) {
        NewReassignment wanted = json.read(body, NewReassignment.class);
        require("topic_name", wanted.topicName());
        require("partition", wanted.partition());
        require("replicas", wanted.replicas());
        reassigning().start(wanted.topicName(), wanted.partition(), wanted.replicas());
        return Response.accepted().build();
    }

    @Operation(operationId = "cancelReassignment", summary = "Leaves a partition that is being moved where it was")
    @Tag(name = "Cluster")
    @APIResponse(responseCode = "204", description = "Cancelled")
    @APIResponse(responseCode = "400", ref = "BadRequest")
    @APIResponse(responseCode = "404", ref = "NotFound")
    @APIResponse(responseCode = "503", ref = "Unavailable")
    @DELETE
    @Path("reassignments/{topic}/{partition}")
    public Response cancelReassignment(@PathParam("topic") String topic,
                                       @Parameter(ref = "partition") @PathParam("partition") String number) {
        reassigning().cancel(topic, Numbers.partition(number));
        return Response.noContent().build();
    }

    @Operation(operationId = "drainBroker",
        summary = "Moves all partitions away from a broker, which can be stopped then")
    @Tag(name = "Cluster")
    @APIResponse(responseCode = "202", description = "Under way; listReassignments tells how far")
    @APIResponse(responseCode = "400", ref = "BadRequest")
    @APIResponse(responseCode = "422", ref = "Unprocessable")
    @APIResponse(responseCode = "503", ref = "Unavailable")
    @POST
    @Path("brokers/{id}/drain")
    public Response drain(@Parameter(ref = "broker_id") @PathParam("id") String id) {
        reassigning().drain(Numbers.broker(id));
        return Response.accepted().build();
    }

    private Reassignments reassigning() {
        return access.broker().reassignments();
    }

    private static void requireIds(String name, Collection<Integer> ids) {
        require(name, ids);
        if (ids.stream().anyMatch(id -> id == null || id < 0)) {
            throw RequestException.invalidBody("the field \"" + name + "\" has a null, or less than 0: give the ids of servers only");
        }
    }

    private static void require(String name, Object value) {
        if (value == null) {
            throw RequestException.invalidBody("the field \"" + name + "\" is missing");
        }
    }
}
