package io.millrace.rest.exchange;

import io.millrace.broker.fetch.FetchAllResult;
import io.millrace.group.Groups;
import io.millrace.group.delivery.PollRequest;
import io.millrace.group.delivery.Polled;
import io.millrace.group.membership.ConsumerId;
import io.millrace.group.membership.RecordForm;
import io.millrace.rest.body.Answer;
import io.millrace.rest.body.AnswerBody;
import io.millrace.rest.body.AnswerDeadlines;
import io.millrace.rest.body.ClientAnswers;
import io.millrace.rest.body.MemoryBudget;
import io.millrace.rest.body.ReservedReadMemory;
import io.millrace.rest.body.RestLimits;
import io.millrace.rest.dialect.ListLimits;
import io.millrace.rest.dialect.MediaTypes;
import io.millrace.rest.dialect.RecordFormat;
import io.millrace.rest.dialect.RequestException;
import io.millrace.rest.routing.ConsumerRequests;
import io.millrace.tracing.TraceSpan;
import jakarta.ws.rs.container.AsyncResponse;
import jakarta.ws.rs.container.CompletionCallback;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.StreamingOutput;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * One poll from request to response. Memory is taken as the log is read, for nothing while the poll waits, for what was read
 * and rendered until it is rendered, and for the answer until that is out. Afterwards nothing is kept, whoever goes on
 * referring to the exchange.
 */
public final class PollExchange {
    static final String PARTITIONS_HEADER = "Millrace-Partitions";

    /** A poll that the coordinator has not ended this long after its wait is given up, in ms. */
    private static final long GRACE_MS = 30_000;

    private final PollRequest request;
    private final boolean exact;
    private final int largestAnswer;
    private final Consumer<String> reading;
    private final AsyncResponse response;
    private final String caller;
    private final MemoryBudget.Reservation memory;
    private final ReservedReadMemory readMemory;
    /** Guarded by this, as the two below. */
    private Polled polled;
    private AnswerBody body;
    private boolean ended;

    /**
     * @param request its memory aside, which is counted here
     * @param reading refuses topics that the caller may not read
     * @param exact   whether the client said how large the answer may be, so that a larger record is an error
     * @param caller  see {@link io.millrace.rest.cluster.CallerAddress}
     */
    public PollExchange(PollRequest request, boolean exact, RestLimits limits, MemoryBudget budget, String caller,
                        Consumer<String> reading,
                        AsyncResponse response) {
        this.exact = exact;
        this.largestAnswer = limits.maxFetchBytes();
        this.reading = reading;
        this.response = response;
        this.caller = caller;
        this.memory = budget.reserve(caller, 0);
        this.readMemory = new ReservedReadMemory(memory);
        this.request = request.with(readMemory);
    }

    /** @param asked the request's */
    public void start(Groups groups, String group, ConsumerId consumer, long maxWaitMs, AnswerDeadlines deadlines,
                      ClientAnswers answers, TraceSpan asked) {
        response.register((CompletionCallback) failure -> end());
        TraceSpan span = asked.poll(group);
        CompletableFuture<Polled> answer = new CompletableFuture<>();
        try {
            groups.poll(group, consumer, request).whenComplete((result, failure) -> {
                if (failure != null) {
                    answer.completeExceptionally(failure);
                } else if (!answer.complete(result)) {
                    lost(result);
                }
            });
        } catch (RuntimeException | Error e) {
            span.fail(e);
            memory.close();
            throw e;
        }
        deadlines.within(maxWaitMs + GRACE_MS, answer, () -> RequestException.overloaded("the poll did not end in time; try again"))
                .whenComplete((result, failure) -> {
                    end(span, result, failure);
                    keep(result);
                })
                .whenComplete(Answer.apart(answers, caller, response, result -> result.parts().isEmpty(), this::rendered, this::end));
    }

    private static void end(TraceSpan span, Polled answer, Throwable failure) {
        if (failure != null) {
            span.fail(failure);
            return;
        }
        if (span.isRecorded()) {
            span.records(answer.parts().stream().mapToLong(part -> RecordCount.in(part.result().batches())).sum());
        }
        span.end();
    }

    /** From now on it is known what is lost when it ends, be it that it waits for a thread. @param answer null: there is none */
    private void keep(Polled answer) {
        synchronized (this) {
            if (!ended) {
                polled = answer;
                return;
            }
        }
        if (answer != null) { // the client is gone
            lost(answer);
        }
    }

    /** Nothing more is written: what has not been told by now did not happen. */
    private void end() {
        Polled answer;
        AnswerBody written;
        synchronized (this) {
            ended = true;
            answer = polled;
            written = body;
            polled = null;
            body = null;
        }
        if (answer != null) {
            lost(answer); // before whoever still writes finds it closed
        }
        if (written != null) {
            written.close();
        }
        memory.close();
    }

    /** Does nothing to an answer that was written. */
    private static void lost(Polled answer) {
        answer.abandoned();
        answer.written(false);
        answer.letGo();
    }

    private Response rendered(Polled answer) {
        try {
            List<FetchAllResult.Part> parts = answer.parts();
            parts.forEach(part -> reading.accept(part.id().topic()));
            readMemory.settle(parts.stream().mapToLong(part -> part.result().batches().capacity()).sum());
            return answer.form() == RecordForm.RAW
                    ? response(answer, MediaTypes.BATCH, PolledRecords.raw(parts, answer.maxRecords()))
                    : list(answer, parts, format(answer.form()));
        } catch (RuntimeException | Error e) {
            answer.abandoned();
            throw e;
        }
    }

    private Response list(Polled answer, List<FetchAllResult.Part> parts, RecordFormat format) {
        ListLimits limits = ListLimits.of(request.maxBytes(), largestAnswer, answer.maxRecords());
        RenderedList list = new RenderedList(format, limits, memory);
        Response rendered = response(answer, format.mediaType(), PolledRecords.list(parts, request.maxBytes(), exact, list));
        list.releaseRead();
        return rendered;
    }

    private static RecordFormat format(RecordForm form) {
        return switch (form) {
            case JSON -> RecordFormat.JSON;
            case BINARY -> RecordFormat.BINARY;
            case TEXT -> RecordFormat.TEXT;
            case RAW -> throw new IllegalArgumentException("raw batches are no list of records");
        };
    }

    private Response response(Polled answer, String type, PolledRecords records) {
        boolean hasRecords = !answer.parts().isEmpty();
        answer.delivered(records.next());
        answer.letGo();
        AnswerBody pieces = new AnswerBody(records.pieces());
        synchronized (this) {
            if (!ended) {
                body = pieces;
            }
        }
        Response.ResponseBuilder builder = Response.ok((StreamingOutput) out -> write(answer, pieces, out), type)
                .header(HttpHeaders.CONTENT_LENGTH, pieces.length())
                .header(ConsumerRequests.EPOCH_HEADER, answer.memberEpoch());
        if (!records.partitions().isEmpty()) {
            builder.header(PARTITIONS_HEADER, records.partitions());
        }
        return (hasRecords ? builder.header(ConsumerRequests.POLL_HEADER, answer.number()) : builder).build();
    }

    private static void write(Polled answer, AnswerBody body, OutputStream out) throws IOException {
        body.write(out);
        out.flush();
        answer.written(true);
    }
}
