package io.millrace.rest.internal;

import io.millrace.broker.produce.RecordRules;
import io.millrace.replica.hosting.Acks;
import io.millrace.rest.body.Numbers;
import io.millrace.rest.body.QueryParameters;
import io.millrace.rest.dialect.MediaTypes;
import io.millrace.rest.dialect.TransactionHeader;
import io.millrace.rest.exchange.Producing;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.container.AsyncResponse;
import jakarta.ws.rs.container.Suspended;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.UriInfo;
import java.io.InputStream;
import org.eclipse.microprofile.openapi.annotations.Operation;

/** What another broker appends here, which has held the batches against the topic's rules, or did when they came first. */
@Path(AppendResource.PATH)
@ApplicationScoped
@ClusterOnly
public class AppendResource {
    /** Before the topic's name. */
    static final String PATH = "/internal/topics/";

    @Inject
    Producing producing;

    /** Appends where this broker leads the partition, and nowhere else. */
    @Operation(hidden = true)
    @POST
    @Path("{topic}/partitions/{partition}")
    @Consumes(MediaTypes.BATCH)
    public void append(@PathParam("topic") String topic, @PathParam("partition") String number, @Context UriInfo uri,
                       @Context HttpHeaders headers, InputStream body, @Suspended AsyncResponse response) {
        Acks acks = new QueryParameters(uri.getQueryParameters()).acks();
        TransactionHeader transaction = TransactionHeader.parse(headers.getRequestHeader(TransactionHeader.NAME)).orElse(null);
        producing.batches(topic, Numbers.partition(number), acks, RecordRules.KEPT, transaction,
                headers.getHeaderString(HttpHeaders.CONTENT_LENGTH), body, response);
    }
}
