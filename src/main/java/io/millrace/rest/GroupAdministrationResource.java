package io.millrace.rest;

import io.millrace.group.Groups;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.TopicPartition;
import io.millrace.rest.access.GroupAccess;
import io.millrace.rest.body.Answer;
import io.millrace.rest.body.AnswerDeadlines;
import io.millrace.rest.body.ClientAnswers;
import io.millrace.rest.body.JsonBodies;
import io.millrace.rest.body.OffsetsResetBody;
import io.millrace.rest.cluster.CallerAddress;
import io.millrace.rest.dialect.MediaTypes;
import io.millrace.rest.guard.Guard;
import io.millrace.rest.model.GroupDetails;
import io.millrace.rest.model.GroupEntry;
import io.millrace.rest.model.ResetOffsets;
import io.millrace.security.ResourceType;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.container.AsyncResponse;
import jakarta.ws.rs.container.Suspended;
import jakarta.ws.rs.core.Response;
import java.io.InputStream;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** The consumer groups, how far each has come, and setting their committed offsets. */
@APIResponse(responseCode = "default", ref = "AnyError")
@Path("/admin/groups")
@ApplicationScoped
@Produces({MediaTypes.DIALECT, MediaTypes.JSON})
public class GroupAdministrationResource {
    /** How long the brokers may take to tell their groups, in ms. */
    private static final long LIST_MS = 30_000;

    @Inject
    GroupAccess access;
    @Inject
    JsonBodies json;
    @Inject
    Guard guard;
    @Inject
    AnswerDeadlines deadlines;
    @Inject
    ClientAnswers answers;
    @Inject
    HttpServletRequest servletRequest;

    @Operation(operationId = "listGroups", summary = "The consumer groups of the cluster",
        description = "Each broker that is up is asked for those that it coordinates. While one does not tell them there is no list.")
    @Tag(name = "Groups")
    @APIResponse(responseCode = "200", ref = "GroupList")
    @APIResponse(responseCode = "503", ref = "Unavailable")
    @GET
    public void list(@Suspended AsyncResponse response) {
        Predicate<GroupEntry> seen = guard.sees(ResourceType.GROUP, GroupEntry::group);
        deadlines.within(LIST_MS, groups().list(),
                () -> new BrokerException(ErrorKind.UNAVAILABLE, "the brokers did not tell their groups in time: try again later"))
                .whenComplete(Answer.apart(answers, CallerAddress.of(servletRequest), response,
                        all -> json.write(all.stream().map(GroupEntry::of).filter(seen).toList())));
    }

    @Operation(operationId = "describeGroup", summary = "A consumer group with its members, and how far it has come")
    @Tag(name = "Groups")
    @APIResponse(responseCode = "200", ref = "GroupDescription")
    @APIResponse(responseCode = "404", ref = "UnknownGroup")
    @APIResponse(responseCode = "422", ref = "Unprocessable")
    @APIResponse(responseCode = "503", ref = "Unavailable")
    @GET
    @Path("{group}")
    public void describe(@PathParam("group") String group, @Suspended AsyncResponse response) {
        groups().describe(group).whenComplete(Answer.apart(answers, CallerAddress.of(servletRequest), response,
                description -> json.write(GroupDetails.of(description))));
    }

    @Operation(operationId = "resetOffsets", summary = "Sets a group's committed offsets while no consumer takes part")
    @Tag(name = "Groups")
    @RequestBody(ref = "OffsetsReset")
    @APIResponse(responseCode = "200", ref = "ResetOffsets")
    @APIResponse(responseCode = "400", ref = "BadRequest")
    @APIResponse(responseCode = "404", ref = "UnknownGroup")
    @APIResponse(responseCode = "409", ref = "GroupNotEmpty")
    @APIResponse(responseCode = "413", ref = "TooLarge")
    @APIResponse(responseCode = "415", ref = "UnsupportedType")
    @APIResponse(responseCode = "422", ref = "Unprocessable")
    @APIResponse(responseCode = "503", ref = "Unavailable")
    @POST
    @Path("{group}/offsets")
    @Consumes({MediaTypes.JSON_RECORDS, MediaTypes.DIALECT, MediaTypes.JSON})
    public void resetOffsets(@PathParam("group") String group, InputStream body, @Suspended AsyncResponse response) {
        OffsetsResetBody reset = OffsetsResetBody.of(json.object(body));
        guard.requireReading(reset.topics());
        guard.requireReading(reset.partitions().stream().map(TopicPartition::topic).distinct().toList());
        groups().reset(group, reset.target(), reset.topics(), reset.partitions(), reset.dryRun())
                .whenComplete(Answer.apart(answers, CallerAddress.of(servletRequest), response,
                            changes -> json.write(ResetOffsets.of(reset.dryRun(), changes))));
    }

    @Operation(operationId = "deleteGroup", summary = "Deletes a group with its offsets while no consumer takes part")
    @Tag(name = "Groups")
    @APIResponse(responseCode = "204", description = "Deleted")
    @APIResponse(responseCode = "404", ref = "UnknownGroup")
    @APIResponse(responseCode = "409", ref = "GroupNotEmpty")
    @APIResponse(responseCode = "422", ref = "Unprocessable")
    @APIResponse(responseCode = "503", ref = "Unavailable")
    @DELETE
    @Path("{group}")
    public void delete(@PathParam("group") String group, @Suspended AsyncResponse response) {
        answer(groups().delete(group), response);
    }

    @Operation(operationId = "deleteGroupMember",
        summary = "Takes a consumer out of its group, whose other consumers get its partitions")
    @Tag(name = "Groups")
    @APIResponse(responseCode = "204", description = "Deleted")
    @APIResponse(responseCode = "404", ref = "UnknownGroup")
    @APIResponse(responseCode = "422", ref = "Unprocessable")
    @APIResponse(responseCode = "503", ref = "Unavailable")
    @DELETE
    @Path("{group}/members/{name}")
    public void deleteMember(@PathParam("group") String group, @PathParam("name") String name, @Suspended AsyncResponse response) {
        answer(groups().remove(group, name), response);
    }

    private static void answer(CompletableFuture<Void> change, AsyncResponse response) {
        change.whenComplete(Answer.to(response, done -> Response.noContent().build()));
    }

    private Groups groups() {
        return access.groups();
    }
}
