package io.millrace.rest;

import io.millrace.broker.fetch.FetchRequest;
import io.millrace.rest.access.BrokerAccess;
import io.millrace.rest.body.AnswerCoding;
import io.millrace.rest.body.AnswerDeadlines;
import io.millrace.rest.body.ClientAnswers;
import io.millrace.rest.body.MemoryBudget;
import io.millrace.rest.body.Numbers;
import io.millrace.rest.body.QueryParameters;
import io.millrace.rest.body.RestLimits;
import io.millrace.rest.cluster.CallerAddress;
import io.millrace.rest.cluster.RequestSpan;
import io.millrace.rest.dialect.AcceptHeader;
import io.millrace.rest.dialect.MediaTypes;
import io.millrace.rest.dialect.StreamForm;
import io.millrace.rest.exchange.FetchExchange;
import io.millrace.rest.exchange.FetchFormat;
import io.millrace.rest.exchange.StreamedFormat;
import io.millrace.rest.guard.Guard;
import io.millrace.rest.guard.Meter;
import io.millrace.rest.stream.Asked;
import io.millrace.rest.stream.Streams;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.container.AsyncResponse;
import jakarta.ws.rs.container.Suspended;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.UriInfo;
import java.util.Optional;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** A partition's records, read from any offset without state on the server. */
@APIResponse(responseCode = "default", ref = "AnyError")
@Path("/topics/{topic}/partitions/{partition}/records")
@ApplicationScoped
public class RecordsResource {
    private static final int DEFAULT_MAX_BYTES = 1024 * 1024;
    /** Of each part of a stream, which a client that reads slowly keeps. */
    private static final int STREAM_MAX_BYTES = 256 * 1024;

    @Inject
    BrokerAccess access;
    @Inject
    RestLimits limits;
    @Inject
    MemoryBudget budget;
    @Inject
    AnswerDeadlines deadlines;
    @Inject
    ClientAnswers answers;
    @Inject
    Streams streams;
    @Inject
    Guard guard;
    @Inject
    AnswerCoding coding;
    @Inject
    HttpServletRequest servletRequest;

    /**
     * As a list answers at once, or when {@code min_bytes} are there or {@code timeout} has passed; as a stream goes on with what comes. No
     * thread waits.
     */
    @Operation(operationId = "fetch", summary = "Records from an offset on; waits for them when asked to")
    @Tag(name = "Fetch")
    @Parameter(ref = "offset")
    @Parameter(ref = "leader_epoch")
    @Parameter(ref = "timeout")
    @Parameter(ref = "min_bytes")
    @Parameter(ref = "max_bytes")
    @Parameter(ref = "isolation")
    @Parameter(ref = "filter")
    @Parameter(ref = "stream_format")
    @Parameter(ref = "last_event_id")
    @APIResponse(responseCode = "200", ref = "FetchedRecords")
    @APIResponse(responseCode = "400", ref = "BadRequest")
    @APIResponse(responseCode = "404", ref = "NotFound")
    @APIResponse(responseCode = "406", ref = "NotAcceptable")
    @APIResponse(responseCode = "416", ref = "OutOfRange")
    @APIResponse(responseCode = "422", ref = "Unprocessable")
    @APIResponse(responseCode = "503", ref = "Unavailable")
    @GET
    @Produces({MediaTypes.JSON_RECORDS, MediaTypes.BINARY_RECORDS, MediaTypes.TEXT_RECORDS, MediaTypes.BATCH,
        MediaTypes.DIALECT, MediaTypes.JSON, MediaTypes.EVENTS, MediaTypes.LINES})
    public void fetch(@PathParam("topic") String topic,
                      @Parameter(ref = "partition") @PathParam("partition") String number,
                      @Context UriInfo uri,
                      @Context HttpHeaders headers, @Suspended AsyncResponse response) {
        AcceptHeader accepted = AcceptHeader.of(headers.getRequestHeader(HttpHeaders.ACCEPT));
        Optional<StreamForm> form = StreamedFormat.negotiate(accepted);
        if (form.isPresent()) {
            stream(topic, Numbers.partition(number), form.get(), new QueryParameters(uri.getQueryParameters()), headers, response);
            return;
        }
        FetchFormat format = FetchFormat.negotiate(accepted);
        FetchRequest request = request(topic, Numbers.partition(number), format,
                new QueryParameters(uri.getQueryParameters()), DEFAULT_MAX_BYTES);
        new FetchExchange(request, format, limits, budget, CallerAddress.of(servletRequest), response)
                .start(access.broker(), deadlines, answers, RequestSpan.of(servletRequest));
    }

    private void stream(String topic, int partition, StreamForm form, QueryParameters query, HttpHeaders headers,
                        AsyncResponse response) {
        FetchFormat format = StreamedFormat.asked(query);
        FetchRequest first = StreamedFormat.resumed(request(topic, partition, format, query, STREAM_MAX_BYTES),
                headers.getRequestHeader(StreamedFormat.LAST_EVENT_ID));
        Asked asked = new Asked(form, coding.prefersGzip(headers.getRequestHeader(HttpHeaders.ACCEPT_ENCODING)),
                servletRequest.getMethod().equals("HEAD"), Meter.pauses(servletRequest), CallerAddress.of(servletRequest), guard.reading());
        streams.fetch(asked, first, format.records(), access.broker()::fetch, servletRequest.getAsyncContext(), response);
    }

    private FetchRequest request(String topic, int partition, FetchFormat format, QueryParameters query, int otherwiseMax) {
        boolean whole = !query.leavesOutAborted() && format.records() == null;
        int defaultMax = Math.min(otherwiseMax, limits.maxFetchBytes());
        int maxBytes = (int) Math.min(limits.maxFetchBytes(), query.number("max_bytes", 1, defaultMax));
        int minBytes = (int) Math.min(maxBytes, query.number("min_bytes", 0, 1));
        long maxWaitMs = Math.min(limits.maxFetchWaitMs(), query.number("timeout", 0, 0));
        int lastEpoch = (int) Math.min(Integer.MAX_VALUE, query.number("leader_epoch", 0, -1));
        return new FetchRequest(topic, partition, query.position("offset"), query.isolation(), whole, lastEpoch, minBytes, maxBytes,
                maxWaitMs);
    }
}
