package io.millrace.rest.forwarding;

import io.millrace.agreement.Member;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.rest.body.AnswerDeadlines;
import io.millrace.rest.body.RequestBody;
import io.millrace.rest.cluster.BrokerHeaders;
import io.millrace.rest.dialect.RequestException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** One request that is passed on to a partition's owner. No thread waits for the answer. */
final class PassedExchange {
    private final Peers peers;
    private final Member owner;
    private final PassedRequest request;
    private final long timeoutMs;
    private final AnswerDeadlines deadlines;

    /** @param timeoutMs how long that broker may take, from the end of the request on, in ms */
    PassedExchange(Peers peers, Member owner, PassedRequest request, long timeoutMs, AnswerDeadlines deadlines) {
        this.peers = peers;
        this.owner = owner;
        this.request = request;
        this.timeoutMs = timeoutMs;
        this.deadlines = deadlines;
    }

    /** @return fails with UNAVAILABLE when it cannot be reached or does not answer */
    CompletableFuture<PassedAnswer> send() {
        return answer(exchange(BodyPublishers.noBody()));
    }

    /**
     * Sends the request's body as it comes; blocks until it is out.
     *
     * @return as {@link #send()}
     * @throws RequestException when the body does not come, or is too large
     */
    CompletableFuture<PassedAnswer> send(RequestBody body) {
        PassedBody passed = new PassedBody(body, timeoutMs);
        CompletableFuture<HttpResponse<InputStream>> exchange = exchange(passed);
        passed.pump(exchange);
        return answer(exchange);
    }

    private CompletableFuture<HttpResponse<InputStream>> exchange(BodyPublisher body) {
        return peers.client().sendAsync(passed(body), HttpResponse.BodyHandlers.ofInputStream());
    }

    private HttpRequest passed(BodyPublisher body) {
        try {
            HttpRequest.Builder passed = HttpRequest.newBuilder(URI.create(owner.url() + request.path()))
                    .method(request.method(), body);
            BrokerHeaders.of(peers.secret(), peers.brokerId(), request.method(), request.pathWithoutQuery()).forEach(passed::header);
            if (request.contentType() != null) {
                passed.header("Content-Type", request.contentType());
            }
            request.accept().forEach(type -> passed.header("Accept", type));
            request.further().forEach(passed::header);
            return passed.build();
        } catch (IllegalArgumentException e) {
            throw RequestException.badRequest("the request cannot be passed on to the broker that answers it: its path,"
                    + " query, Accept or Content-Type has characters that are not allowed there");
        }
    }

    private CompletableFuture<PassedAnswer> answer(CompletableFuture<HttpResponse<InputStream>> exchange) {
        CompletableFuture<PassedAnswer> answer = new CompletableFuture<>();
        exchange.whenComplete((response, failure) -> {
            if (failure != null) {
                answer.completeExceptionally(unreachable(failure));
                return;
            }
            PassedAnswer late = new PassedAnswer(response, request.owner().header(), owner.url());
            if (!answer.complete(late)) {
                late.close();
            }
        });
        answer.exceptionally(failure -> {
            exchange.cancel(true);
            return null;
        });
        return deadlines.within(timeoutMs, answer, () -> new BrokerException(ErrorKind.UNAVAILABLE,
                named() + " did not answer in time; what was asked may have been done all the same"));
    }

    private BrokerException unreachable(Throwable failure) {
        Throwable cause = failure instanceof CompletionException && failure.getCause() != null
                ? failure.getCause() : failure;
        return new BrokerException(ErrorKind.UNAVAILABLE, named() + " cannot be reached, or broke off; try again in a"
                + " moment", cause);
    }

    private String named() {
        return "broker %d at %s, which %s %s,".formatted(owner.brokerId(), owner.url(), request.owner().does(), request.subject());
    }
}
