package io.millrace.rest.internal;

import io.millrace.broker.fetch.FetchAllRequest;
import io.millrace.broker.fetch.FetchAllResult;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.replica.core.ReplicaFetchRequest;
import io.millrace.rest.access.BrokerAccess;
import io.millrace.rest.access.GroupAccess;
import io.millrace.rest.body.Answer;
import io.millrace.rest.body.AnswerBody;
import io.millrace.rest.body.AnswerDeadlines;
import io.millrace.rest.body.MemoryBudget;
import io.millrace.rest.body.ReservedReadMemory;
import io.millrace.rest.dialect.RequestException;
import io.millrace.rest.routing.PollAnswers;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.container.AsyncResponse;
import jakarta.ws.rs.container.CompletionCallback;
import jakarta.ws.rs.container.Suspended;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.eclipse.microprofile.openapi.annotations.Operation;

/**
 * What brokers ask of each other. Replica fetches take no part in the memory budget of clients' requests, which must
 * not keep followers from following; there are no more of them than brokers. Fetches of several partitions are made
 * for clients, and take part in it.
 */
@Path("/internal")
@ApplicationScoped
@ClusterOnly
public class InternalResource {
    static final String REPLICA_FETCH = "replica-fetch";
    static final String FETCH_ALL = "fetch-all";
    static final String POLL_ANSWERS = "poll-answers";
    static final String REPLICA_ENDS = "replica-ends";
    static final String GROUPS = "groups";

    /** Enough for a hundred thousand partitions. */
    private static final int MAX_REQUEST_BYTES = 8 * 1024 * 1024;
    /** What the broker has not ended this long after its wait is given up, in ms. */
    static final long GRACE_MS = 30_000;

    @Inject
    BrokerAccess access;

    @Inject
    GroupAccess groupAccess;

    @Inject
    MemoryBudget budget;

    @Inject
    AnswerDeadlines deadlines;

    @Inject
    PollAnswers pollAnswers;

    /**
     * Takes any media types, so that strangers are refused as such whatever they send. Answers at once, or when there
     * is something new or the follower's wait has passed; no thread waits.
     */
    @Operation(hidden = true)
    @POST
    @Path(REPLICA_FETCH)
    public void replicaFetch(InputStream body, @Suspended AsyncResponse response) {
        ReplicaFetchRequest request = decoded(bytes(body), "replica fetch", ReplicaFetchCodec::decodeRequest);
        AtomicReference<AnswerBody> answered = new AtomicReference<>();
        response.register((CompletionCallback) failure -> close(answered));
        bounded("the fetch", access.broker().replicaFetch(request), request.maxWaitMs())
                .whenComplete(Answer.to(response, result -> rendered(ReplicaFetchCodec.encode(result), answered)));
    }

    /**
     * Reads the partitions that this broker leads. Answers at once, or when enough has come or the wait has passed; no
     * thread waits.
     */
    @Operation(hidden = true)
    @POST
    @Path(FETCH_ALL)
    public void fetchAll(InputStream body, @Suspended AsyncResponse response) {
        FetchAllRequest request = decoded(bytes(body), "fetch", FetchAllCodec::decodeRequest);
        MemoryBudget.Reservation memory = budget.reserve(0);
        ReservedReadMemory readMemory = new ReservedReadMemory(memory);
        AtomicReference<AnswerBody> answered = new AtomicReference<>();
        response.register((CompletionCallback) failure -> {
            close(answered);
            memory.close();
        });
        CompletableFuture<FetchAllResult> fetch;
        try {
            fetch = access.broker().fetchAllLocal(request, readMemory);
        } catch (RuntimeException | Error e) {
            memory.close();
            throw e;
        }
        bounded("the fetch", fetch, request.maxWaitMs()).whenComplete(Answer.to(response, result -> {
            readMemory.settle(result.parts().stream().filter(part -> part.result() != null)
                    .mapToLong(part -> part.result().batches().capacity()).sum());
            return rendered(FetchAllCodec.encode(result, request.isolation()), answered);
        }));
    }

    private static void close(AtomicReference<AnswerBody> answered) {
        AnswerBody written = answered.getAndSet(null);
        if (written != null) {
            written.close();
        }
    }

    /** Says whether the answer to a poll that this broker passed on reached its consumer. */
    @Operation(hidden = true)
    @POST
    @Path(POLL_ANSWERS)
    public void pollAnswers(InputStream body, @Suspended AsyncResponse response) {
        PollAnswerCodec.Question asked = decoded(bytes(body), "question for a poll", PollAnswerCodec::decode);
        pollAnswers.wasWritten(asked.group(), asked.consumer(), asked.answer()).whenComplete(Answer.to(response,
                written -> Response.ok(!written && pollAnswers.isBeingWritten(asked.group(), asked.consumer(), asked.answer())
                        ? PollAnswerCodec.notYet() : PollAnswerCodec.answer(written), MediaType.APPLICATION_OCTET_STREAM).build()));
    }

    /** Says how far replicas on this broker reach, when one must lead that is not in sync. Answers at once. */
    @Operation(hidden = true)
    @POST
    @Path(REPLICA_ENDS)
    public Response replicaEnds(InputStream body) {
        ReplicaEndsCodec.Question asked = decoded(bytes(body), "question for the ends of replicas", ReplicaEndsCodec::decodeQuestion);
        return Response.ok(ReplicaEndsCodec.encode(access.broker().replicaEnds(asked.topic(), asked.topicId(), asked.partitions()))
                .array(), MediaType.APPLICATION_OCTET_STREAM).build();
    }

    /** Lists the groups that this broker coordinates, for the list of another one. */
    @Operation(hidden = true)
    @POST
    @Path(GROUPS)
    public void groups(@Suspended AsyncResponse response) {
        AtomicReference<AnswerBody> answered = new AtomicReference<>();
        response.register((CompletionCallback) failure -> close(answered));
        bounded("the list of groups", groupAccess.groups().listHere(), 0)
                .whenComplete(Answer.to(response, groups -> rendered(List.of(GroupListCodec.encode(groups)), answered)));
    }

    private <T> CompletableFuture<T> bounded(String what, CompletableFuture<T> answer, long maxWaitMs) {
        return deadlines.within(maxWaitMs + GRACE_MS, answer,
                () -> new BrokerException(ErrorKind.UNAVAILABLE, what + " did not end in time"));
    }

    static byte[] bytes(InputStream body) {
        try {
            byte[] bytes = body.readNBytes(MAX_REQUEST_BYTES + 1);
            if (bytes.length > MAX_REQUEST_BYTES) {
                throw RequestException.tooLarge("the request is larger than " + MAX_REQUEST_BYTES + " bytes");
            }
            return bytes;
        } catch (IOException e) {
            throw RequestException.brokenOff("the request body broke off", e);
        }
    }

    static <T> T decoded(byte[] bytes, String what, Function<ByteBuffer, T> decoder) {
        try {
            return decoder.apply(ByteBuffer.wrap(bytes));
        } catch (InvalidMessageException e) {
            throw RequestException.badRequest("this is no " + what + ": " + e.getMessage());
        }
    }

    private static Response rendered(List<ByteBuffer> pieces, AtomicReference<AnswerBody> kept) {
        AnswerBody body = new AnswerBody(pieces);
        kept.set(body);
        return Response.ok(body, MediaType.APPLICATION_OCTET_STREAM).header(HttpHeaders.CONTENT_LENGTH, body.length()).build();
    }
}
