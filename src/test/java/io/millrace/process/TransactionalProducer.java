package io.millrace.process;

import jakarta.json.Json;
import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import java.net.http.HttpResponse;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.concurrent.TimeUnit;

/**
 * A producer with a transactional id, as a client writes one with nothing but HTTP: one transaction after the other, each
 * begun by its first record. One thread.
 */
final class TransactionalProducer {
    private static final long BETWEEN_MS = 50;
    private static final int TRIES = 20;
    private static final long PATIENCE_NANOS = TimeUnit.MINUTES.toNanos(3);
    /** Errors with status 503 after which certainly nothing was written. */
    private static final Set<String> NOTHING_DONE = Set.of("CONCURRENT_TRANSACTIONS", "NOT_LEADER", "NOT_COORDINATOR",
            "COORDINATOR_LOADING", "OVERLOADED", "NOT_ENOUGH_REPLICAS");

    private final AnyServer servers;
    private final String transactionalId;
    private final int timeoutMs;
    private final boolean counting;
    /** The next sequence in each partition; of this transaction, as each one has an epoch of its own. */
    private final Map<String, Integer> sequences = new HashMap<>();
    private long producerId;
    private int epoch;

    /** Another one has begun with the transactional id. */
    static final class FencedException extends Exception {
        private FencedException(String message) {
            super(message);
        }
    }

    /** Of this transaction nothing can become any more but an end, by {@link #abort}. */
    static final class LostTransactionException extends Exception {
        private LostTransactionException(String message) {
            super(message);
        }
    }

    /**
     * @param timeoutMs of each transaction
     * @param counting  whether records have sequences, so that a request whose answer is lost can be sent again; else the
     *                  transaction is lost with the answer
     */
    TransactionalProducer(AnyServer servers, String transactionalId, int timeoutMs, boolean counting) {
        this.servers = servers;
        this.transactionalId = transactionalId;
        this.timeoutMs = timeoutMs;
        this.counting = counting;
    }

    /** Ends whatever an earlier one with the id left, and fences it. */
    void begin() throws InterruptedException {
        String body = Json.createObjectBuilder().add("transactional_id", transactionalId).add("timeout_ms", timeoutMs).build().toString();
        HttpResponse<String> answer = untilAnswered("/transactions", body);
        if (answer.statusCode() != 201) {
            throw unexpected("POST /transactions", answer);
        }
        goOnWith(answer);
    }

    void send(String topic, int partition, List<String> values) throws LostTransactionException, InterruptedException {
        String path = "/topics/" + topic + "/partitions/" + partition;
        JsonObjectBuilder body = Json.createObjectBuilder();
        int sequence = sequences.getOrDefault(path, 0);
        if (counting) {
            body.add("producer_id", producerId).add("producer_epoch", epoch).add("base_sequence", sequence);
        }
        JsonArrayBuilder records = Json.createArrayBuilder();
        values.forEach(value -> records.add(Json.createObjectBuilder().add("value", value)));
        String text = body.add("records", records).build().toString();
        HttpResponse<String> answer = untilDone(path, Map.of("Millrace-Transaction", transactionalId + ";epoch=" + epoch), text, counting);
        if (answer.statusCode() != 200 || answer.body().contains("error_code")) {
            throw lostOrUnexpected(path, answer);
        }
        sequences.put(path, sequence + values.size());
    }

    /** @param next by partition: the offset of the next record to read */
    void sendOffsets(String group, String member, long memberEpoch, String topic, SortedMap<Integer, Long> next)
            throws LostTransactionException, InterruptedException {
        JsonArrayBuilder offsets = Json.createArrayBuilder();
        next.forEach((partition, offset) -> offsets.add(Json.createObjectBuilder().add("topic", topic).add("partition", partition)
                .add("offset", offset)));
        String path = path("offsets");
        HttpResponse<String> answer = untilDone(path, Map.of(), Json.createObjectBuilder().add("producer_epoch", epoch)
                .add("producer_id", producerId).add("group", group).add("member", member).add("member_epoch", memberEpoch)
                .add("offsets", offsets).build().toString(), true);
        if (answer.statusCode() != 204) {
            throw lostOrUnexpected(path, answer);
        }
    }

    /** Asks until it is known. @throws LostTransactionException when it certainly was not committed */
    void commit() throws LostTransactionException, InterruptedException {
        String path = path("commit");
        HttpResponse<String> answer = untilAnswered(path, end());
        if (answer.statusCode() != 200) {
            throw lostOrUnexpected(path, answer);
        }
        goOnWith(answer);
    }

    /** Also where its time was up, or where there is nothing. */
    void abort() throws FencedException, InterruptedException {
        String path = path("abort");
        HttpResponse<String> answer = untilAnswered(path, end());
        if (answer.statusCode() == 409 && Set.of("PRODUCER_FENCED", "INVALID_PRODUCER_ID_MAPPING").contains(error(answer))) {
            throw new FencedException(answer.body());
        } else if (answer.statusCode() != 200) {
            throw unexpected(path, answer);
        }
        goOnWith(answer);
    }

    private String path(String what) {
        return "/transactions/" + transactionalId + "/" + what;
    }

    private String end() {
        return Json.createObjectBuilder().add("producer_epoch", epoch).add("producer_id", producerId).build().toString();
    }

    private void goOnWith(HttpResponse<String> answer) {
        JsonObject producer = (JsonObject) ClusterClient.parse(answer.body());
        producerId = producer.getJsonNumber("producer_id").longValueExact();
        epoch = producer.getInt("producer_epoch");
        sequences.clear();
    }

    /** @param again whether it may be sent again when it is not known what became of it */
    private HttpResponse<String> untilDone(String path, Map<String, String> headers, String body, boolean again)
            throws LostTransactionException, InterruptedException {
        for (int tries = 0; tries < TRIES; tries++) {
            HttpResponse<String> answer = servers.ask("POST", path, headers, body);
            if (answer != null && answer.statusCode() != 503) {
                return answer;
            } else if (!again && (answer == null || !NOTHING_DONE.contains(error(answer)))) {
                throw new LostTransactionException("not known whether it was done: " + path);
            }
            pause(answer);
        }
        throw new LostTransactionException("not done in " + TRIES + " tries: " + path);
    }

    private HttpResponse<String> untilAnswered(String path, String body) throws InterruptedException {
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        HttpResponse<String> answer;
        do {
            answer = servers.ask("POST", path, Map.of(), body);
            if (answer != null && answer.statusCode() != 503) {
                return answer;
            }
            pause(answer);
        } while (System.nanoTime() < deadline);
        throw new IllegalStateException("no answer within " + TimeUnit.NANOSECONDS.toSeconds(PATIENCE_NANOS) + " s: POST " + path
                + ", the last one was " + (answer == null ? "none" : answer.statusCode() + " " + answer.body()));
    }

    private void pause(HttpResponse<String> answer) throws InterruptedException {
        if (answer != null) {
            servers.turnAway();
        }
        TimeUnit.MILLISECONDS.sleep(BETWEEN_MS);
    }

    /** A conflict, or a group that has lost the member, ends a transaction; anything else is a fault of the servers. */
    private static LostTransactionException lostOrUnexpected(String path, HttpResponse<String> answer) {
        boolean refused = answer.statusCode() == 409 && !error(answer).equals("OUT_OF_ORDER_SEQUENCE")
                || answer.statusCode() == 404 && Set.of("UNKNOWN_CONSUMER", "NOT_ASSIGNED").contains(error(answer));
        if (!refused) {
            throw unexpected("POST " + path, answer);
        }
        return new LostTransactionException(path + ": " + answer.statusCode() + " " + answer.body());
    }

    private static String error(HttpResponse<String> answer) {
        return answer.headers().firstValue("Millrace-Error").orElse("");
    }

    private static IllegalStateException unexpected(String what, HttpResponse<String> answer) {
        return new IllegalStateException(what + " was answered with " + answer.statusCode() + " " + error(answer) + ": " + answer.body());
    }
}
