package io.millrace.client;

import io.millrace.client.RequestFailedException.Outcome;
import io.millrace.client.Servers.Request;
import jakarta.json.Json;
import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonBuilderFactory;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;

/**
 * Produces over HTTP, to whichever server answers. Every call blocks until it is answered, for the time-out and one attempt of a
 * second at most, and fails with a {@link RequestFailedException}. Thread-safe.
 *
 * <p>Requests about transactions may be repeated without harm, and are until somebody answers. Records are sent again only where they were
 * certainly not written.
 */
public final class MillraceClient {
    private static final String JSON = "application/json";
    private static final String BINARY = "application/vnd.kafka.binary.v2+json";

    private final Servers servers;
    /** Kept, because to find one takes long. */
    private final JsonBuilderFactory json = Json.createBuilderFactory(Map.of());

    /**
     * @param urls     of servers of one cluster, at least one, such as {@code http://host:9080}, without a slash at the end; they are
     *                 tried in turn, beginning with the one that answered last
     * @param user     for basic authentication; null or empty: none
     * @param password null: empty
     * @param timeout  of a request with all its attempts
     */
    public MillraceClient(List<URI> urls, String user, String password, Duration timeout) {
        if (urls.isEmpty()) {
            throw new IllegalArgumentException("at least one server must be named");
        }
        this.servers = new Servers(urls, user, password, timeout);
    }

    /**
     * Sends records with {@code acks=all}; all of them are written when this returns.
     *
     * @param producer of the transaction that they belong to; null: to none, and everybody reads them at once
     * @return where each is, in their order. The outcome is UNKNOWN also where some of them were written and others were not
     */
    public List<RecordMetadata> produce(String topic, List<ProducerRecord> records, TransactionalProducer producer) {
        JsonArrayBuilder list = json.createArrayBuilder();
        records.forEach(each -> list.add(record(each)));
        JsonObject answer = (JsonObject) servers.send(new Request("POST", "/topics/" + encoded(topic) + "?acks=all", BINARY,
                json.createObjectBuilder().add("records", list).build().toString(), producer == null ? null : producer.header(),
                false));
        List<RecordMetadata> written = new ArrayList<>(records.size());
        for (JsonObject each : answer.getJsonArray("offsets").getValuesAs(JsonObject.class)) {
            if (!each.containsKey("offset")) {
                throw new RequestFailedException(Outcome.UNKNOWN, "", "not all records were written: " + each, null);
            }
            written.add(new RecordMetadata(each.getInt("partition"), each.getJsonNumber("offset").longValue()));
        }
        return written;
    }

    private JsonObjectBuilder record(ProducerRecord record) {
        JsonObjectBuilder fields = json.createObjectBuilder();
        if (record.partition() != null) {
            fields.add("partition", record.partition());
        }
        if (record.key() != null) {
            fields.add("key", Base64.getEncoder().encodeToString(record.key()));
        }
        return record.value() == null ? fields.addNull("value")
                : fields.add("value", Base64.getEncoder().encodeToString(record.value()));
    }

    /**
     * Begins with a transactional id, or begins anew: a producer before is fenced, and its transaction aborted.
     *
     * @param timeout after which the servers abort a transaction that is neither prepared nor ended
     */
    public TransactionalProducer begin(String transactionalId, Duration timeout) {
        JsonObject body = json.createObjectBuilder().add("transactional_id", transactionalId).add("timeout_ms", timeout.toMillis())
                .build();
        return producer((JsonObject) servers.send(new Request("POST", "/transactions", JSON, body.toString(), null, true)));
    }

    /**
     * From here on no time-out ends the transaction, but a commit or an abort. One without records is over, and committed.
     *
     * @param xid 1 to 255 characters, by which {@link #transactions} finds it
     */
    public EndedTransaction prepare(TransactionalProducer producer, String xid) {
        return end(producer, "prepare", naming(producer).add("xid", xid));
    }

    public EndedTransaction commit(TransactionalProducer producer) {
        return end(producer, "commit", naming(producer));
    }

    public EndedTransaction abort(TransactionalProducer producer) {
        return end(producer, "abort", naming(producer));
    }

    private JsonObjectBuilder naming(TransactionalProducer producer) {
        return json.createObjectBuilder().add("producer_id", producer.producerId()).add("producer_epoch", producer.epoch());
    }

    private EndedTransaction end(TransactionalProducer producer, String how, JsonObjectBuilder body) {
        String path = "/transactions/" + encoded(producer.transactionalId()) + "/" + how;
        JsonObject answer = (JsonObject) servers.send(new Request("POST", path, JSON, body.build().toString(), null, true));
        return new EndedTransaction(answer.getString("state"), producer(answer));
    }

    /** All transactions that are prepared. @param prefix with which their transactional ids begin; empty: any */
    public List<KnownTransaction> prepared(String prefix) {
        return list("state=prepared&prefix=" + encoded(prefix));
    }

    /** The transactions that were prepared under a name, decided or not, as long as nothing else was begun with their ids. */
    public List<KnownTransaction> transactions(String xid) {
        return list("xid=" + encoded(xid));
    }

    private List<KnownTransaction> list(String query) {
        List<KnownTransaction> all = new ArrayList<>();
        String after = "";
        boolean more;
        do {
            JsonObject answer = (JsonObject) servers.send(new Request("GET", "/transactions?" + query + after, null, null, null, true));
            answer.getJsonArray("transactions").getValuesAs(JsonObject.class).forEach(each ->
                    all.add(new KnownTransaction(producer(each), each.getString("state"), each.getString("xid", null))));
            more = answer.getBoolean("truncated", false) && !all.isEmpty();
            after = more ? "&after=" + encoded(all.get(all.size() - 1).producer().transactionalId()) : "";
        } while (more);
        return List.copyOf(all);
    }

    private static TransactionalProducer producer(JsonObject json) {
        return new TransactionalProducer(json.getString("transactional_id"), json.getJsonNumber("producer_id").longValue(),
                json.getInt("producer_epoch"));
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }
}
