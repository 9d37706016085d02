package io.millrace.rest.internal;

import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.rest.access.TransactionAccess;
import io.millrace.rest.body.Answer;
import io.millrace.rest.body.AnswerDeadlines;
import io.millrace.transaction.routing.Transactions;
import io.millrace.transaction.state.OpenTransaction;
import io.millrace.transaction.state.TransactionMarker;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.container.AsyncResponse;
import jakarta.ws.rs.container.Suspended;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.eclipse.microprofile.openapi.annotations.Operation;

/** What brokers ask of each other about transactions. */
@Path("/internal/transactions")
@ApplicationScoped
@ClusterOnly
public class TransactionInternalResource {
    static final String PATH = "/internal/transactions/";
    static final String ADD_PARTITION = "add-partition";
    static final String AWAIT_EARLIER = "await-earlier";
    static final String PRODUCER = "producer";
    static final String MARKERS = "markers";
    static final String LIST = "list";
    static final String OWNERS = "owners";
    static final String HANGING = "hanging";

    @Inject
    TransactionAccess access;

    @Inject
    AnswerDeadlines deadlines;

    /** Of a leader that is about to append records of a transaction that this broker coordinates. */
    @Operation(hidden = true)
    @POST
    @Path(ADD_PARTITION)
    public void addPartition(InputStream body, @Suspended AsyncResponse response) {
        TransactionCodec.Question asked = question(body);
        Transactions transactions = access.transactions();
        bounded(transactions.<Void>addPartition(asked.transactionalId(), asked.named(), asked.partition()))
                .whenComplete(Answer.to(response, done -> Response.noContent().build()));
    }

    /** Whether anything of earlier transactions is on its way to partitions; answered when it is not. */
    @Operation(hidden = true)
    @POST
    @Path(AWAIT_EARLIER)
    public void awaitEarlier(InputStream body, @Suspended AsyncResponse response) {
        TransactionCodec.Question asked = question(body);
        bounded(access.transactions().<Void>awaitEarlier(asked.transactionalId(), asked.named()))
                .whenComplete(Answer.to(response, done -> Response.noContent().build()));
    }

    /** Which producer an epoch is of. */
    @Operation(hidden = true)
    @POST
    @Path(PRODUCER)
    public void producer(InputStream body, @Suspended AsyncResponse response) {
        TransactionCodec.Question asked = question(body);
        bounded(access.transactions().coordinator().producer(asked.transactionalId(), asked.named()))
                .whenComplete(Answer.to(response, found -> octets(TransactionCodec.encode(found))));
    }

    private static TransactionCodec.Question question(InputStream body) {
        return InternalResource.decoded(InternalResource.bytes(body), "question about a transaction", TransactionCodec::decodeQuestion);
    }

    /** Writes markers into partitions that this broker leads. */
    @Operation(hidden = true)
    @POST
    @Path(MARKERS)
    public void markers(InputStream body, @Suspended AsyncResponse response) {
        List<TransactionMarker> markers = InternalResource.decoded(InternalResource.bytes(body), "list of markers",
                TransactionCodec::decodeMarkers);
        bounded(access.transactions().writeMarkers(markers))
                .whenComplete(Answer.to(response, outcomes -> octets(TransactionCodec.encodeOutcomes(outcomes))));
    }

    /** The transactional ids that this broker coordinates. */
    @Operation(hidden = true)
    @POST
    @Path(LIST)
    public void list(InputStream body, @Suspended AsyncResponse response) {
        TransactionCodec.ListQuestion asked = InternalResource.decoded(InternalResource.bytes(body), "question for transactions",
                TransactionCodec::decodeListQuestion);
        bounded(access.transactions().listHere(asked.filter(), Math.max(1, asked.limit())))
                .whenComplete(Answer.to(response, all -> octets(TransactionCodec.encode(all))));
    }

    /** Which of the open transactions are under way at coordinators here. */
    @Operation(hidden = true)
    @POST
    @Path(OWNERS)
    public void owners(InputStream body, @Suspended AsyncResponse response) {
        List<OpenTransaction> asked = InternalResource.decoded(InternalResource.bytes(body), "list of open transactions",
                TransactionCodec::decodeOpen);
        bounded(access.transactions().ownersHere(asked))
                .whenComplete(Answer.to(response, owners -> octets(TransactionCodec.encode(owners))));
    }

    /** Transactions that are open in partitions that this broker leads, and that no coordinator knows. */
    @Operation(hidden = true)
    @POST
    @Path(HANGING)
    public void hanging(InputStream body, @Suspended AsyncResponse response) {
        long hangsMs = InternalResource.decoded(InternalResource.bytes(body), "question for what hangs",
                TransactionCodec::decodeHangingQuestion);
        bounded(access.transactions().hangingHere(hangsMs))
                .whenComplete(Answer.to(response, found -> octets(TransactionCodec.encode(found))));
    }

    private <T> CompletableFuture<T> bounded(CompletableFuture<T> answer) {
        return deadlines.within(InternalResource.GRACE_MS, answer, () -> new BrokerException(
                ErrorKind.UNAVAILABLE, "the transaction's coordinator did not answer in time"));
    }

    private static Response octets(ByteBuffer bytes) {
        return Response.ok(bytes.array(), MediaType.APPLICATION_OCTET_STREAM).build();
    }
}
