package io.millrace.rest.forwarding;

import io.millrace.agreement.Member;
import io.millrace.metadata.BrokerException;
import io.millrace.rest.body.Answer;
import io.millrace.rest.body.AnswerDeadlines;
import io.millrace.rest.body.MemoryBudget;
import io.millrace.rest.body.RequestBody;
import io.millrace.rest.body.RestLimits;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.ws.rs.container.AsyncResponse;
import jakarta.ws.rs.container.CompletionCallback;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.StreamingOutput;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/**
 * Passes what one broker answers for all on to that broker: once, as a request that was passed on is answered or refused
 * where it arrives. Bodies go through piece by piece, both ways.
 */
@ApplicationScoped
public class Forwarding {
    /** What the other broker may take beyond the time that it is asked to wait, in ms. */
    private static final long GRACE_MS = 30_000;

    @Inject
    RestLimits limits;
    @Inject
    MemoryBudget budget;
    @Inject
    Peers peers;
    @Inject
    AnswerDeadlines deadlines;

    /** Does not ask whether an answer was written. */
    static final Function<PassedAnswer, CompletableFuture<Boolean>> NO_RECEIPT = answer -> new CompletableFuture<>();

    /**
     * Passes a request without a body on.
     *
     * @param elsewhere the broker to answer, when it is another one
     * @param waitMs    how long that is asked to wait, in ms
     * @param receipt   gives what is to be completed with whether the answer was written as a whole
     * @return false: this broker is to answer
     * @throws BrokerException NOT_LEADER, NOT_COORDINATOR when it was passed on to the wrong broker
     */
    boolean passOn(PassedRequest request, Optional<Member> elsewhere, long waitMs, AsyncResponse response,
                   Function<PassedAnswer, CompletableFuture<Boolean>> receipt) {
        Optional<Member> receiver = request.receiver(elsewhere);
        if (receiver.isEmpty()) {
            return false;
        }
        long timeoutMs = waitMs + GRACE_MS;
        CompletableFuture<PassedAnswer> answer = new PassedExchange(peers, receiver.get(), request, timeoutMs, deadlines).send();
        if (waitMs > 0) {
            peers.waits().add(answer);
        }
        answer(answer, response, receipt);
        return true;
    }

    /** As above, with a body, which is read on this thread. */
    boolean passOn(PassedRequest request, Optional<Member> elsewhere, InputStream body, AsyncResponse response) {
        Optional<Member> receiver = request.receiver(elsewhere);
        if (receiver.isEmpty()) {
            return false;
        }
        CompletableFuture<PassedAnswer> answer;
        try (MemoryBudget.Reservation memory = budget.reserve(PassedBody.BYTES_IN_MEMORY)) {
            answer = new PassedExchange(peers, receiver.get(), request, GRACE_MS, deadlines)
                    .send(new RequestBody(body, request.contentLength(), limits.maxRequestBytes(), memory));
        }
        answer(answer, response, NO_RECEIPT);
        return true;
    }

    private void answer(CompletableFuture<PassedAnswer> answer, AsyncResponse response,
                        Function<PassedAnswer, CompletableFuture<Boolean>> receipt) {
        CompletableFuture<Boolean> written = new CompletableFuture<>();
        response.register((CompletionCallback) failure -> {
            written.complete(false);
            answer.thenAccept(PassedAnswer::close);
        });
        answer.whenCompleteAsync(Answer.to(response, passed -> {
            CompletableFuture<Boolean> told = receipt.apply(passed);
            written.thenAccept(told::complete);
            return rendered(passed, written);
        }), peers.answers());
    }

    private static Response rendered(PassedAnswer answer, CompletableFuture<Boolean> written) {
        Response.ResponseBuilder response = Response.status(answer.status());
        answer.headers().forEach(header -> response.header(header.name(), header.value()));
        return (answer.hasBody() ? response.entity((StreamingOutput) out -> write(answer, out, written)) : response).build();
    }

    private static void write(PassedAnswer answer, OutputStream out, CompletableFuture<Boolean> written) throws IOException {
        answer.writeTo(out);
        out.flush();
        written.complete(true);
    }
}
