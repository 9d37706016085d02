package io.millrace.rest;

import io.millrace.broker.Broker;
import io.millrace.broker.FetchRequest;
import io.millrace.broker.FetchResult;
import io.millrace.rest.dialect.GrowingBytes;
import io.millrace.rest.dialect.RecordListWriter;
import io.millrace.rest.dialect.RequestException;
import jakarta.ws.rs.container.AsyncResponse;
import jakarta.ws.rs.container.CompletionCallback;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.StreamingOutput;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * One fetch from request to response. Memory is reserved for {@code max_bytes} while the log is read, for nothing while
 * the fetch is parked, and for what was read and rendered until the response is out.
 */
final class FetchExchange {
    /** A fetch that the broker has not ended this long after its wait is given up, in ms. */
    private static final long GRACE_MS = 30_000;

    private static final byte[] NOTHING = new byte[0];

    private final FetchRequest request;
    private final FetchFormat format;
    private final AsyncResponse response;
    private final MemoryBudget.Reservation memory;

    FetchExchange(FetchRequest request, FetchFormat format, MemoryBudget budget, AsyncResponse response) {
        this.request = request;
        this.format = format;
        this.response = response;
        this.memory = budget.reserve(request.maxBytes());
    }

    void start(Broker broker) {
        response.register((CompletionCallback) failure -> memory.close());
        CompletableFuture<FetchResult> fetch;
        try {
            fetch = broker.fetch(request);
        } catch (RuntimeException | Error e) {
            memory.close();
            throw e;
        }
        if (!fetch.isDone()) {
            park(fetch);
        }
        fetch.whenComplete(Answer.to(response, this::render));
    }

    private void park(CompletableFuture<FetchResult> fetch) {
        memory.resize(0);
        response.setTimeout(request.maxWaitMs() + GRACE_MS, TimeUnit.MILLISECONDS);
        response.setTimeoutHandler(late -> {
            fetch.cancel(false);
            late.resume(RequestException.overloaded("the fetch did not end in time; try again"));
        });
    }

    private Response render(FetchResult result) {
        ByteBuffer batches = result.batches();
        memory.resize(batches.remaining());
        if (format.records() == null) {
            return response(result, result.nextOffset(), batches);
        }
        long read = batches.remaining();
        GrowingBytes out = new GrowingBytes((int) Math.min(Integer.MAX_VALUE / 2, 64 + read + read / 4),
                capacity -> memory.resize(read + capacity));
        RecordListWriter writer = new RecordListWriter(format.records(), request.maxBytes(), Integer.MAX_VALUE, out);
        writer.open();
        long next = writer.write(request.topic(), request.partition(), batches, result.offset(), result.nextOffset());
        writer.close();
        return response(result, next, out.view());
    }

    private Response response(FetchResult result, long nextOffset, ByteBuffer body) {
        int length = body.remaining();
        // an empty one may have no array to show
        byte[] array = length == 0 ? NOTHING : body.array();
        int from = length == 0 ? 0 : body.arrayOffset() + body.position();
        Response.ResponseBuilder answer =
                Response.ok((StreamingOutput) out -> out.write(array, from, length), format.mediaType())
                        .header(HttpHeaders.CONTENT_LENGTH, length)
                        .header("Millrace-Offset", result.offset())
                        .header("Millrace-Next-Offset", nextOffset);
        if (result.highWatermark() != FetchResult.NOT_KNOWN) {
            answer.header("Millrace-High-Watermark", result.highWatermark());
        }
        if (result.leaderEpoch() >= 0) {
            answer.header("Millrace-Leader-Epoch", result.leaderEpoch());
        }
        return answer.build();
    }
}
