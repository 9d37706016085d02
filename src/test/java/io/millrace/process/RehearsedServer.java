package io.millrace.process;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.millrace.process.RehearsedLogs.Producer;
import io.millrace.process.RehearsedLogs.State;
import jakarta.json.Json;
import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The part of the HTTP API that a transfer uses, over {@link RehearsedLogs}: it refuses requests and loses answers now and then. */
final class RehearsedServer implements AutoCloseable {
    private static final Pattern QUERY_OFFSET = Pattern.compile("offset=(\\d+)");
    private static final Pattern HEADER = Pattern.compile("(.+);epoch=(\\d+)");
    private static final int ONE_OF = 30;

    private final RehearsedLogs logs;
    private final RehearsedGroup group;
    private final int partitions;
    private final Random random;
    /** Guarded by the logs. */
    private int written;
    private final HttpServer server;
    private final ExecutorService threads = Executors.newFixedThreadPool(8);

    /** @param error null: none @param headers further ones */
    private record Answer(int status, String error, String body, Map<String, String> headers) {
        static Answer of(int status, Object body) {
            return new Answer(status, null, body.toString(), Map.of());
        }

        static Answer refused(int status, String error) {
            return new Answer(status, error, "{\"error_code\":%d,\"message\":\"rehearsed\"}".formatted(status), Map.of());
        }
    }

    RehearsedServer(RehearsedLogs.Bug bug, int partitions, long seed) throws IOException {
        this.logs = new RehearsedLogs(bug);
        this.group = new RehearsedGroup(logs, partitions);
        this.partitions = partitions;
        this.random = new Random(seed);
        this.server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", this::handle);
        server.setExecutor(threads);
        server.start();
    }

    URI url() {
        return URI.create("http://localhost:" + server.getAddress().getPort());
    }

    private void handle(HttpExchange exchange) throws IOException {
        String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        Answer answer;
        boolean lost;
        synchronized (logs) {
            long nowMs = TimeUnit.NANOSECONDS.toMillis(System.nanoTime());
            logs.abortOverdue(nowMs);
            group.expire(nowMs);
            lost = random.nextInt(ONE_OF) == 0 || logs.mayWriteAgain() && exchange.getRequestURI().getPath().startsWith("/topics/")
                    && ++written % ONE_OF == 0; // so that it is sent again in every run
            answer = random.nextInt(ONE_OF) == 0 ? Answer.refused(503, "UNAVAILABLE") : answer(exchange, body, nowMs);
        }
        if (!lost) {
            exchange.getResponseHeaders().set("Content-Type", "application/vnd.kafka.v2+json");
            if (answer.error != null) {
                exchange.getResponseHeaders().set("Millrace-Error", answer.error);
            }
            answer.headers.forEach(exchange.getResponseHeaders()::set);
            byte[] bytes = answer.body.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(answer.status, bytes.length == 0 ? -1 : bytes.length);
            exchange.getResponseBody().write(bytes);
        }
        exchange.close();
    }

    private Answer answer(HttpExchange exchange, String text, long nowMs) {
        String[] path = exchange.getRequestURI().getPath().split("/");
        JsonObject body = text.startsWith("{") ? (JsonObject) ClusterClient.parse(text) : null;
        return switch (path[1]) {
            case "transactions" -> path.length > 2 ? ofTransaction(logs.producers().get(path[2]), path[3], body, nowMs)
                    : body == null ? listed() : begun(body);
            case "topics" -> body == null ? fetched(path[2] + "/" + path[4], exchange.getRequestURI().getQuery())
                    : produced(path[2] + "/" + path[4], exchange.getRequestHeaders().getFirst("Millrace-Transaction"), body, nowMs);
            case "consumers" -> ofConsumer(exchange, path, body, nowMs);
            case "admin" -> described();
            default -> Answer.refused(404, "UNKNOWN");
        };
    }

    private Answer begun(JsonObject body) {
        String id = body.getString("transactional_id");
        return Answer.of(201, told(id, logs.begin(id, body.getInt("timeout_ms"))));
    }

    private static JsonObject told(String id, Producer producer) {
        String state = producer.isOpen() ? "Ongoing" : producer.last() == null ? "Empty"
                : producer.last() == State.COMMITTED ? "CompleteCommit" : "CompleteAbort";
        return Json.createObjectBuilder().add("transactional_id", id).add("producer_id", producer.id())
                .add("producer_epoch", producer.epoch()).add("state", state).build();
    }

    private Answer listed() {
        JsonArrayBuilder all = Json.createArrayBuilder();
        logs.producers().forEach((id, producer) -> all.add(told(id, producer)));
        return Answer.of(200, Json.createObjectBuilder().add("transactions", all).build());
    }

    private Answer ofTransaction(Producer producer, String what, JsonObject body, long nowMs) {
        int epoch = body.getInt("producer_epoch");
        if (what.equals("offsets")) {
            Map<Integer, Long> next = new TreeMap<>();
            body.getJsonArray("offsets").getValuesAs(JsonObject.class).forEach(each -> next.put(each.getInt("partition"),
                    each.getJsonNumber("offset").longValue()));
            if (!group.owns(body.getString("member"), body.getInt("member_epoch"), next.keySet())) {
                return Answer.refused(409, "FENCED");
            } else if (!logs.isOngoing(producer, epoch, nowMs)) {
                return Answer.refused(409, "PRODUCER_FENCED");
            }
            logs.addOffsets(producer, next);
            return Answer.of(204, "");
        }
        State wanted = what.equals("commit") ? State.COMMITTED : State.ABORTED;
        if (epoch == producer.epoch() - 1 && producer.last() != null) {
            return producer.last() == wanted ? Answer.of(200, told("", producer)) : Answer.refused(409, "INVALID_TXN_STATE");
        } else if (!logs.isOf(producer, epoch)) {
            return Answer.refused(409, "PRODUCER_FENCED");
        }
        logs.end(producer, wanted);
        return Answer.of(200, told("", producer));
    }

    private Answer produced(String partition, String header, JsonObject body, long nowMs) {
        Matcher named = HEADER.matcher(header);
        Producer producer = named.matches() ? logs.producers().get(named.group(1)) : null;
        if (!logs.isOngoing(producer, Integer.parseInt(named.group(2)), nowMs)) {
            return Answer.refused(409, "INVALID_PRODUCER_EPOCH");
        }
        List<String> values = body.getJsonArray("records").getValuesAs(JsonObject.class).stream().map(each -> each.getString("value")).toList();
        logs.append(producer, partition, body.getInt("base_sequence", -1), values);
        return Answer.of(200, "{\"offsets\":[]}");
    }

    private Answer fetched(String partition, String query) {
        Matcher offset = QUERY_OFFSET.matcher(query);
        long from = offset.find() ? Long.parseLong(offset.group(1)) : 0;
        JsonArrayBuilder records = Json.createArrayBuilder();
        logs.committed(partition, from, Integer.MAX_VALUE).forEach(each -> records.add(Json.createObjectBuilder()
                .add("offset", each.offset()).add("value", each.value())));
        long stable = logs.lastStableOffset(partition);
        return new Answer(200, null, records.build().toString(), Map.of("Millrace-Next-Offset", Long.toString(Math.max(from, stable)),
                "Millrace-Last-Stable-Offset", Long.toString(stable), "Millrace-High-Watermark",
                Integer.toString(logs.entries(partition).size())));
    }

    private Answer ofConsumer(HttpExchange exchange, String[] path, JsonObject body, long nowMs) {
        if (path.length == 3) {
            String name = group.join(body.getString("group.instance.id", null), body.getInt("session.timeout.ms"), nowMs);
            return Answer.of(200, Json.createObjectBuilder().add("instance_id", name)
                    .add("base_uri", url() + "/consumers/" + path[2] + "/instances/" + name).build());
        } else if (exchange.getRequestMethod().equals("DELETE")) {
            group.leave(path[4]);
            return Answer.of(204, "");
        } else if (body != null) {
            return Answer.of(204, ""); // there is one topic to subscribe to
        }
        RehearsedGroup.Polled polled = group.poll(path[4], Long.parseLong(exchange.getRequestHeaders().getFirst("Millrace-Poll")), nowMs);
        if (polled == null) {
            return Answer.refused(404, "UNKNOWN_CONSUMER");
        }
        JsonArrayBuilder records = Json.createArrayBuilder();
        polled.records().forEach(each -> records.add(Json.createObjectBuilder().add("partition", each.partition())
                .add("offset", each.offset()).add("value", each.value())));
        return new Answer(200, null, records.build().toString(), Map.of("Millrace-Poll", Long.toString(polled.poll()),
                "Millrace-Member-Epoch", Long.toString(polled.epoch())));
    }

    private Answer described() {
        JsonArrayBuilder all = Json.createArrayBuilder();
        for (int partition = 0; partition < partitions; partition++) {
            JsonObjectBuilder each = Json.createObjectBuilder().add("partition", partition);
            Long committed = logs.committed().get(partition);
            all.add(committed == null ? each.addNull("committed_offset") : each.add("committed_offset", committed));
        }
        return Answer.of(200, Json.createObjectBuilder().add("partitions", all).build());
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
