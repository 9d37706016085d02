package io.millrace.rest;

import io.millrace.broker.RecordAccumulator;
import io.millrace.rest.dialect.MediaTypes;
import io.millrace.rest.dialect.RecordFormat;
import io.millrace.rest.model.TopicMetadata;
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

/** Topics, and producing to them with the partition chosen record by record. */
@Path("/topics")
@ApplicationScoped
@Produces({MediaTypes.DIALECT, MediaTypes.JSON})
public class TopicsResource {
    @Inject
    BrokerAccess access;
    @Inject
    Producing producing;
    @Inject
    JsonBodies json;

    @GET
    public byte[] list() {
        return json.write(access.broker().topics().names());
    }

    @GET
    @Path("{topic}")
    public byte[] get(@PathParam("topic") String topic) {
        return json.write(TopicMetadata.of(access.broker().topics().get(topic)));
    }

    @GET
    @Path("{topic}/partitions")
    public byte[] partitions(@PathParam("topic") String topic) {
        return json.write(TopicMetadata.partitions(access.broker().topics().get(topic)));
    }

    @POST
    @Path("{topic}")
    @Consumes({MediaTypes.JSON_RECORDS, MediaTypes.BINARY_RECORDS, MediaTypes.TEXT_RECORDS, MediaTypes.JSON})
    public void produce(@PathParam("topic") String topic, @Context UriInfo uri,
                        @HeaderParam(HttpHeaders.CONTENT_TYPE) String contentType,
                        @HeaderParam(HttpHeaders.CONTENT_LENGTH) String contentLength, InputStream body,
                        @Suspended AsyncResponse response) {
        producing.records(topic, RecordAccumulator.ANY_PARTITION, RecordFormat.ofContentType(contentType),
                new QueryParameters(uri.getQueryParameters()).acks(), contentLength, body, response);
    }
}
