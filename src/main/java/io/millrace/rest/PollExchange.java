package io.millrace.rest;

import io.millrace.broker.FetchAllResult;
import io.millrace.broker.FetchResult;
import io.millrace.broker.TopicPartition;
import io.millrace.group.Groups;
import io.millrace.group.PollRequest;
import io.millrace.group.Polled;
import io.millrace.group.RecordForm;
import io.millrace.rest.dialect.GrowingBytes;
import io.millrace.rest.dialect.MediaTypes;
import io.millrace.rest.dialect.RecordFormat;
import io.millrace.rest.dialect.RecordListWriter;
import io.millrace.rest.dialect.RequestException;
import jakarta.ws.rs.container.AsyncResponse;
import jakarta.ws.rs.container.CompletionCallback;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.StreamingOutput;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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
    /** Of what tells whose records are where in a raw answer; clients and proxies bound their headers. */
    private static final int MAX_HEADER_CHARS = 4_000;

    private final PollRequest request;
    private final boolean exact;
    private final AsyncResponse response;
    private final MemoryBudget.Reservation memory;
    /** Of the answer; completed while no other poll of this consumer is served. */
    private volatile Polled polled;

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
        Polled answer = polled;
        if (answer != null) {
            answer.abandoned();
            answer.written(false);
        }
    }

    private Response rendered(Polled answer) {
        polled = answer;
        try {
            memory.resize(answer.parts().stream().mapToLong(part -> part.result().batches().remaining()).sum());
            return answer.form() == RecordForm.RAW ? raw(answer) : list(answer, format(answer.form()));
        } catch (RuntimeException | Error e) {
            answer.abandoned();
            throw e;
        }
    }

    private static RecordFormat format(RecordForm form) {
        return switch (form) {
            case JSON -> RecordFormat.JSON;
            case BINARY -> RecordFormat.BINARY;
            case TEXT -> RecordFormat.TEXT;
            case RAW -> throw new IllegalArgumentException("raw batches are no list of records");
        };
    }

    private Response list(Polled answer, RecordFormat format) {
        long read = memory.held();
        GrowingBytes out = new GrowingBytes((int) Math.min(Integer.MAX_VALUE / 2, 64 + read + read / 4),
                capacity -> memory.resize(read + capacity));
        RecordListWriter writer = new RecordListWriter(format, request.maxBytes(), answer.maxRecords(), out);
        Map<TopicPartition, Long> next = new HashMap<>();
        writer.open();
        for (FetchAllResult.Part part : answer.parts()) {
            if (writer.isFull()) {
                break;
            }
            write(writer, part, next);
        }
        writer.close();
        if (exact && writer.contentBytes() > request.maxBytes()) {
            throw RequestException.unprocessable("the response exceeds the maximum number of bytes that the consumer can receive:"
                    + " its next record has " + writer.contentBytes() + " bytes; raise max_bytes, which is " + request.maxBytes());
        }
        answer.delivered(next);
        return response(answer, format.mediaType(), List.of(out.view())).build();
    }

    /** What cannot be given in this form ends the list; the error comes when it is next, so that nobody is kept from the rest. */
    private static void write(RecordListWriter writer, FetchAllResult.Part part, Map<TopicPartition, Long> next) {
        FetchResult result = part.result();
        try {
            long after = writer.write(part.id().topic(), part.id().partition(), result.batches(), result.offset(),
                    result.nextOffset());
            if (after > result.offset()) {
                next.put(part.id(), after);
            }
        } catch (RequestException cannotBeGiven) {
            if (writer.written() == 0) {
                throw cannotBeGiven;
            }
            if (writer.unwritten() > result.offset()) {
                next.put(part.id(), writer.unwritten());
            }
        }
    }

    private Response raw(Polled answer) {
        StringBuilder header = new StringBuilder();
        List<ByteBuffer> pieces = new ArrayList<>();
        Map<TopicPartition, Long> next = new HashMap<>();
        for (FetchAllResult.Part part : answer.parts()) {
            FetchResult result = part.result();
            String entry = "%s;%d;%d;%d;%d".formatted(part.id().topic(), part.id().partition(), result.offset(),
                    result.nextOffset(), result.batches().remaining());
            if (!pieces.isEmpty() && header.length() + entry.length() > MAX_HEADER_CHARS) {
                break;
            }
            header.append(header.isEmpty() ? "" : ",").append(entry);
            pieces.add(result.batches());
            next.put(part.id(), result.nextOffset());
        }
        answer.delivered(next);
        Response.ResponseBuilder raw = response(answer, MediaTypes.BATCH, pieces);
        return (header.isEmpty() ? raw : raw.header(PARTITIONS_HEADER, header)).build();
    }

    private Response.ResponseBuilder response(Polled answer, String mediaType, List<ByteBuffer> pieces) {
        Response.ResponseBuilder builder = Response.ok((StreamingOutput) out -> write(answer, pieces, out), mediaType)
                .header(HttpHeaders.CONTENT_LENGTH, pieces.stream().mapToLong(ByteBuffer::remaining).sum())
                .header(GroupForwarding.EPOCH_HEADER, answer.memberEpoch());
        return answer.parts().isEmpty() ? builder : builder.header(GroupForwarding.POLL_HEADER, answer.number());
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
