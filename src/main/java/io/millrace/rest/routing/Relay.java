package io.millrace.rest.routing;

import io.millrace.agreement.Member;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.rest.body.AnswerDeadlines;
import io.millrace.rest.cluster.BrokerSignatures;
import io.millrace.rest.dialect.RequestException;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Flow;
import java.util.function.Function;

/** Passes requests on to the brokers that own what they are about. No thread waits for an answer, nor for a body. Thread-safe. */
final class Relay {
    /** What the other broker may take beyond the time that it is asked to wait, in ms. */
    static final long GRACE_MS = 30_000;

    private static final int UNAUTHORIZED = 401;

    private final Peers peers;
    private final AnswerDeadlines deadlines;
    private final long graceMs;

    Relay(Peers peers, AnswerDeadlines deadlines) {
        this(peers, deadlines, GRACE_MS);
    }

    /** @param graceMs instead of {@link #GRACE_MS} */
    Relay(Peers peers, AnswerDeadlines deadlines, long graceMs) {
        this.peers = peers;
        this.deadlines = deadlines;
        this.graceMs = graceMs;
    }

    /** Whom a request goes to, and why. */
    record Receiver(Member owner, OwnerKind kind, String subject) {
        private String named() {
            return "broker %d at %s, which %s %s,".formatted(owner.brokerId(), owner.url(), kind.does(), subject);
        }
    }

    /**
     * Sends a request whose body is at hand.
     *
     * @param waitMs how long the owner is asked to wait, in ms
     * @return fails with UNAVAILABLE when it cannot be reached or does not answer in time; when it fails otherwise, from outside,
     *         the request is given up
     * @throws RequestException 400 when it has characters that cannot be sent
     */
    CompletableFuture<RelayedAnswer> send(RelayedRequest request, Receiver to, SealedBody body, long waitMs) {
        CompletableFuture<RelayedAnswer> answer = answer(exchange(request, to, body), to, failure -> unreachable(failure, to));
        if (waitMs > 0) {
            peers.waits().add(answer);
        }
        return within(waitMs, answer, to);
    }

    /**
     * Sends a request while its body comes.
     *
     * @param bodyMs how long the body may take, in ms; after it the owner has as long as above
     * @return as above; fails with a {@link RequestException} when the body does not come as it should
     * @throws RequestException as above
     */
    CompletableFuture<RelayedAnswer> send(RelayedRequest request, Receiver to, RelayedBody body, long bodyMs) {
        // a body that ends before its end ends the connection, which may be noticed first
        CompletableFuture<RelayedAnswer> answer = answer(exchange(request, to, body), to,
                failure -> body.wrong().orElseGet(() -> unreachable(failure, to)));
        deadlines.within(bodyMs, body.out(), () -> body.late(bodyMs)).whenComplete((out, failure) -> {
            if (failure == null || failure instanceof CancellationException) { // of the sender, who tells why
                within(0, answer, to);
            } else {
                answer.completeExceptionally(cause(failure));
            }
        });
        answer.whenComplete((answered, failure) -> body.giveUp());
        return answer;
    }

    private CompletableFuture<HttpResponse<Flow.Publisher<List<ByteBuffer>>>> exchange(RelayedRequest request, Receiver to,
                                                                                      SealedBody body) {
        return peers.client().send(request.to(to.owner(), peers.signatures(), body), HttpResponse.BodyHandlers.ofPublisher());
    }

    private CompletableFuture<RelayedAnswer> within(long waitMs, CompletableFuture<RelayedAnswer> answer, Receiver to) {
        return deadlines.within(waitMs + graceMs, answer, () -> new BrokerException(ErrorKind.UNAVAILABLE,
                to.named() + " did not answer in time; what was asked may have been done all the same"));
    }

    private CompletableFuture<RelayedAnswer> answer(CompletableFuture<HttpResponse<Flow.Publisher<List<ByteBuffer>>>> exchange,
                                                           Receiver to, Function<Throwable, RuntimeException> told) {
        CompletableFuture<RelayedAnswer> answer = new CompletableFuture<>();
        exchange.whenComplete((response, failure) -> {
            if (failure != null) {
                answer.completeExceptionally(told.apply(failure));
                return;
            }
            RelayedAnswer found = new RelayedAnswer(response, to.kind().header(), to.owner().url());
            if (disbelieves(response)) {
                found.giveUp();
                answer.completeExceptionally(new BrokerException(ErrorKind.UNAVAILABLE, to.named() + " does not take it as this"
                        + " broker's, as when it was just started again; try again in a moment"));
                return;
            }
            if (found.isStream()) {
                peers.waits().add(found.passing());
            }
            if (!answer.complete(found)) {
                found.giveUp();
            }
        });
        answer.exceptionally(failure -> {
            exchange.cancel(true);
            return null;
        });
        return answer;
    }

    /** It is this broker that is not known: to the client that says nothing. */
    private static boolean disbelieves(HttpResponse<?> response) {
        return response.statusCode() == UNAUTHORIZED
                && response.headers().allValues("WWW-Authenticate").contains(BrokerSignatures.SCHEME);
    }

    private static BrokerException unreachable(Throwable failure, Receiver to) {
        return new BrokerException(ErrorKind.UNAVAILABLE, to.named() + " cannot be reached, or broke off; try again in a moment",
                cause(failure));
    }

    static Throwable cause(Throwable failure) {
        return failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
    }
}
