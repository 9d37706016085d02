package io.millrace.rest;

import io.millrace.group.Groups;
import io.millrace.group.delivery.PollRequest;
import io.millrace.group.membership.ConsumerId;
import io.millrace.group.membership.OffsetReset;
import io.millrace.group.membership.RecordForm;
import io.millrace.group.membership.Subscription;
import io.millrace.metadata.TopicPartition;
import io.millrace.rest.access.GroupAccess;
import io.millrace.rest.body.Answer;
import io.millrace.rest.body.AnswerDeadlines;
import io.millrace.rest.body.ClientAnswers;
import io.millrace.rest.body.ConsumerBodies;
import io.millrace.rest.body.ConsumerBodies.NewConsumer;
import io.millrace.rest.body.ConsumerDefaults;
import io.millrace.rest.body.JsonBodies;
import io.millrace.rest.body.MemoryBudget;
import io.millrace.rest.body.Numbers;
import io.millrace.rest.body.QueryParameters;
import io.millrace.rest.body.RestLimits;
import io.millrace.rest.cluster.CallerAddress;
import io.millrace.rest.cluster.RequestSpan;
import io.millrace.rest.dialect.AcceptHeader;
import io.millrace.rest.dialect.MediaTypes;
import io.millrace.rest.exchange.FetchFormat;
import io.millrace.rest.exchange.KnownConsumer;
import io.millrace.rest.exchange.PollExchange;
import io.millrace.rest.exchange.TopicsOnDemand;
import io.millrace.rest.guard.Guard;
import io.millrace.rest.model.CreatedConsumer;
import io.millrace.rest.routing.ConsumerRequests;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.OPTIONS;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.container.AsyncResponse;
import jakarta.ws.rs.container.Suspended;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriBuilder;
import jakarta.ws.rs.core.UriInfo;
import java.io.InputStream;
import java.net.URI;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** Consumer instances and what they ask for, at the coordinator of their group. */
@APIResponse(responseCode = "default", ref = "AnyError")
@Path("/consumers/{groupid}")
@ApplicationScoped
@Produces({MediaTypes.DIALECT, MediaTypes.JSON})
public class ConsumersResource {
    private static final int DEFAULT_MAX_BYTES = 1024 * 1024;
    private static final String INSTANCE = "instances/{name}";

    @Inject
    GroupAccess access;
    @Inject
    ConsumerRequests requests;
    @Inject
    JsonBodies json;
    @Inject
    RestLimits limits;
    @Inject
    MemoryBudget budget;
    @Inject
    AnswerDeadlines deadlines;
    @Inject
    ConsumerDefaults defaults;
    @Inject
    TopicsOnDemand onDemand;
    @Inject
    Guard guard;
    @Inject
    ClientAnswers answers;
    @Inject
    HttpServletRequest servletRequest;

    @Operation(operationId = "createConsumer", summary = "Creates a consumer instance in a group")
    @Tag(name = "Consumers")
    @RequestBody(ref = "NewConsumer")
    @APIResponse(responseCode = "200", ref = "CreatedConsumer")
    @APIResponse(responseCode = "400", ref = "BadRequest")
    @APIResponse(responseCode = "409", ref = "Conflict")
    @APIResponse(responseCode = "413", ref = "TooLarge")
    @APIResponse(responseCode = "415", ref = "UnsupportedType")
    @APIResponse(responseCode = "422", ref = "Unprocessable")
    @APIResponse(responseCode = "503", ref = "Unavailable")
    @POST
    @Consumes({MediaTypes.DIALECT, MediaTypes.JSON_RECORDS, MediaTypes.JSON, MediaType.WILDCARD})
    public void create(@PathParam("groupid") String group, InputStream body, @Context UriInfo uri,
                       @Context HttpHeaders headers, @Suspended AsyncResponse response) {
        NewConsumer wanted =
                ConsumerBodies.consumer(json.objectIfAny(body, headers).orElse(JsonValue.EMPTY_JSON_OBJECT), defaults.reset());
        URI base = ConsumerRequests.base(uri, headers);
        groups().create(group, wanted.name(), wanted.config().ownedBy(guard.caller().principal())).whenComplete(Answer.to(response,
                id -> json.write(new CreatedConsumer(id.name(), UriBuilder.fromUri(base)
                        .path("consumers/{group}/instances/{name}/incarnations/{incarnation}")
                        .build(group, id.name(), id.incarnation()).toString().replace(";", "%3B")))));
    }

    @Operation(operationId = "deleteConsumer", summary = "Deletes a consumer instance")
    @Tag(name = "Consumers")
    @APIResponse(responseCode = "204", description = "Deleted")
    @APIResponse(responseCode = "404", ref = "UnknownConsumer")
    @APIResponse(responseCode = "409", ref = "Conflict")
    @APIResponse(responseCode = "422", ref = "Unprocessable")
    @APIResponse(responseCode = "503", ref = "Unavailable")
    @DELETE
    @Path(INSTANCE)
    public void delete(@PathParam("groupid") String group, @PathParam("name") String name, @Context HttpHeaders headers,
                       @Suspended AsyncResponse response) {
        done(groups().leave(group, asked(name, headers), requests.source(headers)), response);
    }

    @Operation(operationId = "subscribe", summary = "Says which topics a consumer reads; replaces what it said before")
    @Tag(name = "Consumers")
    @RequestBody(ref = "Topics")
    @APIResponse(responseCode = "204", description = "Subscribed")
    @APIResponse(responseCode = "400", ref = "BadRequest")
    @APIResponse(responseCode = "404", ref = "UnknownConsumer")
    @APIResponse(responseCode = "409", ref = "Conflict")
    @APIResponse(responseCode = "413", ref = "TooLarge")
    @APIResponse(responseCode = "415", ref = "UnsupportedType")
    @APIResponse(responseCode = "422", ref = "Unprocessable")
    @APIResponse(responseCode = "503", ref = "Unavailable")
    @POST
    @Path(INSTANCE + "/subscription")
    @Consumes({MediaTypes.DIALECT, MediaTypes.JSON_RECORDS, MediaTypes.JSON})
    public void subscribe(@PathParam("groupid") String group, @PathParam("name") String name, InputStream body,
                          @Context HttpHeaders headers, @Suspended AsyncResponse response) {
        ConsumerId consumer = asked(name, headers);
        PollRequest.Source source = requests.source(headers);
        Predicate<String> creatable = guard.creating();
        change(group, consumer, body, wanted -> readable(ConsumerBodies.subscription(wanted)),
                asked -> subscribe(group, consumer, asked, source, creatable), response);
    }

    @Operation(operationId = "listSubscriptions", summary = "The topics that a consumer reads, and the partitions that it has now")
    @Tag(name = "Consumers")
    @APIResponse(responseCode = "200", ref = "SubscribedTopicList")
    @APIResponse(responseCode = "404", ref = "UnknownConsumer")
    @APIResponse(responseCode = "409", ref = "Conflict")
    @APIResponse(responseCode = "422", ref = "Unprocessable")
    @APIResponse(responseCode = "503", ref = "Unavailable")
    @GET
    @Path(INSTANCE + "/subscription")
    public void subscription(@PathParam("groupid") String group, @PathParam("name") String name, @Context HttpHeaders headers,
                             @Suspended AsyncResponse response) {
        groups().member(group, asked(name, headers)).whenComplete(Answer.to(response, member ->
                json.write(ConsumerBodies.described(member.subscription(), member.owned().keySet()))));
    }

    @Operation(operationId = "unsubscribe", summary = "Ends a consumer's subscription, or takes its assigned partitions from it")
    @Tag(name = "Consumers")
    @APIResponse(responseCode = "204", description = "Unsubscribed")
    @APIResponse(responseCode = "404", ref = "UnknownConsumer")
    @APIResponse(responseCode = "409", ref = "Conflict")
    @APIResponse(responseCode = "422", ref = "Unprocessable")
    @APIResponse(responseCode = "503", ref = "Unavailable")
    @DELETE
    @Path(INSTANCE + "/subscription")
    public void unsubscribe(@PathParam("groupid") String group, @PathParam("name") String name, @Context HttpHeaders headers,
                            @Suspended AsyncResponse response) {
        done(groups().subscribe(group, asked(name, headers), new Subscription.None(), requests.source(headers)),
                response);
    }

    @Operation(operationId = "assign", summary = "Says which partitions a consumer reads, whatever the rest of the group does")
    @Tag(name = "Consumers")
    @RequestBody(ref = "Partitions")
    @APIResponse(responseCode = "204", description = "Assigned")
    @APIResponse(responseCode = "400", ref = "BadRequest")
    @APIResponse(responseCode = "404", ref = "UnknownConsumer")
    @APIResponse(responseCode = "409", ref = "Conflict")
    @APIResponse(responseCode = "413", ref = "TooLarge")
    @APIResponse(responseCode = "415", ref = "UnsupportedType")
    @APIResponse(responseCode = "422", ref = "Unprocessable")
    @APIResponse(responseCode = "503", ref = "Unavailable")
    @POST
    @Path(INSTANCE + "/assignments")
    @Consumes({MediaTypes.DIALECT, MediaTypes.JSON_RECORDS, MediaTypes.JSON})
    public void assign(@PathParam("groupid") String group, @PathParam("name") String name, InputStream body,
                       @Context HttpHeaders headers, @Suspended AsyncResponse response) {
        ConsumerId consumer = asked(name, headers);
        PollRequest.Source source = requests.source(headers);
        Predicate<String> creatable = guard.creating();
        change(group, consumer, body, wanted -> guard.readable(ConsumerBodies.partitions(wanted)),
                asked -> subscribe(group, consumer, new Subscription.Assigned(new TreeSet<>(asked)), source, creatable), response);
    }

    @Operation(operationId = "poll", summary = "Records of the consumer's partitions from where it is; waits for them when asked to")
    @Tag(name = "Consumers")
    @Parameter(ref = "timeout")
    @Parameter(ref = "max_bytes")
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
    @Path(INSTANCE + "/records")
    @Produces({MediaTypes.JSON_RECORDS, MediaTypes.BINARY_RECORDS, MediaTypes.TEXT_RECORDS, MediaTypes.BATCH,
        MediaTypes.DIALECT, MediaTypes.JSON})
    public void poll(@PathParam("groupid") String group, @PathParam("name") String name,
                     @Context UriInfo uri, @Context HttpHeaders headers, @Suspended AsyncResponse response) {
        QueryParameters query = new QueryParameters(uri.getQueryParameters());
        long waitMs = query.number("timeout", 0, PollRequest.NOT_SAID);
        long maxBytes = query.number("max_bytes", 1, PollRequest.NOT_SAID);
        boolean exact = maxBytes != PollRequest.NOT_SAID;
        PollRequest request = new PollRequest(form(headers),
                (int) Math.min(limits.maxFetchBytes(), exact ? maxBytes : DEFAULT_MAX_BYTES), waitMs, requests.source(headers));
        new PollExchange(request, exact, limits, budget, CallerAddress.of(servletRequest), guard.reading(), response)
                .start(groups(), group, asked(name, headers), limits.maxFetchWaitMs(), deadlines, answers,
                        RequestSpan.of(servletRequest));
    }

    /** JAX-RS itself would list HEAD as well. */
    @Operation(hidden = true)
    @OPTIONS
    @Path(INSTANCE + "/records")
    public Response pollOptions() {
        return Response.noContent().header(HttpHeaders.ALLOW, GetOnlyFilter.ALLOWED).build();
    }

    @Operation(operationId = "commit", summary = "Commits offsets, or with an empty body all that the consumer was given")
    @Tag(name = "Consumers")
    @RequestBody(ref = "Offsets")
    @APIResponse(responseCode = "204", description = "Committed")
    @APIResponse(responseCode = "400", ref = "BadRequest")
    @APIResponse(responseCode = "404", ref = "UnknownConsumer")
    @APIResponse(responseCode = "409", ref = "Conflict")
    @APIResponse(responseCode = "413", ref = "TooLarge")
    @APIResponse(responseCode = "415", ref = "UnsupportedType")
    @APIResponse(responseCode = "416", ref = "OutOfRange")
    @APIResponse(responseCode = "422", ref = "Unprocessable")
    @APIResponse(responseCode = "503", ref = "Unavailable")
    @POST
    @Path(INSTANCE + "/offsets")
    @Consumes({MediaTypes.DIALECT, MediaTypes.JSON_RECORDS, MediaTypes.JSON, MediaType.WILDCARD})
    public void commit(@PathParam("groupid") String group, @PathParam("name") String name, InputStream body,
                       @Context HttpHeaders headers, @Suspended AsyncResponse response) {
        Long said = Numbers.inHeader(ConsumerRequests.EPOCH_HEADER, headers.getHeaderString(ConsumerRequests.EPOCH_HEADER));
        int epoch = said == null ? Groups.ANY_EPOCH : (int) Math.min(Integer.MAX_VALUE, said);
        ConsumerId consumer = asked(name, headers);
        PollRequest.Source source = requests.source(headers);
        done(KnownConsumer.asked(groups(), group, consumer,
                        () -> json.objectIfAny(body, headers).map(ConsumerBodies::offsets).map(this::readable))
                .thenCompose(asked -> asked.isEmpty() ? groups().commitPolled(group, consumer, epoch, source)
                        : groups().commit(group, consumer, asked.get(), epoch)), response);
    }

    @Operation(operationId = "seek", summary = "Says from which offsets a consumer goes on")
    @Tag(name = "Consumers")
    @RequestBody(ref = "Offsets")
    @APIResponse(responseCode = "204", description = "Moved")
    @APIResponse(responseCode = "400", ref = "BadRequest")
    @APIResponse(responseCode = "404", ref = "UnknownConsumer")
    @APIResponse(responseCode = "409", ref = "Conflict")
    @APIResponse(responseCode = "413", ref = "TooLarge")
    @APIResponse(responseCode = "415", ref = "UnsupportedType")
    @APIResponse(responseCode = "422", ref = "Unprocessable")
    @APIResponse(responseCode = "503", ref = "Unavailable")
    @POST
    @Path(INSTANCE + "/positions")
    @Consumes({MediaTypes.DIALECT, MediaTypes.JSON_RECORDS, MediaTypes.JSON})
    public void seek(@PathParam("groupid") String group, @PathParam("name") String name, InputStream body,
                     @Context HttpHeaders headers, @Suspended AsyncResponse response) {
        ConsumerId consumer = asked(name, headers);
        change(group, consumer, body, wanted -> readable(ConsumerBodies.positions(wanted)),
                asked -> groups().seek(group, consumer, asked), response);
    }

    @Operation(operationId = "seekToBeginning", summary = "A consumer goes on from the first offset of partitions")
    @Tag(name = "Consumers")
    @RequestBody(ref = "Partitions")
    @APIResponse(responseCode = "204", description = "Moved")
    @APIResponse(responseCode = "400", ref = "BadRequest")
    @APIResponse(responseCode = "404", ref = "UnknownConsumer")
    @APIResponse(responseCode = "409", ref = "Conflict")
    @APIResponse(responseCode = "413", ref = "TooLarge")
    @APIResponse(responseCode = "415", ref = "UnsupportedType")
    @APIResponse(responseCode = "422", ref = "Unprocessable")
    @APIResponse(responseCode = "503", ref = "Unavailable")
    @POST
    @Path(INSTANCE + "/positions/beginning")
    @Consumes({MediaTypes.DIALECT, MediaTypes.JSON_RECORDS, MediaTypes.JSON})
    public void seekToBeginning(@PathParam("groupid") String group, @PathParam("name") String name, InputStream body,
                                @Context HttpHeaders headers, @Suspended AsyncResponse response) {
        ConsumerId consumer = asked(name, headers);
        change(group, consumer, body, wanted -> guard.readable(ConsumerBodies.partitions(wanted)),
                asked -> groups().seekTo(group, consumer, asked, OffsetReset.EARLIEST), response);
    }

    @Operation(operationId = "seekToEnd", summary = "A consumer goes on from the next offset of partitions")
    @Tag(name = "Consumers")
    @RequestBody(ref = "Partitions")
    @APIResponse(responseCode = "204", description = "Moved")
    @APIResponse(responseCode = "400", ref = "BadRequest")
    @APIResponse(responseCode = "404", ref = "UnknownConsumer")
    @APIResponse(responseCode = "409", ref = "Conflict")
    @APIResponse(responseCode = "413", ref = "TooLarge")
    @APIResponse(responseCode = "415", ref = "UnsupportedType")
    @APIResponse(responseCode = "422", ref = "Unprocessable")
    @APIResponse(responseCode = "503", ref = "Unavailable")
    @POST
    @Path(INSTANCE + "/positions/end")
    @Consumes({MediaTypes.DIALECT, MediaTypes.JSON_RECORDS, MediaTypes.JSON})
    public void seekToEnd(@PathParam("groupid") String group, @PathParam("name") String name, InputStream body,
                          @Context HttpHeaders headers, @Suspended AsyncResponse response) {
        ConsumerId consumer = asked(name, headers);
        change(group, consumer, body, wanted -> guard.readable(ConsumerBodies.partitions(wanted)),
                asked -> groups().seekTo(group, consumer, asked, OffsetReset.LATEST), response);
    }

    private ConsumerId asked(String name, HttpHeaders headers) {
        return ConsumerRequests.consumer(name, headers).askedBy(guard.asker());
    }

    /** Each topic that is named must be one that the caller may read; those that a pattern takes in are looked at by polls. */
    private Subscription readable(Subscription wanted) {
        if (wanted instanceof Subscription.Topics topics) {
            guard.requireReading(topics.names());
        }
        return wanted;
    }

    private <T> SortedMap<TopicPartition, T> readable(SortedMap<TopicPartition, T> offsets) {
        guard.readable(List.copyOf(offsets.keySet()));
        return offsets;
    }

    /** What the client takes; null: whatever the consumer was created for. */
    private static RecordForm form(HttpHeaders headers) {
        FetchFormat format = FetchFormat.named(AcceptHeader.of(headers.getRequestHeader(HttpHeaders.ACCEPT)));
        if (format == null || format.mediaType().equals(MediaTypes.JSON) || format.mediaType().equals(MediaTypes.DIALECT)) {
            return null;
        } else if (format.records() == null) {
            return RecordForm.RAW;
        }
        return switch (format.records()) {
            case JSON -> RecordForm.JSON;
            case BINARY -> RecordForm.BINARY;
            case TEXT -> RecordForm.TEXT;
        };
    }

    /** Reads the body and does what it asks for; answered with 204. */
    private <T> void change(String group, ConsumerId consumer, InputStream body, Function<JsonObject, T> read,
                            Function<T, CompletableFuture<Void>> change, AsyncResponse response) {
        done(KnownConsumer.asked(groups(), group, consumer, () -> read.apply(json.object(body))).thenCompose(change), response);
    }

    private CompletableFuture<Void> subscribe(String group, ConsumerId consumer, Subscription wanted, PollRequest.Source source,
                                              Predicate<String> creatable) {
        return groups().subscribe(group, consumer, wanted, source).thenCompose(done -> onDemand.require(wanted, creatable));
    }

    private static void done(CompletableFuture<Void> change, AsyncResponse response) {
        change.whenComplete(Answer.to(response, done -> Response.noContent().build()));
    }

    private Groups groups() {
        return access.groups();
    }
}
