package io.millrace.rest.internal;

import io.millrace.broker.BrokerException;
import io.millrace.broker.ErrorKind;
import io.millrace.broker.ReplicaFetchRequest;
import io.millrace.broker.ReplicaFetchResponse;
import io.millrace.rest.Answer;
import io.millrace.rest.BrokerAccess;
import io.millrace.rest.dialect.RequestException;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.container.AsyncResponse;
import jakarta.ws.rs.container.Suspended;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.StreamingOutput;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.eclipse.microprofile.openapi.annotations.Operation;

/**
 * What brokers ask of each other. It takes no part in the memory budget of clients' requests, which must not keep
 * followers from following; there are no more of these requests than brokers.
 */
@Path("/internal")
@ApplicationScoped
@ClusterOnly
public class InternalResource {
    static final String REPLICA_FETCH = "replica-fetch";

    /** Enough for a hundred thousand partitions. */
    private static final int MAX_REQUEST_BYTES = 8 * 1024 * 1024;
    /** A fetch that the broker has not ended this long after its wait is given up, in ms. */
    private static final long GRACE_MS = 30_000;

    @Inject
    BrokerAccess access;

    /**
     * Takes any media types, so that strangers are refused as such whatever they send. Answers at once, or when there is something new or the follower's wait has passed; no thread waits.
     */
    @Operation(hidden = true)
    @POST
    @Path(REPLICA_FETCH)
    public void replicaFetch(InputStream body, @Suspended AsyncResponse response) {
        ReplicaFetchRequest request = decoded(bytes(body));
        CompletableFuture<ReplicaFetchResponse> fetch = access.broker().replicaFetch(request);
        if (!fetch.isDone()) {
            response.setTimeout(request.maxWaitMs() + GRACE_MS, TimeUnit.MILLISECONDS);
            response.setTimeoutHandler(late -> {
                fetch.cancel(false);
                late.resume(new BrokerException(ErrorKind.UNAVAILABLE, "the replica fetch did not end in time"));
            });
        }
        fetch.whenComplete(Answer.to(response, InternalResource::rendered));
    }

    private static byte[] bytes(InputStream body) {
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

    private static ReplicaFetchRequest decoded(byte[] bytes) {
        try {
            return ReplicaFetchCodec.decodeRequest(ByteBuffer.wrap(bytes));
        } catch (InvalidMessageException e) {
            throw RequestException.badRequest("this is no replica fetch: " + e.getMessage());
        }
    }

    private static Response rendered(ReplicaFetchResponse result) {
        List<ByteBuffer> pieces = ReplicaFetchCodec.encode(result);
        return Response.ok((StreamingOutput) out -> write(pieces, out), MediaType.APPLICATION_OCTET_STREAM)
                .header(HttpHeaders.CONTENT_LENGTH, pieces.stream().mapToLong(ByteBuffer::remaining).sum())
                .build();
    }

    private static void write(List<ByteBuffer> pieces, OutputStream out) throws IOException {
        for (ByteBuffer piece : pieces) {
            out.write(piece.array(), piece.arrayOffset() + piece.position(), piece.remaining());
        }
    }
}
