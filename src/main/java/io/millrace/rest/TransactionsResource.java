package io.millrace.rest;

import io.millrace.group.TransactionalProducer;
import io.millrace.group.membership.ConsumerId;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.TopicPartition;
import io.millrace.rest.access.GroupAccess;
import io.millrace.rest.access.TransactionAccess;
import io.millrace.rest.body.Answer;
import io.millrace.rest.body.AnswerDeadlines;
import io.millrace.rest.body.ClientAnswers;
import io.millrace.rest.body.JsonBodies;
import io.millrace.rest.body.Numbers;
import io.millrace.rest.body.QueryParameters;
import io.millrace.rest.body.TransactionBodies;
import io.millrace.rest.body.TransactionBodies.NewOffsets;
import io.millrace.rest.body.TransactionBodies.NewTransaction;
import io.millrace.rest.cluster.CallerAddress;
import io.millrace.rest.dialect.MediaTypes;
import io.millrace.rest.dialect.RequestException;
import io.millrace.rest.guard.Guard;
import io.millrace.rest.model.ProducerInTransaction;
import io.millrace.rest.model.TransactionDetails;
import io.millrace.rest.routing.ConsumerRequests;
import io.millrace.security.ResourceType;
import io.millrace.transaction.coordinator.TransactionAnswer;
import io.millrace.transaction.coordinator.TransactionCoordinator;
import io.millrace.transaction.coordinator.TransactionFilter;
import io.millrace.transaction.coordinator.TransactionOptions;
import io.millrace.transaction.routing.Transactions;
import io.millrace.transaction.state.ProducerIdAndEpoch;
import io.millrace.transaction.state.TransactionResult;
import io.millrace.transaction.state.TransactionState;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.servlet.http.HttpServletRequest;
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
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** Transactions: begun and ended here; their records are produced as all are, with a header that names the transaction. */
@APIResponse(responseCode = "default", ref = "AnyError")
@Path("/transactions")
@ApplicationScoped
@Produces({MediaTypes.DIALECT, MediaTypes.JSON})
public class TransactionsResource {
    static final int MOST_LISTED = 10_000;
    /** How long the brokers may take to tell theirs, in ms. */
    static final long LIST_MS = 30_000;

    @Inject
    TransactionAccess access;
    @Inject
    JsonBodies json;
    @Inject
    Guard guard;
    @Inject
    GroupAccess groupAccess;
    @Inject
    AnswerDeadlines deadlines;
    @Inject
    ClientAnswers answers;
    @Inject
    HttpServletRequest servletRequest;

    @Operation(operationId = "beginTransactions",
        summary = "Makes the caller the producer of a transactional id; an earlier one is fenced, and its transaction aborted")
    @Tag(name = "Transactions")
    @RequestBody(ref = "NewTransactions")
    @APIResponse(responseCode = "201", ref = "ProducerInTransaction")
    @APIResponse(responseCode = "400", ref = "BadRequest")
    @APIResponse(responseCode = "409", ref = "TransactionConflict")
    @APIResponse(responseCode = "413", ref = "TooLarge")
    @APIResponse(responseCode = "415", ref = "UnsupportedType")
    @APIResponse(responseCode = "422", ref = "Unprocessable")
    @APIResponse(responseCode = "503", ref = "Unavailable")
    @POST
    @Consumes({MediaTypes.DIALECT, MediaTypes.JSON_RECORDS, MediaTypes.JSON})
    public void begin(InputStream body, @Suspended AsyncResponse response) {
        NewTransaction begun = TransactionBodies.begin(json.object(body));
        guard.requireTransactionalId(begun.transactionalId());
        Transactions transactions = access.transactions();
        transactions.coordinator().init(begun.transactionalId(), begun.timeoutMs(), transactions.deadline())
                .whenComplete(Answer.to(response, answer -> Response.status(Response.Status.CREATED)
                        .entity(json.write(ProducerInTransaction.of(begun.transactionalId(), answer))).build()));
    }

    @Operation(operationId = "commitOffsetsInTransaction", summary = "Commits a group's offsets with the transaction: what was consumed"
        + " counts as consumed if, and only if, what was made of it is committed")
    @Tag(name = "Transactions")
    @RequestBody(ref = "OffsetsInTransaction")
    @APIResponse(responseCode = "204", description = "Written; committed with the transaction")
    @APIResponse(responseCode = "400", ref = "BadRequest")
    @APIResponse(responseCode = "404", ref = "NotFound")
    @APIResponse(responseCode = "409", ref = "TransactionConflict")
    @APIResponse(responseCode = "413", ref = "TooLarge")
    @APIResponse(responseCode = "415", ref = "UnsupportedType")
    @APIResponse(responseCode = "416", ref = "OutOfRange")
    @APIResponse(responseCode = "422", ref = "Unprocessable")
    @APIResponse(responseCode = "503", ref = "Unavailable")
    @POST
    @Path("{id}/offsets")
    @Consumes({MediaTypes.DIALECT, MediaTypes.JSON_RECORDS, MediaTypes.JSON})
    public void commitOffsets(@PathParam("id") String id, InputStream body, @Context HttpHeaders headers,
                              @Suspended AsyncResponse response) {
        NewOffsets asked = TransactionBodies.offsets(json.object(body));
        guard.requireGroup(asked.group());
        guard.requireReading(asked.offsets().keySet().stream().map(TopicPartition::topic).distinct().toList());
        // the headers are the request thread's only
        ConsumerId member = asked.member() == null ? null
                : ConsumerRequests.consumer(asked.member(), headers).askedBy(guard.asker());
        access.transactions().producer(id, asked.producer().epoch()).thenCompose(found -> {
            if (asked.producer().producerId() != ProducerIdAndEpoch.NO_PRODUCER_ID
                    && asked.producer().producerId() != found.producerId()) {
                throw RequestException.conflict("producer " + asked.producer().producerId() + " is not that of the transactional id,"
                        + " which is " + found + ": nothing was done");
            }
            return groupAccess.groups().commitInTransaction(asked.group(), member, asked.memberEpoch(),
                    new TransactionalProducer(id, found.producerId(), found.epoch()), asked.offsets());
        }).whenComplete(Answer.to(response, done -> Response.noContent().build()));
    }

    @Operation(operationId = "commitTransaction",
        summary = "Commits all that was produced in the transaction; asked again, it answers the same")
    @Tag(name = "Transactions")
    @RequestBody(ref = "TransactionProducer")
    @APIResponse(responseCode = "200", ref = "ProducerInTransaction")
    @APIResponse(responseCode = "400", ref = "BadRequest")
    @APIResponse(responseCode = "409", ref = "TransactionConflict")
    @APIResponse(responseCode = "413", ref = "TooLarge")
    @APIResponse(responseCode = "415", ref = "UnsupportedType")
    @APIResponse(responseCode = "503", ref = "Unavailable")
    @POST
    @Path("{id}/commit")
    @Consumes({MediaTypes.DIALECT, MediaTypes.JSON_RECORDS, MediaTypes.JSON})
    public void commit(@PathParam("id") String id, InputStream body, @Suspended AsyncResponse response) {
        end(id, body, response, (coordinator, producer, deadline) ->
                coordinator.end(id, producer, TransactionResult.COMMIT, deadline));
    }

    @Operation(operationId = "abortTransaction",
        summary = "Aborts all that was produced in the transaction; asked again, it answers the same")
    @Tag(name = "Transactions")
    @RequestBody(ref = "TransactionProducer")
    @APIResponse(responseCode = "200", ref = "ProducerInTransaction")
    @APIResponse(responseCode = "400", ref = "BadRequest")
    @APIResponse(responseCode = "409", ref = "TransactionConflict")
    @APIResponse(responseCode = "413", ref = "TooLarge")
    @APIResponse(responseCode = "415", ref = "UnsupportedType")
    @APIResponse(responseCode = "503", ref = "Unavailable")
    @POST
    @Path("{id}/abort")
    @Consumes({MediaTypes.DIALECT, MediaTypes.JSON_RECORDS, MediaTypes.JSON})
    public void abort(@PathParam("id") String id, InputStream body, @Suspended AsyncResponse response) {
        end(id, body, response, (coordinator, producer, deadline) ->
                coordinator.end(id, producer, TransactionResult.ABORT, deadline));
    }

    @Operation(operationId = "prepareTransaction", summary = "Leaves the decision to somebody else, however long that takes: the"
        + " first phase of a distributed commit. One without records is over with that")
    @Tag(name = "Transactions")
    @RequestBody(ref = "PreparedTransaction")
    @APIResponse(responseCode = "200", ref = "ProducerInTransaction")
    @APIResponse(responseCode = "400", ref = "BadRequest")
    @APIResponse(responseCode = "409", ref = "TransactionConflict")
    @APIResponse(responseCode = "413", ref = "TooLarge")
    @APIResponse(responseCode = "415", ref = "UnsupportedType")
    @APIResponse(responseCode = "503", ref = "Unavailable")
    @POST
    @Path("{id}/prepare")
    @Consumes({MediaTypes.DIALECT, MediaTypes.JSON_RECORDS, MediaTypes.JSON})
    public void prepare(@PathParam("id") String id, InputStream body, @Suspended AsyncResponse response) {
        TransactionBodies.Preparation asked = TransactionBodies.preparation(json.object(body));
        Transactions transactions = access.transactions();
        transactions.coordinator().prepare(id, asked.producer(), asked.xid(), transactions.deadline())
                .whenComplete(Answer.to(response, answer -> json.write(ProducerInTransaction.of(id, answer))));
    }

    @FunctionalInterface
    private interface Ending {
        CompletableFuture<TransactionAnswer> apply(TransactionCoordinator coordinator, ProducerIdAndEpoch producer, long deadline);
    }

    private void end(String id, InputStream body, AsyncResponse response, Ending ending) {
        ProducerIdAndEpoch producer = TransactionBodies.producer(json.object(body));
        Transactions transactions = access.transactions();
        ending.apply(transactions.coordinator(), producer, transactions.deadline())
                .whenComplete(Answer.to(response, answer -> json.write(ProducerInTransaction.of(id, answer))));
    }

    @Operation(operationId = "listTransactions", summary = "The transactional ids of the cluster and their transactions",
        description = "Each broker that is up is asked for those that it coordinates. While one does not tell them there is no list."
                + " When truncated is true there are more: ask again with after, and the last id of the list.")
    @Tag(name = "Transactions")
    @Parameter(ref = "transaction_state")
    @Parameter(ref = "xid")
    @Parameter(ref = "older_than_ms")
    @Parameter(ref = "transactional_id_prefix")
    @Parameter(ref = "after_transactional_id")
    @Parameter(ref = "limit")
    @APIResponse(responseCode = "200", ref = "TransactionList")
    @APIResponse(responseCode = "400", ref = "BadRequest")
    @APIResponse(responseCode = "503", ref = "Unavailable")
    @GET
    public void list(@Context UriInfo uri, @Suspended AsyncResponse response) {
        QueryParameters query = new QueryParameters(uri.getQueryParameters());
        TransactionFilter filter = named(query, new TransactionFilter(states(query.text("state")), Set.of(), query.name("xid"),
                query.number("older_than_ms", 0, -1)));
        Predicate<TransactionDetails> seen = guard.sees(ResourceType.TRANSACTIONAL_ID, TransactionDetails::transactionalId);
        deadlines.within(LIST_MS, access.transactions().list(filter, limit(query)), TransactionsResource::late)
                .whenComplete(Answer.apart(answers, CallerAddress.of(servletRequest), response,
                        all -> json.write(TransactionDetails.All.of(all).of(seen))));
    }

    static int limit(QueryParameters query) {
        return (int) Math.min(MOST_LISTED, query.number("limit", 1, MOST_LISTED));
    }

    /** Of these the ones whose ids are asked for. */
    static TransactionFilter named(QueryParameters query, TransactionFilter filter) {
        return filter.named(idPart(query, "prefix"), idPart(query, "after"));
    }

    private static String idPart(QueryParameters query, String name) {
        String text = query.text(name);
        if (text != null && text.length() > TransactionOptions.MAX_ID_LENGTH) {
            throw RequestException.badRequest("the query parameter " + name + " is longer than any transactional id, which has "
                    + TransactionOptions.MAX_ID_LENGTH + " characters at most");
        }
        return text == null ? "" : text;
    }

    static BrokerException late() {
        return new BrokerException(ErrorKind.UNAVAILABLE, "the brokers did not tell their transactions in time: try again later");
    }

    private static Set<TransactionState> states(String text) {
        Set<TransactionState> states = EnumSet.noneOf(TransactionState.class);
        for (String name : text == null ? List.<String>of() : List.of(text.split(","))) {
            states.add(Arrays.stream(TransactionState.values()).filter(each -> word(each).equals(name.strip().toLowerCase(Locale.ROOT)))
                    .findFirst().orElseThrow(() -> RequestException.badRequest("the query parameter state has \""
                            + Numbers.quoted(name) + "\"; states are " + Arrays.stream(TransactionState.values())
                            .map(TransactionsResource::word).collect(Collectors.joining(", ")))));
        }
        return states;
    }

    private static String word(TransactionState state) {
        return state.name().toLowerCase(Locale.ROOT);
    }

    @Operation(operationId = "describeTransaction", summary = "A transactional id and its transaction")
    @Tag(name = "Transactions")
    @APIResponse(responseCode = "200", ref = "Transaction")
    @APIResponse(responseCode = "404", ref = "TransactionNotFound")
    @APIResponse(responseCode = "503", ref = "Unavailable")
    @GET
    @Path("{id}")
    public void describe(@PathParam("id") String id, @Suspended AsyncResponse response) {
        access.transactions().coordinator().describe(id)
                .whenComplete(Answer.to(response, found -> json.write(TransactionDetails.of(found))));
    }
}
