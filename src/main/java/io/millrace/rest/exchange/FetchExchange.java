package io.millrace.rest.exchange;

import io.millrace.broker.Broker;
import io.millrace.broker.fetch.FetchRequest;
import io.millrace.replica.hosting.FetchResult;
import io.millrace.rest.body.Answer;
import io.millrace.rest.body.AnswerBody;
import io.millrace.rest.body.AnswerDeadlines;
import io.millrace.rest.body.ClientAnswers;
import io.millrace.rest.body.MemoryBudget;
import io.millrace.rest.body.ReservedReadMemory;
import io.millrace.rest.body.RestLimits;
import io.millrace.rest.dialect.ListLimits;
import io.millrace.rest.dialect.RecordListWriter;
import io.millrace.rest.dialect.RequestException;
import io.millrace.tracing.TraceSpan;
import jakarta.ws.rs.container.AsyncResponse;
import jakarta.ws.rs.container.CompletionCallback;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * One fetch from request to response. Memory is taken as the log is read, for nothing while the fetch is parked, for what
 * was read and rendered until it is rendered, and for the answer until that is out.
 */
public final class FetchExchange {
    /** A fetch that the broker has not ended this long after its wait is given up, in ms. */
    private static final long GRACE_MS = 30_000;

    private final FetchRequest request;
    private final FetchFormat format;
    private final int largestAnswer;
    private final AsyncResponse response;
    private final String caller;
    private final MemoryBudget.Reservation memory;
    private final ReservedReadMemory readMemory;
    /** Guarded by this, with the flag. */
    private AnswerBody body;
    private boolean ended;

    /** @param caller see {@link io.millrace.rest.cluster.CallerAddress} */
    public FetchExchange(FetchRequest request, FetchFormat format, RestLimits limits, MemoryBudget budget, String caller,
                         AsyncResponse response) {
        this.request = request;
        this.format = format;
        this.largestAnswer = limits.maxFetchBytes();
        this.response = response;
        this.caller = caller;
        this.memory = budget.reserve(caller, 0);
        this.readMemory = new ReservedReadMemory(memory);
    }

    /** @param asked the request's */
    public void start(Broker broker, AnswerDeadlines deadlines, ClientAnswers answers, TraceSpan asked) {
        response.register((CompletionCallback) failure -> end());
        TraceSpan span = asked.fetch(request.topic(), request.partition());
        CompletableFuture<FetchResult> fetch;
        try {
            fetch = broker.fetch(request, readMemory);
        } catch (RuntimeException | Error e) {
            span.fail(e);
            memory.close();
            throw e;
        }
        deadlines.within(request.maxWaitMs() + GRACE_MS, fetch,
                () -> RequestException.overloaded("the fetch did not end in time; try again"))
                .whenComplete((result, failure) -> end(span, result, failure))
                .whenComplete(Answer.apart(answers, caller, response, result -> !result.batches().hasRemaining(), this::render, this::end));
    }

    private static void end(TraceSpan span, FetchResult result, Throwable failure) {
        if (failure != null) {
            span.fail(failure);
            return;
        }
        if (span.isRecorded()) {
            span.records(RecordCount.in(result.batches()));
        }
        span.end();
    }

    /** Nothing is kept, whoever goes on referring to the exchange. */
    private void end() {
        AnswerBody written;
        synchronized (this) {
            ended = true;
            written = body;
            body = null;
        }
        if (written != null) {
            written.close();
        }
        memory.close();
    }

    private Response render(FetchResult result) {
        ByteBuffer batches = result.batches();
        readMemory.settle(batches.capacity());
        if (format.records() == null) {
            RawBatches raw = RawBatches.of(result);
            return response(raw.result(), raw.result().nextOffset(), raw.aborted(), List.of(raw.result().batches()));
        }
        ListLimits limits = ListLimits.of(request.maxBytes(), largestAnswer, Integer.MAX_VALUE);
        RenderedList list = new RenderedList(format.records(), limits, memory);
        long next = write(list.writer(), result);
        Response rendered = response(result, next, "", list.end());
        list.releaseRead();
        return rendered;
    }

    /** A record that cannot be given in this form ends the list; the error comes when it is the first. */
    private long write(RecordListWriter writer, FetchResult result) {
        try {
            return writer.write(request.topic(), request.partition(), result.batches(), result.offset(), result.nextOffset());
        } catch (RequestException cannotBeGiven) {
            if (writer.written() == 0 || cannotBeGiven.record().isEmpty()) { // it is not the record where memory is out
                throw cannotBeGiven;
            }
            return writer.unwritten();
        }
    }

    private Response response(FetchResult result, long nextOffset, String aborted, List<ByteBuffer> pieces) {
        AnswerBody rendered = new AnswerBody(pieces);
        synchronized (this) {
            if (!ended) {
                body = rendered;
            }
        }
        Response.ResponseBuilder answer = Response.ok(rendered, format.mediaType())
                .header(HttpHeaders.CONTENT_LENGTH, rendered.length())
                .header("Millrace-Offset", result.offset())
                .header("Millrace-Next-Offset", nextOffset);
        if (result.highWatermark() != FetchResult.NOT_KNOWN) {
            answer.header("Millrace-High-Watermark", result.highWatermark())
                    .header("Millrace-Last-Stable-Offset", result.lastStableOffset());
        }
        if (!aborted.isEmpty()) {
            answer.header("Millrace-Aborted", aborted);
        }
        if (result.leaderEpoch() >= 0) {
            answer.header("Millrace-Leader-Epoch", result.leaderEpoch());
        }
        return answer.build();
    }
}
