package io.millrace.rest;

import io.millrace.broker.Broker;
import io.millrace.metadata.Topic;
import io.millrace.metadata.TopicName;
import io.millrace.metadata.topics.Topics;
import io.millrace.replica.hosting.PartitionStatus;
import io.millrace.rest.access.BrokerAccess;
import io.millrace.rest.body.Answer;
import io.millrace.rest.body.JsonBodies;
import io.millrace.rest.body.Numbers;
import io.millrace.rest.body.QueryParameters;
import io.millrace.rest.dialect.MediaTypes;
import io.millrace.rest.dialect.RequestException;
import io.millrace.rest.guard.Guard;
import io.millrace.rest.model.Configs;
import io.millrace.rest.model.DeletedRecords;
import io.millrace.rest.model.NewPartitions;
import io.millrace.rest.model.NewTopic;
import io.millrace.rest.model.TopicDescription;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.PATCH;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.container.AsyncResponse;
import jakarta.ws.rs.container.Suspended;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriInfo;
import java.io.InputStream;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** Creating, describing, changing and deleting topics. Every change is durable when it is answered. */
@APIResponse(responseCode = "default", ref = "AnyError")
@Path("/admin/topics")
@ApplicationScoped
@Produces({MediaTypes.DIALECT, MediaTypes.JSON})
public class TopicAdministrationResource {
    @Inject
    BrokerAccess access;
    @Inject
    JsonBodies json;
    @Inject
    Guard guard;

    @Operation(operationId = "createTopic", summary = "Creates a topic")
    @Tag(name = "Administration")
    @RequestBody(ref = "NewTopic")
    @APIResponse(responseCode = "201", description = "Created")
    @APIResponse(responseCode = "400", ref = "BadRequest")
    @APIResponse(responseCode = "409", ref = "Conflict")
    @APIResponse(responseCode = "415", ref = "UnsupportedType")
    @APIResponse(responseCode = "422", ref = "Unprocessable")
    @APIResponse(responseCode = "503", ref = "Unavailable")
    @POST
    @Consumes({MediaTypes.JSON_RECORDS, MediaTypes.DIALECT, MediaTypes.JSON})
    public Response create(InputStream body) {
        NewTopic topic = json.read(body, NewTopic.class);
        if (topic.topicName() == null) {
            throw RequestException.invalidBody("the field \"topic_name\" is missing");
        }
        guard.requireCreation(topic.topicName());
        Map<String, String> configs = topic.configs() == null ? Map.of() : topic.configs();
        topics().create(topic.topicName(), topic.partitionsCount(), topic.replicationFactor(), configs);
        return Response.status(Response.Status.CREATED).build();
    }

    @Operation(operationId = "describeTopic",
        summary = "A topic with its whole configuration and the state of its partitions")
    @Tag(name = "Administration")
    @APIResponse(responseCode = "200", ref = "TopicDescription")
    @APIResponse(responseCode = "404", ref = "NotFound")
    @GET
    @Path("{topic}")
    public byte[] describe(@PathParam("topic") String topic) {
        return json.write(description(topics().get(topic)));
    }

    @Operation(operationId = "deleteTopic", summary = "Deletes a topic with all its records")
    @Tag(name = "Administration")
    @APIResponse(responseCode = "204", description = "Deleted")
    @APIResponse(responseCode = "403", ref = "Forbidden")
    @APIResponse(responseCode = "404", ref = "NotFound")
    @APIResponse(responseCode = "503", ref = "Unavailable")
    @DELETE
    @Path("{topic}")
    public Response delete(@PathParam("topic") String topic) {
        topics().delete(topic);
        return Response.noContent().build();
    }

    @Operation(operationId = "getConfigs", summary = "A topic's configuration in force")
    @Tag(name = "Administration")
    @APIResponse(responseCode = "200", ref = "Configs")
    @APIResponse(responseCode = "404", ref = "NotFound")
    @GET
    @Path("{topic}/configs")
    public byte[] configs(@PathParam("topic") String topic) {
        return json.write(new Configs(topics().effectiveConfig(topics().get(topic))));
    }

    @Operation(operationId = "alterConfigs", summary = "Changes a topic's configuration")
    @Tag(name = "Administration")
    @RequestBody(ref = "ConfigChanges")
    @APIResponse(responseCode = "200", ref = "Configs")
    @APIResponse(responseCode = "400", ref = "BadRequest")
    @APIResponse(responseCode = "403", ref = "Forbidden")
    @APIResponse(responseCode = "404", ref = "NotFound")
    @APIResponse(responseCode = "415", ref = "UnsupportedType")
    @APIResponse(responseCode = "422", ref = "Unprocessable")
    @APIResponse(responseCode = "503", ref = "Unavailable")
    @PATCH
    @Path("{topic}/configs")
    @Consumes({MediaTypes.JSON_RECORDS, MediaTypes.DIALECT, MediaTypes.JSON})
    public byte[] alterConfigs(@PathParam("topic") String topic, InputStream body) {
        requireKnown(topic);
        Configs changes = json.read(body, Configs.class);
        if (changes.configs() == null) {
            throw RequestException.invalidBody("the field \"configs\" is missing");
        }
        return json.write(new Configs(topics().effectiveConfig(topics().alterConfig(topic, changes.configs()))));
    }

    @Operation(operationId = "addPartitions", summary = "Gives a topic more partitions")
    @Tag(name = "Administration")
    @RequestBody(ref = "NewPartitions")
    @APIResponse(responseCode = "200", ref = "TopicDescription")
    @APIResponse(responseCode = "400", ref = "BadRequest")
    @APIResponse(responseCode = "403", ref = "Forbidden")
    @APIResponse(responseCode = "404", ref = "NotFound")
    @APIResponse(responseCode = "415", ref = "UnsupportedType")
    @APIResponse(responseCode = "422", ref = "Unprocessable")
    @APIResponse(responseCode = "503", ref = "Unavailable")
    @POST
    @Path("{topic}/partitions")
    @Consumes({MediaTypes.JSON_RECORDS, MediaTypes.DIALECT, MediaTypes.JSON})
    public byte[] addPartitions(@PathParam("topic") String topic, InputStream body) {
        requireKnown(topic);
        NewPartitions wanted = json.read(body, NewPartitions.class);
        if (wanted.partitionsCount() == null) {
            throw RequestException.invalidBody("the field \"partitions_count\" is missing");
        }
        return json.write(description(topics().addPartitions(topic, wanted.partitionsCount())));
    }

    @Operation(operationId = "deleteRecords", summary = "Deletes the records before an offset")
    @Tag(name = "Administration")
    @Parameter(ref = "before_offset")
    @APIResponse(responseCode = "200", ref = "DeletedRecords")
    @APIResponse(responseCode = "400", ref = "BadRequest")
    @APIResponse(responseCode = "403", ref = "Forbidden")
    @APIResponse(responseCode = "404", ref = "NotFound")
    @APIResponse(responseCode = "416", ref = "OutOfRange")
    @APIResponse(responseCode = "422", ref = "Unprocessable")
    @APIResponse(responseCode = "503", ref = "Unavailable")
    @DELETE
    @Path("{topic}/partitions/{partition}/records")
    public void deleteRecords(@PathParam("topic") String topic, @Parameter(ref = "partition") @PathParam("partition") String number,
                              @Context UriInfo uri, @Suspended AsyncResponse response) {
        int partition = Numbers.partition(number);
        QueryParameters query = new QueryParameters(uri.getQueryParameters());
        String before = query.text("before_offset");
        if (before == null) {
            throw RequestException.badRequest("the query parameter before_offset is missing:"
                    + " an offset, or latest for all records");
        }
        boolean all = before.equals("latest");
        long offset = all ? 0 : query.number("before_offset", 0, 0);
        Broker broker = access.broker();
        long beforeOffset = all ? broker.offsets(topic, partition).endOffset() : offset;
        broker.deleteRecords(topic, partition, beforeOffset)
                .whenComplete(Answer.to(response, beginning -> json.write(new DeletedRecords(beginning))));
    }

    private Topics topics() {
        return access.broker().topics();
    }

    private TopicDescription description(Topic topic) {
        Map<Integer, PartitionStatus> hosted = access.broker().partitions().stream()
                .filter(each -> each.topic().equals(topic.name()))
                .collect(Collectors.toMap(PartitionStatus::partition, Function.identity()));
        List<TopicDescription.Partition> partitions = IntStream.range(0, topic.partitions().size())
                .mapToObj(number -> partition(number, topic.partitions().get(number), hosted.get(number)))
                .toList();
        int replicationFactor = topic.partitions().isEmpty() ? 0 : topic.partitions().get(0).replicas().size();
        return new TopicDescription(topic.name(), topic.id().toString(), partitions.size(), replicationFactor,
                topics().effectiveConfig(topic), topic.overrides(), partitions);
    }

    private static TopicDescription.Partition partition(int number, Topic.Assignment assignment,
                                                        PartitionStatus status) {
        if (status == null) {
            return new TopicDescription.Partition(number, assignment.leader(), assignment.leaderEpoch(),
                    assignment.replicas(), assignment.isr(), null, null, null);
        }
        return new TopicDescription.Partition(number, assignment.leader(), assignment.leaderEpoch(),
                assignment.replicas(), assignment.isr(), status.logStartOffset(),
                status.highWatermark(), status.sizeInBytes());
    }

    /** That there is no such topic is told before anything is found fault with in the body; the cluster's own are nobody's to change. */
    private void requireKnown(String topic) {
        if (!TopicName.isInternal(topic)) {
            topics().get(topic);
        }
    }
}
