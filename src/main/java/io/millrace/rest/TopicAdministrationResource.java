package io.millrace.rest;

import io.millrace.broker.Broker;
import io.millrace.broker.PartitionStatus;
import io.millrace.broker.Topic;
import io.millrace.broker.Topics;
import io.millrace.rest.dialect.MediaTypes;
import io.millrace.rest.dialect.RequestException;
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

/** Creating, describing, changing and deleting topics. Every change is durable when it is answered. */
@Path("/admin/topics")
@ApplicationScoped
@Produces({MediaTypes.DIALECT, MediaTypes.JSON})
public class TopicAdministrationResource {
    @Inject
    BrokerAccess access;
    @Inject
    JsonBodies json;

    @POST
    @Consumes({MediaTypes.JSON_RECORDS, MediaTypes.DIALECT, MediaTypes.JSON})
    public Response create(InputStream body) {
        NewTopic topic = json.read(body, NewTopic.class);
        if (topic.topicName() == null) {
            throw RequestException.invalidBody("the field \"topic_name\" is missing");
        }
        Map<String, String> configs = topic.configs() == null ? Map.of() : topic.configs();
        topics().create(topic.topicName(), topic.partitionsCount(), topic.replicationFactor(), configs);
        return Response.status(Response.Status.CREATED).build();
    }

    @GET
    @Path("{topic}")
    public byte[] describe(@PathParam("topic") String topic) {
        return json.write(description(topics().get(topic)));
    }

    @DELETE
    @Path("{topic}")
    public Response delete(@PathParam("topic") String topic) {
        topics().delete(topic);
        return Response.noContent().build();
    }

    @GET
    @Path("{topic}/configs")
    public byte[] configs(@PathParam("topic") String topic) {
        return json.write(new Configs(topics().effectiveConfig(topics().get(topic))));
    }

    @PATCH
    @Path("{topic}/configs")
    @Consumes({MediaTypes.JSON_RECORDS, MediaTypes.DIALECT, MediaTypes.JSON})
    public byte[] alterConfigs(@PathParam("topic") String topic, InputStream body) {
        Configs changes = json.read(body, Configs.class);
        if (changes.configs() == null) {
            throw RequestException.invalidBody("the field \"configs\" is missing");
        }
        return json.write(new Configs(topics().effectiveConfig(topics().alterConfig(topic, changes.configs()))));
    }

    @POST
    @Path("{topic}/partitions")
    @Consumes({MediaTypes.JSON_RECORDS, MediaTypes.DIALECT, MediaTypes.JSON})
    public byte[] addPartitions(@PathParam("topic") String topic, InputStream body) {
        NewPartitions wanted = json.read(body, NewPartitions.class);
        if (wanted.partitionsCount() == null) {
            throw RequestException.invalidBody("the field \"partitions_count\" is missing");
        }
        return json.write(description(topics().addPartitions(topic, wanted.partitionsCount())));
    }

    @DELETE
    @Path("{topic}/partitions/{partition}/records")
    public void deleteRecords(@PathParam("topic") String topic, @PathParam("partition") String number,
                              @Context UriInfo uri, @Suspended AsyncResponse response) {
        int partition = Numbers.partition(number);
        QueryParameters query = new QueryParameters(uri.getQueryParameters());
        String before = query.text("before_offset");
        if (before == null) {
            throw RequestException.badRequest("the query parameter before_offset is missing:"
                    + " an offset, or latest for all records");
        }
        Broker broker = access.broker();
        long beforeOffset = before.equals("latest")
                ? broker.offsets(topic, partition).endOffset()
                : query.number("before_offset", 0, 0);
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

    private static TopicDescription.Partition partition(int number, Topic.Assignment assignment, PartitionStatus status) {
        if (status == null) {
            return new TopicDescription.Partition(number, assignment.leader(), assignment.replicas(), null, null, null);
        }
        return new TopicDescription.Partition(number, assignment.leader(), assignment.replicas(),
                status.logStartOffset(), status.highWatermark(), status.sizeInBytes());
    }
}
