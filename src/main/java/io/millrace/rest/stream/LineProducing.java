package io.millrace.rest.stream;

import io.millrace.broker.produce.ProduceResult;
import io.millrace.broker.produce.RecordAccumulator;
import io.millrace.metadata.BrokerErrors;
import io.millrace.metadata.BrokerException;
import io.millrace.replica.hosting.Acks;
import io.millrace.rest.access.BrokerAccess;
import io.millrace.rest.body.AnswerTimes;
import io.millrace.rest.body.MemoryBudget;
import io.millrace.rest.body.RestLimits;
import io.millrace.rest.cluster.CallerAddress;
import io.millrace.rest.dialect.AcceptHeader;
import io.millrace.rest.dialect.ErrorBody;
import io.millrace.rest.dialect.KeyHeader;
import io.millrace.rest.dialect.MediaTypes;
import io.millrace.rest.dialect.RecordFormat;
import io.millrace.rest.dialect.RequestException;
import io.millrace.rest.dialect.StreamForm;
import io.millrace.rest.dialect.TransactionHeader;
import io.millrace.rest.guard.Meter;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.StreamingOutput;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * The way of a produce request whose records come in lines, on the request's thread, which waits for them; of such requests there are a
 * bounded number. Any broker takes it, and passes on what other ones lead.
 */
@ApplicationScoped
public class LineProducing {
    @Inject
    BrokerAccess access;
    @Inject
    RestLimits limits;
    @Inject
    MemoryBudget budget;
    @Inject
    LineBodies bodies;
    @Inject
    HttpServletRequest request;

    /**
     * Produces records.
     *
     * @param partition that the path names, or {@link RecordAccumulator#ANY_PARTITION}
     * @return where they went, in sum or a line each, as the client takes it
     * @throws RequestException what went wrong with a body of which no line was answered; its message says how much was written
     * @throws BrokerException  as above
     */
    public Response produce(String topic, int partition, RecordFormat format, Acks acks, HttpHeaders headers, InputStream body) {
        requireNone(headers);
        if (acks == Acks.NONE) {
            throw RequestException.badRequest("records in lines are answered, and acks=0 or async=true gives no answer: leave it out");
        }
        LineTarget target = target(topic, acks);
        requirePartition(topic, partition, target.accumulator().partitionCount());
        String caller = CallerAddress.of(request);
        LineProduce produce = new LineProduce(body, format, partition, target, limits.maxRequestBytes(), budget.reserve(caller, 0),
                Meter.pauses(request));
        OpenStreams.Place place;
        try {
            place = bodies.open().open(caller, produce::stop);
        } catch (RuntimeException refused) {
            produce.close();
            throw refused;
        }
        Runnable over = () -> {
            place.close();
            produce.close();
        };
        String wanted = wanted(headers);
        return wanted.equals(MediaTypes.LINES) ? lines(produce, over) : sum(produce, wanted, over);
    }

    /** What the entry has made of the header names one type, or leaves it open. */
    private static String wanted(HttpHeaders headers) {
        return AcceptHeader.of(headers.getRequestHeader(HttpHeaders.ACCEPT)).choose(List.of(MediaTypes.DIALECT, MediaTypes.JSON,
                MediaTypes.LINES)).map(AcceptHeader.Choice::mediaType).orElse(MediaTypes.DIALECT);
    }

    private static void requireNone(HttpHeaders headers) {
        for (String name : List.of(KeyHeader.NAME, TransactionHeader.NAME)) {
            if (headers.getHeaderString(name) != null) {
                throw RequestException.badRequest(name + " is for records that are written as a whole, and those in lines are written"
                        + " as they come: send a list, or leave the header out");
            }
        }
    }

    private static void requirePartition(String topic, int partition, int count) {
        if (partition >= count) {
            throw BrokerErrors.unknownPartition(topic, partition, count);
        }
    }

    private LineTarget target(String topic, Acks acks) {
        return new LineTarget() {
            @Override
            public RecordAccumulator accumulator() {
                return access.broker().accumulator(topic);
            }

            @Override
            public CompletableFuture<ProduceResult> produce(RecordAccumulator records) {
                return access.broker().produce(records, acks);
            }
        };
    }

    private static Response sum(LineProduce produce, String mediaType, Runnable over) {
        try {
            while (!produce.isDone()) {
                produce.next();
            }
            if (produce.wrong() != null) {
                throw produce.wrong();
            }
            return Response.ok(produce.answer().sum(), mediaType).build();
        } finally {
            over.run();
        }
    }

    /** The answer begins when something is to be said. */
    private Response lines(LineProduce produce, Runnable over) {
        boolean goesOn = false;
        try {
            ProduceResult first = null;
            while (first == null && !produce.isDone()) {
                first = produce.next();
            }
            if (first == null && produce.wrong() != null) {
                throw produce.wrong();
            }
            request.setAttribute(AnswerTimes.UNBOUNDED, true); // it takes as long as the body does
            ProduceResult begun = first;
            goesOn = true;
            return Response.ok((StreamingOutput) out -> write(produce, begun, out, over), MediaTypes.LINES).build();
        } finally {
            if (!goesOn) {
                over.run();
            }
        }
    }

    private static void write(LineProduce produce, ProduceResult first, OutputStream out, Runnable over) throws IOException {
        try {
            out.flush(); // the first one of an answer Liberty takes for no reason to send it
            if (first != null) {
                out.write(LineAnswer.lines(first));
                out.flush();
            }
            while (!produce.isDone()) {
                ProduceResult next = produce.next();
                if (next != null) {
                    out.write(LineAnswer.lines(next));
                    out.flush();
                }
            }
            RuntimeException wrong = produce.wrong();
            if (wrong != null) {
                out.write(StreamForm.LINES.error(told(wrong)));
            }
            out.flush();
        } finally {
            over.run();
        }
    }

    private static ErrorBody told(RuntimeException wrong) {
        if (wrong instanceof RequestException refused) {
            return new ErrorBody(refused);
        } else if (wrong instanceof BrokerException refused) {
            return new ErrorBody(RequestException.of(refused));
        }
        throw wrong;
    }
}
