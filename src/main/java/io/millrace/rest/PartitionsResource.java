package io.millrace.rest;

import io.millrace.broker.Broker;
import io.millrace.broker.produce.RecordRules;
import io.millrace.log.IsolationLevel;
import io.millrace.log.OffsetAndTimestamp;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.Topic;
import io.millrace.replica.hosting.Acks;
import io.millrace.replica.hosting.PartitionOffsets;
import io.millrace.rest.access.BrokerAccess;
import io.millrace.rest.body.JsonBodies;
import io.millrace.rest.body.Numbers;
import io.millrace.rest.body.QueryParameters;
import io.millrace.rest.dialect.MediaTypes;
import io.millrace.rest.dialect.RecordFormat;
import io.millrace.rest.dialect.TransactionHeader;
import io.millrace.rest.exchange.KeyedProducing;
import io.millrace.rest.exchange.Producing;
import io.millrace.rest.exchange.StreamedFormat;
import io.millrace.rest.exchange.TopicsOnDemand;
import io.millrace.rest.guard.Guard;
import io.millrace.rest.model.OffsetsSummary;
import io.millrace.rest.model.PartitionMetadata;
import io.millrace.rest.model.TimestampOffsets;
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
import java.util.Optional;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** One partition: its metadata, its offsets, and producing to it. */
@APIResponse(responseCode = "default", ref = "AnyError")
@Path("/topics/{topic}/partitions/{partition}")
@ApplicationScoped
@Produces({MediaTypes.DIALECT, MediaTypes.JSON})
public class PartitionsResource {
    private static final long NO_TIMESTAMP = -1;

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
    Guard guard;
    @Inject
    JsonBodies json;

    @Operation(operationId = "getPartition", summary = "A partition: who leads it and who has replicas")
    @Tag(name = "Topics")
    @APIResponse(responseCode = "200", ref = "PartitionMetadata")
    @APIResponse(responseCode = "400", ref = "BadRequest")
    @APIResponse(responseCode = "404", ref = "NotFound")
    @GET
    public byte[] get(@PathParam("topic") String topicName,
                      @Parameter(ref = "partition") @PathParam("partition") String number) {
        int partition = Numbers.partition(number);
        Topic topic = access.broker().topics().get(topicName);
        if (partition >= topic.partitions().size()) {
            throw new BrokerException(ErrorKind.UNKNOWN_PARTITION, "topic %s has no partition %d; it has %d partitions"
                    .formatted(topicName, partition, topic.partitions().size()));
        }
        return json.write(PartitionMetadata.of(partition, topic.partitions().get(partition)));
    }

    @Operation(operationId = "getOffsets", summary = "A partition's first and next offset, and the offset at a time")
    @Tag(name = "Fetch")
    @Parameter(ref = "timestamp")
    @Parameter(ref = "isolation")
    @APIResponse(responseCode = "200", ref = "Offsets")
    @APIResponse(responseCode = "400", ref = "BadRequest")
    @APIResponse(responseCode = "404", ref = "NotFound")
    @APIResponse(responseCode = "503", ref = "Unavailable")
    @GET
    @Path("offsets")
    public void offsets(@PathParam("topic") String topic, @Parameter(ref = "partition") @PathParam("partition") String number,
                        @Context UriInfo uri, @Suspended AsyncResponse response) {
        int partition = Numbers.partition(number);
        QueryParameters query = new QueryParameters(uri.getQueryParameters());
        long timestamp = query.number("timestamp", 0, NO_TIMESTAMP);
        IsolationLevel isolation = query.isolation();
        response.resume(offsets(topic, partition, timestamp, isolation));
    }

    private byte[] offsets(String topic, int partition, long timestamp, IsolationLevel isolation) {
        Broker broker = access.broker();
        PartitionOffsets range = broker.offsets(topic, partition, isolation);
        if (timestamp == NO_TIMESTAMP) {
            return json.write(new OffsetsSummary(range.beginningOffset(), range.endOffset()));
        }
        Optional<OffsetAndTimestamp> found = broker.offsetForTimestamp(topic, partition, timestamp, isolation);
        return json.write(new TimestampOffsets(range.beginningOffset(), range.endOffset(),
                found.map(OffsetAndTimestamp::offset).orElse(range.endOffset()),
                found.map(OffsetAndTimestamp::timestamp).orElse(null)));
    }

    @Operation(operationId = "produceToPartition",
        summary = "Appends records, or record batches as they are, to one partition")
    @Tag(name = "Produce")
    @Parameter(ref = "acks")
    @Parameter(ref = "async")
    @Parameter(ref = "idempotency_key")
    @Parameter(ref = "transaction")
    @RequestBody(ref = "PartitionRecords")
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
    @Consumes({MediaTypes.JSON_RECORDS, MediaTypes.BINARY_RECORDS, MediaTypes.TEXT_RECORDS, MediaTypes.JSON})
    public void produce(@PathParam("topic") String topic,
                        @Parameter(ref = "partition") @PathParam("partition") String number,
                        @Context UriInfo uri,
                        @Context HttpHeaders headers, InputStream body, @Suspended AsyncResponse response) {
        int partition = Numbers.partition(number);
        RecordFormat format = RecordFormat.ofContentType(headers.getHeaderString(HttpHeaders.CONTENT_TYPE));
        Acks acks = new QueryParameters(uri.getQueryParameters()).acks();
        TransactionHeader transaction = TransactionHeader.parse(headers.getRequestHeader(TransactionHeader.NAME)).orElse(null);
        onDemand.require(topic, guard.creating());
        if (!keyed.records(topic, partition, format, acks, headers, body, response)) {
            producing.records(topic, partition, format, acks, transaction, headers.getHeaderString(HttpHeaders.CONTENT_LENGTH), body,
                    response);
        }
    }

    @Operation(hidden = true)
    @POST
    @Consumes(MediaTypes.BATCH)
    public void produceBatches(@PathParam("topic") String topic,
                               @Parameter(ref = "partition") @PathParam("partition") String number,
                               @Context UriInfo uri, @Context HttpHeaders headers, InputStream body,
                               @Suspended AsyncResponse response) {
        KeyedProducing.requireNone(headers);
        int partition = Numbers.partition(number);
        Acks acks = new QueryParameters(uri.getQueryParameters()).acks();
        TransactionHeader transaction = TransactionHeader.parse(headers.getRequestHeader(TransactionHeader.NAME)).orElse(null);
        onDemand.require(topic, guard.creating());
        producing.batches(topic, partition, acks, RecordRules.IN_FORCE, transaction, headers.getHeaderString(HttpHeaders.CONTENT_LENGTH),
                body, response);
    }

    @Operation(hidden = true)
    @POST
    @Consumes(MediaTypes.LINES)
    @Produces({MediaTypes.DIALECT, MediaTypes.JSON, MediaTypes.LINES})
    public Response produceLines(@PathParam("topic") String topic,
                                 @Parameter(ref = "partition") @PathParam("partition") String number, @Context UriInfo uri,
                                 @Context HttpHeaders headers, InputStream body) {
        QueryParameters query = new QueryParameters(uri.getQueryParameters());
        RecordFormat format = StreamedFormat.asked(query).records();
        onDemand.require(topic, guard.creating());
        return lines.produce(topic, Numbers.partition(number), format, query.acks(), headers, body);
    }
}
