package io.millrace.rest;

import io.millrace.broker.Broker;
import io.millrace.broker.BrokerException;
import io.millrace.broker.ErrorKind;
import io.millrace.broker.PartitionOffsets;
import io.millrace.broker.Topic;
import io.millrace.log.OffsetAndTimestamp;
import io.millrace.rest.dialect.MediaTypes;
import io.millrace.rest.dialect.RecordFormat;
import io.millrace.rest.model.OffsetsSummary;
import io.millrace.rest.model.PartitionMetadata;
import io.millrace.rest.model.TimestampOffsets;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.container.AsyncResponse;
import jakarta.ws.rs.container.Suspended;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.UriInfo;
import java.io.InputStream;
import java.util.Optional;

/** One partition: its metadata, its offsets, and producing to it. */
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
    JsonBodies json;

    @GET
    public byte[] get(@PathParam("topic") String topicName, @PathParam("partition") String number) {
        int partition = Numbers.partition(number);
        Topic topic = access.broker().topics().get(topicName);
        if (partition >= topic.partitions().size()) {
            throw new BrokerException(ErrorKind.UNKNOWN_PARTITION, "topic %s has no partition %d; it has %d partitions"
                    .formatted(topicName, partition, topic.partitions().size()));
        }
        return json.write(PartitionMetadata.of(partition, topic.partitions().get(partition)));
    }

    @GET
    @Path("offsets")
    public byte[] offsets(@PathParam("topic") String topic, @PathParam("partition") String number,
                          @Context UriInfo uri) {
        int partition = Numbers.partition(number);
        long timestamp = new QueryParameters(uri.getQueryParameters()).number("timestamp", 0, NO_TIMESTAMP);
        Broker broker = access.broker();
        PartitionOffsets range = broker.offsets(topic, partition);
        if (timestamp == NO_TIMESTAMP) {
            return json.write(new OffsetsSummary(range.beginningOffset(), range.endOffset()));
        }
        Optional<OffsetAndTimestamp> found = broker.offsetForTimestamp(topic, partition, timestamp);
        return json.write(new TimestampOffsets(range.beginningOffset(), range.endOffset(),
                found.map(OffsetAndTimestamp::offset).orElse(range.endOffset()),
                found.map(OffsetAndTimestamp::timestamp).orElse(null)));
    }

    @POST
    @Consumes({MediaTypes.JSON_RECORDS, MediaTypes.BINARY_RECORDS, MediaTypes.TEXT_RECORDS, MediaTypes.JSON})
    public void produce(@PathParam("topic") String topic, @PathParam("partition") String number, @Context UriInfo uri,
                        @HeaderParam(HttpHeaders.CONTENT_TYPE) String contentType,
                        @HeaderParam(HttpHeaders.CONTENT_LENGTH) String contentLength, InputStream body,
                        @Suspended AsyncResponse response) {
        producing.records(topic, Numbers.partition(number), RecordFormat.ofContentType(contentType),
                new QueryParameters(uri.getQueryParameters()).acks(), contentLength, body, response);
    }

    @POST
    @Consumes(MediaTypes.BATCH)
    public void produceBatches(@PathParam("topic") String topic, @PathParam("partition") String number,
                               @Context UriInfo uri, @HeaderParam(HttpHeaders.CONTENT_LENGTH) String contentLength,
                               InputStream body, @Suspended AsyncResponse response) {
        producing.batches(topic, Numbers.partition(number), new QueryParameters(uri.getQueryParameters()).acks(),
                contentLength, body, response);
    }
}
