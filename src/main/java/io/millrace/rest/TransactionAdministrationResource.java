package io.millrace.rest;

import io.millrace.rest.access.TransactionAccess;
import io.millrace.rest.body.Answer;
import io.millrace.rest.body.AnswerDeadlines;
import io.millrace.rest.body.ClientAnswers;
import io.millrace.rest.body.JsonBodies;
import io.millrace.rest.body.QueryParameters;
import io.millrace.rest.body.TransactionBodies;
import io.millrace.rest.cluster.CallerAddress;
import io.millrace.rest.dialect.MediaTypes;
import io.millrace.rest.model.HangingList;
import io.millrace.rest.model.ProducerInTransaction;
import io.millrace.transaction.coordinator.TransactionFigures;
import io.millrace.transaction.coordinator.TransactionFilter;
import io.millrace.transaction.routing.Transactions;
import io.millrace.transaction.state.ProducerIdAndEpoch;
import io.millrace.transaction.state.TransactionResult;
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
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriInfo;
import java.io.InputStream;
import java.util.Optional;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** Transactions that hold readers back, and their end by an operator. */
@APIResponse(responseCode = "default", ref = "AnyError")
@Path("/admin/transactions")
@ApplicationScoped
@Produces({MediaTypes.DIALECT, MediaTypes.JSON})
public class TransactionAdministrationResource {
    @Inject
    TransactionAccess access;
    @Inject
    JsonBodies json;
    @Inject
    AnswerDeadlines deadlines;
    @Inject
    ClientAnswers answers;
    @Inject
    HttpServletRequest servletRequest;

    @Operation(operationId = "listHangingTransactions",
        summary = "Transactions that hold back readers of committed records, and in which partitions",
        description = "Prepared ones, whose decision is missing; decided ones, of which some partition cannot be told; and those that"
                + " go on for longer than their time-out; and, apart, those that are open in a partition for longer than any may be and that"
                + " no coordinator knows. Brokers that do not tell theirs are named, and there may be more of each there. With prefix or"
                + " after only those that have a transactional id; when truncated is true there are more, which after, and the last id of"
                + " the list, goes on with.")
    @Tag(name = "Transactions")
    @Parameter(ref = "hanging_for_ms")
    @Parameter(ref = "transactional_id_prefix")
    @Parameter(ref = "after_transactional_id")
    @Parameter(ref = "limit")
    @APIResponse(responseCode = "200", ref = "HangingList")
    @APIResponse(responseCode = "400", ref = "BadRequest")
    @APIResponse(responseCode = "503", ref = "Unavailable")
    @GET
    @Path("hanging")
    public void hanging(@Context UriInfo uri, @Suspended AsyncResponse response) {
        QueryParameters query = new QueryParameters(uri.getQueryParameters());
        TransactionFilter filter = TransactionsResource.named(query, TransactionFilter.hanging(query.number("older_than_ms", 0,
                TransactionFigures.HANGING_MS)));
        deadlines.within(TransactionsResource.LIST_MS, access.transactions().hanging(filter, TransactionsResource.limit(query)),
                TransactionsResource::late).whenComplete(Answer.apart(answers, CallerAddress.of(servletRequest), response,
                            found -> json.write(HangingList.of(found))));
    }

    @Operation(operationId = "abortHangingTransaction",
        summary = "Aborts, in one partition, a transaction that no coordinator knows: readers of committed records get on there",
        description = "Such a one is under uncoordinated in the list of those that hang, with what is to be named here. Refused with 409 where"
                + " a coordinator knows it: that one is to be aborted by its transactional id, in all its partitions.")
    @Tag(name = "Transactions")
    @RequestBody(ref = "OpenTransaction")
    @APIResponse(responseCode = "204", description = "It is aborted, on all in-sync replicas")
    @APIResponse(responseCode = "400", ref = "BadRequest")
    @APIResponse(responseCode = "404", ref = "TransactionNotFound")
    @APIResponse(responseCode = "409", ref = "TransactionKnown")
    @APIResponse(responseCode = "413", ref = "TooLarge")
    @APIResponse(responseCode = "415", ref = "UnsupportedType")
    @APIResponse(responseCode = "422", ref = "Unprocessable")
    @APIResponse(responseCode = "503", ref = "Unavailable")
    @POST
    @Path("abort")
    @Consumes({MediaTypes.DIALECT, MediaTypes.JSON_RECORDS, MediaTypes.JSON})
    public void abortHanging(InputStream body, @Suspended AsyncResponse response) {
        TransactionBodies.NamedOpen meant = TransactionBodies.open(json.object(body));
        access.transactions().abortHanging(meant.partition(), meant.producerId(), meant.producerEpoch(), meant.firstOffset())
                .whenComplete(Answer.to(response, done -> Response.noContent().build()));
    }

    @Operation(operationId = "abortTransactionByOperator", summary = "Aborts a transaction that is under way or prepared")
    @Tag(name = "Transactions")
    @RequestBody(ref = "DecidedTransaction")
    @APIResponse(responseCode = "200", ref = "ProducerInTransaction")
    @APIResponse(responseCode = "400", ref = "BadRequest")
    @APIResponse(responseCode = "404", ref = "TransactionNotFound")
    @APIResponse(responseCode = "409", ref = "TransactionConflict")
    @APIResponse(responseCode = "413", ref = "TooLarge")
    @APIResponse(responseCode = "415", ref = "UnsupportedType")
    @APIResponse(responseCode = "503", ref = "Unavailable")
    @POST
    @Path("{id}/abort")
    @Consumes({MediaTypes.DIALECT, MediaTypes.JSON_RECORDS, MediaTypes.JSON, MediaType.WILDCARD})
    public void abort(@PathParam("id") String id, InputStream body, @Context HttpHeaders headers,
                      @Suspended AsyncResponse response) {
        decide(id, TransactionResult.ABORT, body, headers, response);
    }

    @Operation(operationId = "commitTransactionByOperator", summary = "Commits a transaction that is prepared")
    @Tag(name = "Transactions")
    @RequestBody(ref = "DecidedTransaction")
    @APIResponse(responseCode = "200", ref = "ProducerInTransaction")
    @APIResponse(responseCode = "400", ref = "BadRequest")
    @APIResponse(responseCode = "404", ref = "TransactionNotFound")
    @APIResponse(responseCode = "409", ref = "TransactionConflict")
    @APIResponse(responseCode = "413", ref = "TooLarge")
    @APIResponse(responseCode = "415", ref = "UnsupportedType")
    @APIResponse(responseCode = "503", ref = "Unavailable")
    @POST
    @Path("{id}/commit")
    @Consumes({MediaTypes.DIALECT, MediaTypes.JSON_RECORDS, MediaTypes.JSON, MediaType.WILDCARD})
    public void commit(@PathParam("id") String id, InputStream body, @Context HttpHeaders headers,
                       @Suspended AsyncResponse response) {
        decide(id, TransactionResult.COMMIT, body, headers, response);
    }

    private void decide(String id, TransactionResult result, InputStream body, HttpHeaders headers, AsyncResponse response) {
        Optional<ProducerIdAndEpoch> named = json.objectIfAny(body, headers).flatMap(TransactionBodies::producerIfNamed);
        Transactions transactions = access.transactions();
        transactions.coordinator().decideByOperator(id, named, result, transactions.deadline())
                .whenComplete(Answer.to(response, answer -> json.write(ProducerInTransaction.of(id, answer))));
    }
}
