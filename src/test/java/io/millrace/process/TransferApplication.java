package io.millrace.process;

import jakarta.json.Json;
import jakarta.json.JsonArray;
import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * An application that reads one topic and writes each record to two others, exactly once: records and offsets in one transaction.
 * When anything goes wrong it aborts, and begins anew with what is committed. It may be killed at any moment, which is what its
 * thread does when it is told to: it tells nobody.
 */
final class TransferApplication implements Runnable {
    private static final String DIALECT = "application/vnd.kafka.v2+json";
    private static final String TEXT = "application/vnd.kafka.text.v2+json";
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final String FROM = "in";
    private static final List<String> TO = List.of("out-a", "out-b");

    private final HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(1)).build();
    private final List<URI> servers;
    private final String group;
    private final String id;
    private final BooleanSupplier killed;
    private int server;
    private int epoch;
    /** Null: there is none. */
    private String consumer;
    private String consumerName;
    private String poll = "0";
    private long commits;

    /** What went wrong; the transaction's fate may be unknown. */
    private static final class Trouble extends Exception {
        private static final long serialVersionUID = 1L;

        private Trouble(String message) {
            super(message);
        }
    }

    /** @param id transactional; the next incarnation has the same, and this one is fenced by it */
    TransferApplication(List<URI> servers, String group, String id, BooleanSupplier killed) {
        this.servers = servers;
        this.group = group;
        this.id = id;
        this.killed = killed;
        this.server = Math.floorMod(id.hashCode(), servers.size());
    }

    @Override
    public void run() {
        boolean begun = false;
        while (!killed.getAsBoolean()) {
            try {
                if (!begun) {
                    begin();
                    begun = true;
                }
                transfer();
            } catch (Trouble trouble) {
                begun = false; // which fences whatever is under way
                leave();
                server = (server + 1) % servers.size();
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(100));
            }
        }
    }

    /** How many transactions it knows to be committed; for the thread that runs it, or once that has ended. */
    long commits() {
        return commits;
    }

    private void begin() throws Trouble {
        JsonObject begun = object(require(201, send("POST", "/transactions", DIALECT,
                "{\"transactional_id\":\"%s\",\"timeout_ms\":20000}".formatted(id), Map.of())));
        epoch = begun.getInt("producer_epoch");
        JsonObject created = object(require(200, send("POST", "/consumers/" + group, DIALECT,
                "{\"format\":\"text\",\"auto.offset.reset\":\"earliest\",\"enable.auto.commit\":false,\"session.timeout.ms\":6000,"
                        + "\"isolation.level\":\"read_committed\",\"max.poll.records\":50}", Map.of())));
        consumer = URI.create(created.getString("base_uri")).getRawPath();
        consumerName = created.getString("instance_id");
        poll = "0";
        require(204, send("POST", consumer + "/subscription", DIALECT, "{\"topics\":[\"" + FROM + "\"]}", Map.of()));
    }

    private void leave() {
        if (consumer != null) {
            try {
                send("DELETE", consumer, null, null, Map.of());
            } catch (Trouble unreachable) {
                // its session ends by itself
            }
            consumer = null;
        }
    }

    private void transfer() throws Trouble {
        HttpResponse<String> polled = require(200, send("GET", consumer + "/records?timeout=300", null, null,
                Map.of("Accept", TEXT, "Millrace-Poll", poll)));
        poll = polled.headers().firstValue("Millrace-Poll").orElse(poll);
        List<JsonObject> records = ((JsonArray) ClusterClient.parse(polled.body())).getValuesAs(JsonObject.class);
        if (records.isEmpty() || killed.getAsBoolean()) {
            return;
        }
        String memberEpoch = polled.headers().firstValue("Millrace-Member-Epoch").orElseThrow();
        for (String topic : TO) {
            JsonArrayBuilder list = Json.createArrayBuilder();
            records.forEach(each -> list.add(Json.createObjectBuilder().add("key", each.getString("value"))
                    .add("value", each.getString("value"))));
            HttpResponse<String> produced = require(200, send("POST", "/topics/" + topic, TEXT,
                    Json.createObjectBuilder().add("records", list).build().toString(),
                    Map.of("Millrace-Transaction", id + ";epoch=" + epoch)));
            if (produced.body().contains("error_code")) {
                throw new Trouble(produced.body());
            }
        }
        Map<Integer, Long> next = new TreeMap<>();
        records.forEach(each -> next.merge(each.getInt("partition"), each.getJsonNumber("offset").longValue() + 1, Math::max));
        JsonArrayBuilder offsets = Json.createArrayBuilder();
        next.forEach((partition, offset) -> offsets.add(Json.createObjectBuilder().add("topic", FROM).add("partition", partition)
                .add("offset", offset)));
        require(204, send("POST", "/transactions/" + id + "/offsets", DIALECT, Json.createObjectBuilder()
                .add("producer_epoch", epoch).add("group", group).add("member", consumerName)
                .add("member_epoch", Integer.parseInt(memberEpoch)).add("offsets", offsets).build().toString(), Map.of()));
        if (killed.getAsBoolean()) {
            return;
        }
        epoch = object(require(200, commit())).getInt("producer_epoch");
        commits++;
    }

    /** Asked again with the same epoch it is answered the same, by any server. */
    private HttpResponse<String> commit() throws Trouble {
        Trouble last = null;
        for (int attempt = 0; attempt < 3 * servers.size(); attempt++) {
            try {
                HttpResponse<String> answer = send("POST", "/transactions/" + id + "/commit", DIALECT,
                        "{\"producer_epoch\":" + epoch + "}", Map.of());
                if (answer.statusCode() != 503) {
                    return answer;
                }
            } catch (Trouble unanswered) {
                last = unanswered;
            }
            server = (server + 1) % servers.size();
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(200));
        }
        throw last != null ? last : new Trouble("no server commits");
    }

    private HttpResponse<String> send(String method, String path, String contentType, String body, Map<String, String> headers)
            throws Trouble {
        HttpRequest.Builder request = HttpRequest.newBuilder(servers.get(server).resolve(path)).timeout(PATIENCE)
                .method(method, body == null ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(body));
        headers.forEach(request::header);
        if (contentType != null) {
            request.header("Content-Type", contentType);
        }
        try {
            return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
        } catch (IOException unreachable) {
            throw new Trouble(unreachable.toString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Trouble("interrupted");
        }
    }

    private static HttpResponse<String> require(int status, HttpResponse<String> answer) throws Trouble {
        if (answer.statusCode() != status) {
            throw new Trouble(answer.statusCode() + " " + answer.body());
        }
        return answer;
    }

    private static JsonObject object(HttpResponse<String> answer) {
        return (JsonObject) ClusterClient.parse(answer.body());
    }
}
