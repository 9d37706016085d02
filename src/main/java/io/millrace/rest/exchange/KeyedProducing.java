package io.millrace.rest.exchange;

import io.millrace.broker.Broker;
import io.millrace.metadata.BrokerException;
import io.millrace.replica.hosting.Acks;
import io.millrace.rest.access.BrokerAccess;
import io.millrace.rest.access.IdempotencyAccess;
import io.millrace.rest.body.Answer;
import io.millrace.rest.body.MemoryBudget;
import io.millrace.rest.cluster.CallerAddress;
import io.millrace.rest.cluster.RequestSpan;
import io.millrace.rest.dialect.KeyHeader;
import io.millrace.rest.dialect.ProduceResultWriter;
import io.millrace.rest.dialect.RecordFormat;
import io.millrace.rest.dialect.RequestException;
import io.millrace.rest.dialect.TransactionHeader;
import io.millrace.transaction.idempotency.IdempotencyKey;
import io.millrace.transaction.idempotency.KeyedAnswer;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.ws.rs.container.AsyncResponse;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;
import java.io.InputStream;
import java.util.UUID;

/** The way of a produce request that has an idempotency key, at the key's coordinator, which is told of it as a whole. */
@ApplicationScoped
public class KeyedProducing {
    @Inject
    BrokerAccess access;
    @Inject
    IdempotencyAccess idempotency;
    @Inject
    Producing producing;
    @Inject
    MemoryBudget budget;
    @Inject
    HttpServletRequest request;

    /**
     * Produces a list of records if it came with a key.
     *
     * @param partition as for {@link Producing#records}
     * @return false: it did not, and nothing was done
     * @throws RequestException 400 when the key cannot be one, or no answer is wanted
     * @throws BrokerException  when nothing was done
     */
    public boolean records(String topic, int partition, RecordFormat format, Acks acks, HttpHeaders headers, InputStream body,
                           AsyncResponse response) {
        String text = KeyHeader.text(headers.getRequestHeader(KeyHeader.NAME));
        if (text == null) {
            return false;
        }
        if (headers.getHeaderString(TransactionHeader.NAME) != null) {
            throw RequestException.badRequest(KeyHeader.NAME + " and " + TransactionHeader.NAME + " exclude each other: records of a"
                    + " transaction are written once because they are committed once");
        }
        IdempotencyKey key = IdempotencyKey.checked(topic, partition, text);
        if (acks == Acks.NONE) {
            throw RequestException.badRequest(KeyHeader.NAME + " stands for one answer, and acks=0 or async=true gives none:"
                    + " leave one of them out");
        }
        UUID topicId = access.broker().repetition(topic).topicId(); // what there is no topic for needs no coordinator
        produce(key, topicId, format, acks, headers.getHeaderString(HttpHeaders.CONTENT_LENGTH), body, response);
        return true;
    }

    private void produce(IdempotencyKey key, UUID topicId, RecordFormat format, Acks acks, String contentLength, InputStream body,
                         AsyncResponse response) {
        Broker broker = access.broker();
        MemoryBudget.Reservation memory = budget.reserve(CallerAddress.of(request), 0);
        try {
            byte[] list = producing.read(contentLength, body, memory);
            KeyedList keyed = new KeyedList(broker, topicId, key, format, acks, list, memory,
                    RequestSpan.of(request));
            idempotency.idempotencyKeys().produce(keyed)
                    .thenApply(answer -> rendered(answer, keyed))
                    .whenComplete((rendered, failure) -> memory.close())
                    .whenComplete(Answer.to(response, rendered -> rendered));
        } catch (RuntimeException | Error e) {
            memory.close();
            throw e;
        }
    }

    private static Response rendered(KeyedAnswer answer, KeyedList request) {
        if (answer.replayed()) {
            request.answeredWith(answer.result().recordCount());
        }
        Response.ResponseBuilder response = Response.ok(ProduceResultWriter.toJson(answer.result()));
        return (answer.replayed() ? response.header(KeyHeader.REPLAYED, true) : response).build();
    }

    /** @throws RequestException 400 when record batches came with a key: who made them they say themselves */
    public static void requireNone(HttpHeaders headers) {
        if (headers.getHeaderString(KeyHeader.NAME) != null) {
            throw RequestException.badRequest(KeyHeader.NAME + " is for records as JSON: record batches that may be sent again say"
                    + " in their headers which producer made them");
        }
    }
}
