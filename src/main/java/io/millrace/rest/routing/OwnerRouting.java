package io.millrace.rest.routing;

import io.millrace.agreement.Member;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.rest.body.AnswerDeadlines;
import io.millrace.rest.body.ClientAnswers;
import io.millrace.rest.body.JsonBodies;
import io.millrace.rest.body.MemoryBudget;
import io.millrace.rest.body.RestLimits;
import io.millrace.rest.cluster.BrokerHeaders;
import io.millrace.rest.cluster.CallerAddress;
import io.millrace.rest.cluster.CallerHeaders;
import io.millrace.rest.cluster.RequestSpan;
import io.millrace.rest.dialect.RequestException;
import io.millrace.rest.entry.CheckedRequest;
import io.millrace.rest.entry.ErrorAnswers;
import io.millrace.rest.entry.Onward;
import io.millrace.rest.entry.UploadLimits;
import io.millrace.tracing.TraceSpan;
import jakarta.annotation.PostConstruct;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletInputStream;
import java.io.IOException;
import java.util.Collections;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.function.Function;

/** Has requests answered here, or passes them on to their owner: once, as what was passed on is answered or refused where it arrives. */
@ApplicationScoped
public class OwnerRouting implements Onward {
    /** Nobody can answer now. */
    private static final Set<ErrorKind> NOBODY = EnumSet.of(ErrorKind.NOT_LEADER, ErrorKind.NOT_COORDINATOR, ErrorKind.UNAVAILABLE);

    /** Of the others a body is looked for only where a header tells that there is one: of GETs, which some clients send with one. */
    private static final Set<String> WITH_BODY = Set.of("POST", "PUT", "PATCH");

    @Inject
    Owners owners;
    @Inject
    RestLimits limits;
    @Inject
    UploadLimits uploads;
    @Inject
    MemoryBudget budget;
    @Inject
    Peers peers;
    @Inject
    ClientAnswers answers;
    @Inject
    PollAnswers pollAnswers;
    @Inject
    AnswerDeadlines deadlines;
    @Inject
    JsonBodies json;
    private RouteTable table;
    private Relay relay;
    private Semaphore places;

    @PostConstruct
    void begin() {
        table = new RouteTable(limits.maxFetchWaitMs());
        relay = new Relay(peers, deadlines);
        places = new Semaphore(uploads.maxWaiting());
    }

    @Override
    public void go(CheckedRequest request, ErrorAnswers response, Here here) throws IOException, ServletException {
        RouteTable.Routed routed =
                table.route(request.getMethod(), request.path(), request.getQueryString(), name -> values(request, name));
        try {
            if (routed.route() instanceof Route.NamedInBody named && hasBody(request)) {
                readAndGo(named.subject(), request, response);
                return;
            }
            Optional<Relay.Receiver> receiver = receiverOfPath(routed.route(), request);
            if (receiver.isPresent()) {
                relay((Route.Owned) routed.route(), receiver.get(), routed.waitMs(), request, response);
                return;
            }
        } catch (RequestException refused) {
            response.send(refused);
            return;
        } catch (BrokerException refused) {
            response.send(refused);
            return;
        }
        here.answer();
    }

    private static List<String> values(CheckedRequest request, String header) {
        return Collections.list(request.getHeaders(header));
    }

    /** As below; that there is no such partition its resource says, after what it looks at before. */
    private Optional<Relay.Receiver> receiverOfPath(Route route, CheckedRequest request) {
        try {
            return receiver(route, request);
        } catch (BrokerException failure) {
            if (NOBODY.contains(failure.kind()) || !(route instanceof Route.Leader) && !(route instanceof Route.KeyCoordinator)) {
                throw failure;
            }
            return Optional.empty();
        }
    }

    /**
     * Whom a request is to be passed on to; empty: it is answered here.
     *
     * @throws BrokerException when nobody can answer it, now or ever, or when it was passed on to the wrong broker
     */
    private Optional<Relay.Receiver> receiver(Route route, CheckedRequest request) {
        if (!(route instanceof Route.Owned owned)) {
            return Optional.empty();
        }
        Optional<Member> elsewhere = owners.elsewhere(owned);
        if (elsewhere.isPresent() && request.getHeader(BrokerHeaders.FORWARDED) != null) {
            throw owned.kind().moved(owned.subject(), elsewhere.get());
        }
        return elsewhere.map(owner -> new Relay.Receiver(owner, owned.kind(), owned.subject()));
    }

    private void relay(Route.Owned route, Relay.Receiver to, long waitMs, CheckedRequest request, ErrorAnswers response)
            throws IOException {
        PollReceipts receipts = new PollReceipts(route, pollAnswers);
        if (!hasBody(request)) {
            exchange(request, response).relay(receipts, () -> followed(request, receipts, to,
                    passed -> relay.send(passed, to, SealedBody.NONE, waitMs)), () -> { });
            return;
        }
        if (request.sentLength() > uploads.maxBytes()) {
            throw RequestException.tooLarge("the request is larger than " + uploads.maxBytes() + " bytes (millrace.request.max.bytes);"
                    + " send less at a time");
        }
        RelayedBody body = new RelayedBody(request.sentBody(), request.sentLength(), places);
        MemoryBudget.Reservation memory = budget.reserve(CallerAddress.of(request), 0);
        RelayedExchange exchange = exchange(request, response);
        body.out().whenComplete((out, failure) -> memory.close());
        exchange.over().whenComplete((done, failure) -> memory.close());
        if (exchange.relay(receipts, () -> {
            memory.growTo(RelayedBody.BYTES_IN_MEMORY);
            return followed(request, receipts, to, passed -> relay.send(passed, to, body, uploads.timeoutMs()));
        }, body::giveUp)) {
            body.listen();
        }
    }

    /** What only the body tells is found out by reading it, as it comes; a small one, of which the bytes are kept until then. */
    private void readAndGo(BodySubject subject, CheckedRequest request, ErrorAnswers response) throws IOException {
        ServletInputStream sent = request.sentBody();
        MemoryBudget.Reservation memory = budget.reserve(CallerAddress.of(request), 0);
        RelayedExchange exchange = exchange(request, response);
        exchange.over().whenComplete((done, failure) -> memory.close());
        deadlines.within(uploads.timeoutMs(), new WholeBody(sent, JsonBodies.MAX_BYTES, memory).read(), this::late)
                .whenComplete((bytes, failure) -> {
                    try {
                        if (failure != null) {
                            sent.close();
                            exchange.refuse(Relay.cause(failure));
                        } else {
                            go(subject, request.handOver(bytes, JsonBodies.MAX_BYTES), request, exchange);
                        }
                    } catch (IOException | RuntimeException e) {
                        exchange.refuse(e);
                    }
                });
    }

    private RequestException late() {
        return RequestException.timedOut("the request body did not come within %d ms (millrace.request.body.timeout.ms)"
                .formatted(uploads.timeoutMs()), null);
    }

    private void go(BodySubject subject, byte[] body, CheckedRequest request, RelayedExchange exchange) {
        Route route = subject.in(body, json);
        Optional<Relay.Receiver> receiver = receiver(route, request);
        if (receiver.isEmpty()) {
            exchange.answerHere();
            return;
        }
        PollReceipts receipts = new PollReceipts((Route.Owned) route, pollAnswers);
        exchange.relay(receipts, () -> followed(request, receipts, receiver.get(),
                passed -> relay.send(passed, receiver.get(), SealedBody.of(body), 0)), () -> { });
    }

    /** Until its answer has gone to the client, or will not. */
    private static CompletableFuture<RelayedAnswer> followed(CheckedRequest request, PollReceipts receipts, Relay.Receiver to,
                                                             Function<RelayedRequest, CompletableFuture<RelayedAnswer>> sending) {
        TraceSpan span = RequestSpan.of(request).relay(request.getMethod(), to.owner().brokerId(), to.owner().url());
        CompletableFuture<RelayedAnswer> answer;
        try {
            answer = sending.apply(passed(request, receipts, span));
        } catch (RuntimeException refused) {
            span.fail(refused);
            throw refused;
        }
        if (span != TraceSpan.NONE) {
            answer.whenComplete((found, failure) -> {
                if (failure != null) {
                    span.fail(failure);
                } else {
                    span.answered(found.status());
                    span.endWith(found.passing());
                }
            });
        }
        return answer;
    }

    private RelayedExchange exchange(CheckedRequest request, ErrorAnswers response) {
        String caller = CallerAddress.of(request);
        AsyncContext async = request.startAsync(request, response);
        async.setTimeout(0); // the container keeps the task of a timeout, and all it refers to, until its time comes
        return new RelayedExchange(async, response, answer -> answers.write(caller, answer), deadlines,
                limits.answerTimeoutMs());
    }

    private static RelayedRequest passed(CheckedRequest request, PollReceipts receipts, TraceSpan span) {
        Map<String, String> told = new HashMap<>(receipts.told());
        span.carry(told::put);
        told.put(BrokerHeaders.BASE_URI, request.base());
        told.put(BrokerHeaders.CALLER, CallerAddress.of(request));
        try {
            told.putAll(CallerHeaders.of(request));
        } catch (IllegalArgumentException e) {
            throw RequestException.badRequest(e.getMessage());
        }
        if (request.coding() != null) {
            told.put("Content-Encoding", request.coding());
        }
        return RelayedRequest.of(request.getMethod(), request.path(), request.getQueryString(), name -> values(request, name), told);
    }

    private static boolean hasBody(CheckedRequest request) {
        if (request.sentLength() == 0 || request.getMethod().equals("HEAD") || request.getMethod().equals("DELETE")) {
            return false;
        }
        return request.sentLength() > 0 || request.getHeader("Transfer-Encoding") != null
                || WITH_BODY.contains(request.getMethod()) && !request.getProtocol().startsWith("HTTP/1.");
    }
}
