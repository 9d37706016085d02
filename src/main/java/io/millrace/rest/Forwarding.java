package io.millrace.rest;

import io.millrace.broker.BrokerException;
import io.millrace.broker.ErrorKind;
import io.millrace.cluster.Member;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.ws.rs.container.AsyncResponse;
import jakarta.ws.rs.container.CompletionCallback;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.StreamingOutput;
import java.io.InputStream;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Passes what belongs to one partition on to the broker that leads it, when that is another one: once, as a request
 * that was passed on is answered or refused where it arrives. Bodies go through piece by piece, both ways.
 */
@ApplicationScoped
public class Forwarding {
    /** What a leader may take beyond the time that it is asked to wait, in ms. */
    private static final long GRACE_MS = 30_000;
    /** The leader's silence is told before the container gives the request up. */
    private static final long SPARE_MS = 10_000;

    @Inject
    BrokerAccess access;
    @Inject
    RestLimits limits;
    @Inject
    MemoryBudget budget;
    @Inject
    Peers peers;

    /**
     * Passes a request without a body on.
     *
     * @param waitMs how long the leader is asked to wait, in ms
     * @return false: this broker leads the partition, and is to answer
     * @throws BrokerException UNKNOWN_TOPIC, UNKNOWN_PARTITION, NOT_LEADER
     */
    boolean passOn(PartitionRequest request, long waitMs, AsyncResponse response) {
        Optional<Member> leader = leader(request);
        if (leader.isEmpty()) {
            return false;
        }
        long timeoutMs = waitMs + GRACE_MS;
        answer(new LeaderExchange(peers, leader.get(), request, timeoutMs).send(), timeoutMs, response);
        return true;
    }

    /** As {@link #passOn(PartitionRequest, long, AsyncResponse)}, with a body, which is read on this thread. */
    boolean passOn(PartitionRequest request, InputStream body, AsyncResponse response) {
        Optional<Member> leader = leader(request);
        if (leader.isEmpty()) {
            return false;
        }
        CompletableFuture<LeaderAnswer> answer;
        try (MemoryBudget.Reservation memory = budget.reserve(PassedBody.BYTES_IN_MEMORY)) {
            answer = new LeaderExchange(peers, leader.get(), request, GRACE_MS)
                    .send(new RequestBody(body, request.contentLength(), limits.maxRequestBytes(), memory));
        }
        answer(answer, GRACE_MS, response);
        return true;
    }

    private Optional<Member> leader(PartitionRequest request) {
        return request.receiver(access.broker().remoteLeader(request.topic(), request.partition()));
    }

    private void answer(CompletableFuture<LeaderAnswer> answer, long timeoutMs, AsyncResponse response) {
        response.register((CompletionCallback) failure -> answer.thenAccept(LeaderAnswer::close));
        response.setTimeout(timeoutMs + SPARE_MS, TimeUnit.MILLISECONDS);
        response.setTimeoutHandler(late -> late.resume(new BrokerException(ErrorKind.UNAVAILABLE,
                "the partition's leader did not answer in time; what was asked may have been done all the same")));
        answer.whenCompleteAsync(Answer.to(response, Forwarding::rendered), peers.answers());
    }

    private static Response rendered(LeaderAnswer answer) {
        Response.ResponseBuilder response = Response.status(answer.status());
        answer.headers().forEach(header -> response.header(header.name(), header.value()));
        return (answer.hasBody() ? response.entity((StreamingOutput) answer::writeTo) : response).build();
    }
}
