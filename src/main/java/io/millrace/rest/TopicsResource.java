package io.millrace.rest;

import io.millrace.broker.produce.RecordAccumulator;
import io.millrace.replica.hosting.Acks;
import io.millrace.rest.access.BrokerAccess;
import io.millrace.rest.body.JsonBodies;
import io.millrace.rest.body.QueryParameters;
import io.millrace.rest.dialect.MediaTypes;
import io.millrace.rest.dialect.RecordFormat;
import io.millrace.rest.dialect.TransactionHeader;
import io.millrace.rest.exchange.KeyedProducing;
import io.millrace.rest.exchange.Producing;
import io.millrace.rest.exchange.StreamedFormat;
import io.millrace.rest.exchange.TopicsOnDemand;
import io.millrace.rest.guard.Guard;
import io.millrace.rest.model.TopicMetadata;
import io.millrace.security.ResourceType;
import io.millrace.rest.stream.LineProducing;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.container.AsyncResponse;
import jakarta.ws.rs.container.Suspended;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriInfo;
import java.io.InputStream;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** Topics, and producing to them with the partition chosen record by record. */
@APIResponse(responseCode = "default", ref = "AnyError")
@Path("/topics")
@ApplicationScoped
@Produces({MediaTypes.DIALECT, MediaTypes.JSON})
public class TopicsResource {
    @Inject
    BrokerAccess access;
    @Inject
    Producing producing;
    @Inject
    KeyedProducing keyed;
    @Inject
    LineProducing lines;
    @Inject
    TopicsOnDemand onDemand;
    @Inject
    JsonBodies json;
    @Inject
    Guard guard;

    @Operation(operationId = "listTopics",
        summary = "The names of all topics; those of the cluster's own only with internal=true")
    @Tag(name = "Topics")
    @Parameter(ref = "internal")
    @APIResponse(responseCode = "200", ref = "TopicNames")
    @APIResponse(responseCode = "400", ref = "BadRequest")
    @GET
    public byte[] list(@Context UriInfo uri) {
        boolean internal = new QueryParameters(uri.getQueryParameters()).flag("internal");
        List<String> names = internal ? access.broker().topics().allNames() : access.broker().topics().names();
        return json.write(names.stream().filter(guard.sees(ResourceType.TOPIC, name -> name)).toList());
    }

    @Operation(operationId = "getTopic", summary = "A topic: its partitions, and what was configured for it")
    @Tag(name = "Topics")
    @APIResponse(responseCode = "200", ref = "TopicMetadata")
    @APIResponse(responseCode = "404", ref = "NotFound")
    @GET
    @Path("{topic}")
    public byte[] get(@PathParam("topic") String topic) {
        return json.write(TopicMetadata.of(access.broker().topics().get(topic)));
    }

    @Operation(operationId = "listPartitions", summary = "A topic's partitions")
    @Tag(name = "Topics")
    @APIResponse(responseCode = "200", ref = "PartitionList")
    @APIResponse(responseCode = "404", ref = "NotFound")
    @GET
    @Path("{topic}/partitions")
    public byte[] partitions(@PathParam("topic") String topic) {
        return json.write(TopicMetadata.partitions(access.broker().topics().get(topic)));
    }

    @Operation(operationId = "produceToTopic",
        summary = "Appends records; each names its partition or leaves it to the partitioner")
    @Tag(name = "Produce")
    @Parameter(ref = "acks")
    @Parameter(ref = "async")
    @Parameter(ref = "idempotency_key")
    @Parameter(ref = "transaction")
    @RequestBody(ref = "RecordList")
    @APIResponse(responseCode = "200", ref = "ProducedOffsets")
    @APIResponse(responseCode = "204", description = "Queued, with acks=0 or async=true")
    @APIResponse(responseCode = "400", ref = "BadRequest")
    @APIResponse(responseCode = "403", ref = "Forbidden")
    @APIResponse(responseCode = "404", ref = "NotFound")
    @APIResponse(responseCode = "409", ref = "ProducerConflict")
    @APIResponse(responseCode = "413", ref = "TooLarge")
    @APIResponse(responseCode = "415", ref = "UnsupportedType")
    @APIResponse(responseCode = "422", ref = "Unprocessable")
    @APIResponse(responseCode = "503", ref = "Unavailable")
    @POST
    @Path("{topic}")
    @Consumes({MediaTypes.JSON_RECORDS, MediaTypes.BINARY_RECORDS, MediaTypes.TEXT_RECORDS, MediaTypes.JSON})
    public void produce(@PathParam("topic") String topic, @Context UriInfo uri,
                        @Context HttpHeaders headers, InputStream body, @Suspended AsyncResponse response) {
        RecordFormat format = RecordFormat.ofContentType(headers.getHeaderString(HttpHeaders.CONTENT_TYPE));
        Acks acks = new QueryParameters(uri.getQueryParameters()).acks();
        TransactionHeader transaction = TransactionHeader.parse(headers.getRequestHeader(TransactionHeader.NAME)).orElse(null);
        onDemand.require(topic, guard.creating());
        if (!keyed.records(topic, RecordAccumulator.ANY_PARTITION, format, acks, headers, body, response)) {
            producing.records(topic, RecordAccumulator.ANY_PARTITION, format, acks, transaction,
                    headers.getHeaderString(HttpHeaders.CONTENT_LENGTH), body, response);
        }
    }

    @Operation(hidden = true)
    @POST
    @Path("{topic}")
    @Consumes(MediaTypes.LINES)
    @Produces({MediaTypes.DIALECT, MediaTypes.JSON, MediaTypes.LINES})
    public Response produceLines(@PathParam("topic") String topic, @Context UriInfo uri,
                                 @Context HttpHeaders headers, InputStream body) {
        QueryParameters query = new QueryParameters(uri.getQueryParameters());
        RecordFormat format = StreamedFormat.asked(query).records();
        onDemand.require(topic, guard.creating());
        return lines.produce(topic, RecordAccumulator.ANY_PARTITION, format, query.acks(), headers, body);
    }
}
