package io.millrace.rest;

import io.millrace.group.delivery.PollRequest;
import io.millrace.group.membership.ConsumerId;
import io.millrace.group.membership.RecordForm;
import io.millrace.metadata.TopicPartition;
import io.millrace.rest.access.GroupAccess;
import io.millrace.rest.body.AnswerCoding;
import io.millrace.rest.body.AnswerDeadlines;
import io.millrace.rest.body.ClientAnswers;
import io.millrace.rest.body.MemoryBudget;
import io.millrace.rest.body.QueryParameters;
import io.millrace.rest.body.RestLimits;
import io.millrace.rest.cluster.CallerAddress;
import io.millrace.rest.cluster.RequestSpan;
import io.millrace.rest.dialect.AcceptHeader;
import io.millrace.rest.dialect.MediaTypes;
import io.millrace.rest.dialect.RecordFormat;
import io.millrace.rest.dialect.StreamForm;
import io.millrace.rest.exchange.FetchFormat;
import io.millrace.rest.exchange.PollExchange;
import io.millrace.rest.exchange.StreamedFormat;
import io.millrace.rest.guard.Guard;
import io.millrace.rest.guard.Meter;
import io.millrace.rest.routing.ConsumerRequests;
import io.millrace.rest.stream.Asked;
import io.millrace.rest.stream.PollSource;
import io.millrace.rest.stream.Streams;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.OPTIONS;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.container.AsyncResponse;
import jakarta.ws.rs.container.Suspended;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriInfo;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** What a consumer is given, at the coordinator of its group. */
@APIResponse(responseCode = "default", ref = "AnyError")
@Path("/consumers/{groupid}/instances/{name}/records")
@ApplicationScoped
public class ConsumerRecordsResource {
    private static final int DEFAULT_MAX_BYTES = 1024 * 1024;
    /** Of each part of a stream, which a client that reads slowly keeps. */
    private static final int STREAM_MAX_BYTES = 256 * 1024;

    @Inject
    GroupAccess access;
    @Inject
    ConsumerRequests requests;
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
    AnswerCoding coding;
    @Inject
    Guard guard;
    @Inject
    HttpServletRequest servletRequest;

    /** As a list answers when there is something, or the wait is over; as a stream goes on with what comes. No thread waits. */
    @Operation(operationId = "poll", summary = "Records of the consumer's partitions from where it is; waits for them when asked to")
    @Tag(name = "Consumers")
    @Parameter(ref = "timeout")
    @Parameter(ref = "max_bytes")
    @Parameter(ref = "stream_format")
    @Parameter(ref = "last_event_ids")
    @APIResponse(responseCode = "200", ref = "PolledRecords")
    @APIResponse(responseCode = "400", ref = "BadRequest")
    @APIResponse(responseCode = "404", ref = "UnknownConsumer")
    @APIResponse(responseCode = "406", ref = "NotAcceptable")
    @APIResponse(responseCode = "416", ref = "OutOfRange")
    @APIResponse(responseCode = "409", ref = "Conflict")
    @APIResponse(responseCode = "422", ref = "Unprocessable")
    @APIResponse(responseCode = "503", ref = "Unavailable")
    @GET
    @GetOnly
    @Produces({MediaTypes.JSON_RECORDS, MediaTypes.BINARY_RECORDS, MediaTypes.TEXT_RECORDS, MediaTypes.BATCH,
        MediaTypes.DIALECT, MediaTypes.JSON, MediaTypes.EVENTS, MediaTypes.LINES})
    public void poll(@PathParam("groupid") String group, @PathParam("name") String name,
                     @Context UriInfo uri, @Context HttpHeaders headers, @Suspended AsyncResponse response) {
        AcceptHeader accepted = AcceptHeader.of(headers.getRequestHeader(HttpHeaders.ACCEPT));
        Optional<StreamForm> form = StreamedFormat.negotiate(accepted);
        QueryParameters query = new QueryParameters(uri.getQueryParameters());
        long waitMs = query.number("timeout", 0, PollRequest.NOT_SAID);
        long maxBytes = query.number("max_bytes", 1, PollRequest.NOT_SAID);
        boolean exact = maxBytes != PollRequest.NOT_SAID;
        int otherwise = form.isPresent() ? STREAM_MAX_BYTES : DEFAULT_MAX_BYTES;
        PollRequest request = new PollRequest(form.isPresent() ? named(query) : FetchFormat.taken(accepted),
                (int) Math.min(limits.maxFetchBytes(), exact ? maxBytes : otherwise), waitMs, requests.source(headers));
        ConsumerId consumer = ConsumerRequests.consumer(name, headers).askedBy(guard.asker());
        if (form.isPresent()) {
            stream(group, consumer, request, form.get(), headers, response);
        } else {
            new PollExchange(request, exact, limits, budget, CallerAddress.of(servletRequest), guard.reading(), response)
                    .start(access.groups(), group, consumer, limits.maxFetchWaitMs(), deadlines, answers,
                            RequestSpan.of(servletRequest));
        }
    }

    private void stream(String group, ConsumerId consumer, PollRequest request, StreamForm form, HttpHeaders headers,
                        AsyncResponse response) {
        SortedMap<TopicPartition, Long> behind = StreamedFormat.behind(headers.getRequestHeader(StreamedFormat.LAST_EVENT_ID));
        guard.readable(List.copyOf(behind.keySet()));
        Asked asked = new Asked(form, coding.prefersGzip(headers.getRequestHeader(HttpHeaders.ACCEPT_ENCODING)), false,
                Meter.pauses(servletRequest), CallerAddress.of(servletRequest), guard.reading());
        PollSource records = new PollSource(PollSource.Polling.of(access.groups(), group, consumer), request, behind,
                guard.takingPart(group));
        streams.poll(asked, records, servletRequest.getAsyncContext(), response);
    }

    /** JAX-RS itself would list HEAD as well. */
    @Operation(hidden = true)
    @OPTIONS
    public Response pollOptions() {
        return Response.noContent().header(HttpHeaders.ALLOW, GetOnlyFilter.ALLOWED).build();
    }

    /** What a request for a stream says; null: whatever the consumer was created for. */
    private static Set<RecordForm> named(QueryParameters query) {
        return query.text(StreamedFormat.PARAMETER) == null ? null : Set.of(form(StreamedFormat.asked(query).records()));
    }

    private static RecordForm form(RecordFormat format) {
        return switch (format) {
            case JSON -> RecordForm.JSON;
            case BINARY -> RecordForm.BINARY;
            case TEXT -> RecordForm.TEXT;
        };
    }
}
