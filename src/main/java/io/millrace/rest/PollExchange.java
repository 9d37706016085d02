package io.millrace.rest;

import io.millrace.group.Groups;
import io.millrace.group.PollRequest;
import io.millrace.group.Polled;
import io.millrace.group.RecordForm;
import io.millrace.rest.dialect.GrowingBytes;
import io.millrace.rest.dialect.MediaTypes;
import io.millrace.rest.dialect.RecordFormat;
import io.millrace.rest.dialect.RequestException;
import jakarta.ws.rs.container.AsyncResponse;
import jakarta.ws.rs.container.CompletionCallback;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.StreamingOutput;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * One poll from request to response. Memory is reserved for {@code max_bytes} while the log is read, for nothing while the poll
 * waits, and for what was read and rendered until the response is out.
 */
final class PollExchange {
    static final String PARTITIONS_HEADER = "Millrace-Partitions";

    /** A poll that the coordinator has not ended this long after its wait is given up, in ms. */
    private static final long GRACE_MS = 30_000;

    private final PollRequest request;
    private final boolean exact;
    private final AsyncResponse response;
    private final MemoryBudget.Reservation memory;
    /** Guarded by this, with the flag. */
    private Polled polled;
    private boolean ended;

    /** @param exact whether the client said how large the answer may be, so that a larger record is an error */
    PollExchange(PollRequest request, boolean exact, MemoryBudget budget, AsyncResponse response) {
        this.request = request;
        this.exact = exact;
        this.response = response;
        this.memory = budget.reserve(request.maxBytes());
    }

    void start(Groups groups, String group, String consumer, long maxWaitMs) {
        response.register((CompletionCallback) failure -> end());
        CompletableFuture<Polled> poll;
        try {
            poll = groups.poll(group, consumer, request);
        } catch (RuntimeException | Error e) {
            memory.close();
            throw e;
        }
        if (!poll.isDone()) {
            memory.resize(0);
            response.setTimeout(maxWaitMs + GRACE_MS, TimeUnit.MILLISECONDS);
            response.setTimeoutHandler(late -> {
                poll.cancel(false);
                late.resume(RequestException.overloaded("the poll did not end in time; try again"));
            });
        }
        poll.whenComplete(Answer.to(response, this::rendered));
    }

    /** Nothing more is written: what has not been told by now did not happen. */
    private void end() {
        memory.close();
        Polled answer;
        synchronized (this) {
            ended = true;
            answer = polled;
        }
        if (answer != null) {
            answer.abandoned();
            answer.written(false);
        }
    }

    private Response rendered(Polled answer) {
        synchronized (this) {
            polled = answer;
            if (ended) { // the client is gone, or was told that it took too long
                answer.abandoned();
            }
        }
        try {
            memory.resize(answer.parts().stream().mapToLong(part -> part.result().batches().remaining()).sum());
            PolledRecords records = records(answer);
            answer.delivered(records.next());
            return response(answer, records);
        } catch (RuntimeException | Error e) {
            answer.abandoned();
            throw e;
        }
    }

    private PolledRecords records(Polled answer) {
        if (answer.form() == RecordForm.RAW) {
            return PolledRecords.raw(answer.parts(), answer.maxRecords());
        }
        long read = memory.held();
        GrowingBytes out = new GrowingBytes((int) Math.min(Integer.MAX_VALUE / 2, 64 + read + read / 4),
                capacity -> memory.resize(read + capacity));
        return PolledRecords.list(answer.parts(), format(answer.form()), request.maxBytes(), exact, answer.maxRecords(), out);
    }

    private static RecordFormat format(RecordForm form) {
        return switch (form) {
            case JSON -> RecordFormat.JSON;
            case BINARY -> RecordFormat.BINARY;
            case TEXT -> RecordFormat.TEXT;
            case RAW -> throw new IllegalArgumentException("raw batches are no list of records");
        };
    }

    private Response response(Polled answer, PolledRecords records) {
        String type = answer.form() == RecordForm.RAW ? MediaTypes.BATCH : format(answer.form()).mediaType();
        Response.ResponseBuilder builder = Response.ok((StreamingOutput) out -> write(answer, records.pieces(), out), type)
                .header(HttpHeaders.CONTENT_LENGTH, records.bytes())
                .header(GroupForwarding.EPOCH_HEADER, answer.memberEpoch());
        if (!records.partitions().isEmpty()) {
            builder.header(PARTITIONS_HEADER, records.partitions());
        }
        return (answer.parts().isEmpty() ? builder : builder.header(GroupForwarding.POLL_HEADER, answer.number())).build();
    }

    private static void write(Polled answer, List<ByteBuffer> pieces, OutputStream out) throws IOException {
        for (ByteBuffer piece : pieces) {
            if (piece.hasRemaining()) { // an empty one may have no array to show
                out.write(piece.array(), piece.arrayOffset() + piece.position(), piece.remaining());
            }
        }
        out.flush();
        answer.written(true);
    }
}
