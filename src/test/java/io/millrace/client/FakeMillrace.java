package io.millrace.client;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.TopicPartition;
import io.millrace.rest.dialect.ErrorStatus;
import io.millrace.transaction.state.ProducerIdAndEpoch;
import io.millrace.transaction.state.Step;
import io.millrace.transaction.state.Transaction;
import io.millrace.transaction.state.TransactionResult;
import io.millrace.transaction.state.TransactionState;
import io.millrace.transaction.state.Transitions;
import jakarta.json.Json;
import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import jakarta.json.JsonReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * A server that keeps the contract of the HTTP API with clients of transactions, on loopback, with the coordinator's own transitions. It
 * can be stopped and started without losing anything, and fail in the ways that servers and networks do.
 */
public final class FakeMillrace implements AutoCloseable {
    private static final int PARTITIONS = 3;
    /** How many transactions a list has. */
    private static final int LISTED = 2;

    /** How a request fails. */
    public enum Fault { NOTHING_DONE, ANSWER_LOST, REQUEST_LOST, UNAVAILABLE, NOT_COMMITTED, CONCURRENT_TRANSACTIONS, PARTLY_WRITTEN,
        STARTING, NO_SUCH_TOPIC, EARLIER_IS_OPEN, PROXY_LOST_ANSWER }

    /** @param transactionalId null: of no transaction */
    private record Stored(String topic, int partition, long offset, String key, String value, String transactionalId) {
    }

    private static final Set<Fault> CARRIED_OUT = EnumSet.of(Fault.ANSWER_LOST, Fault.PARTLY_WRITTEN, Fault.PROXY_LOST_ANSWER);

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final int port;
    private HttpServer server;
    private final Map<String, Transaction> transactions = new LinkedHashMap<>();
    private final List<Stored> committed = new ArrayList<>();
    private final List<Stored> pending = new ArrayList<>();
    private final List<String> requests = new ArrayList<>();
    private final Map<String, Integer> timeouts = new LinkedHashMap<>();
    /** What comes next of a request whose line contains the text. */
    private final List<Map.Entry<String, Fault>> faults = new ArrayList<>();
    private String authorization;
    private long nextProducerId = 4_000;
    private long nextOffset;
    private long nowMs = 1_000_000;

    /** @param port 0: any */
    public FakeMillrace(int port) {
        this.server = bound(port);
        this.port = server.getAddress().getPort();
        start(server);
    }

    private static HttpServer bound(int port) {
        try {
            return HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void start(HttpServer bound) {
        bound.createContext("/", this::handle);
        bound.setExecutor(threads);
        bound.start();
    }

    public URI url() {
        return URI.create("http://localhost:" + port);
    }

    /** Refuses connections from now on. */
    public void stop() {
        server.stop(0);
    }

    /** With all that it had. */
    public void startAgain() {
        server = bound(port);
        start(server);
    }

    @Override
    public void close() {
        stop();
        threads.shutdownNow();
    }

    /** The next request whose method and path contain the text fails; after those that were told before. */
    public synchronized void failNext(String contained, Fault fault) {
        faults.add(Map.entry(contained, fault));
    }

    /** Nothing fails from now on that was to. */
    public synchronized void clearFaults() {
        faults.clear();
    }

    /** From now on only this user gets in. */
    public synchronized void require(String user, String password) {
        authorization = "Basic " + Base64.getEncoder().encodeToString((user + ":" + password).getBytes(StandardCharsets.UTF_8));
    }

    /** What a reader of committed records sees, in the order of the commits: key and value. */
    public synchronized List<String> committed(String topic) {
        return committed.stream().filter(each -> each.topic.equals(topic)).map(each -> each.key + "=" + each.value).toList();
    }

    public synchronized List<String> requests(String contained) {
        return requests.stream().filter(each -> each.contains(contained)).toList();
    }

    public synchronized Map<String, TransactionState> states() {
        Map<String, TransactionState> states = new LinkedHashMap<>();
        transactions.forEach((id, transaction) -> states.put(id, transaction.state()));
        return states;
    }

    /** In ms, as it was asked for. */
    public synchronized int timeoutOf(String transactionalId) {
        return timeouts.get(transactionalId);
    }

    /** Aborts what is under way and not prepared, as if its time were up. */
    public synchronized void timeOutAll() {
        nowMs += 1_000_000_000;
        List.copyOf(transactions.keySet()).forEach(id -> step(id, now -> Transitions.timeOut(now, OptionalLong.empty(), nowMs)));
    }

    /** Forgets the ids that rest, as if nobody had used them for days. */
    public synchronized void expireAll() {
        transactions.values().removeIf(each -> each.state().isResting());
    }

    /** What an operator decides of all that is prepared. */
    public synchronized void decideAll(TransactionResult result) {
        List.copyOf(transactions.keySet()).stream().filter(id -> transactions.get(id).state() == TransactionState.PREPARED)
                .forEach(id -> step(id, now -> Transitions.decideByOperator(now, Optional.empty(), result, OptionalLong.empty(), nowMs)));
    }

    // ---- requests

    private void handle(HttpExchange exchange) throws IOException {
        String line = exchange.getRequestMethod() + " " + exchange.getRequestURI();
        byte[] body = exchange.getRequestBody().readAllBytes();
        Fault fault = begun(line);
        if (fault == Fault.REQUEST_LOST) {
            exchange.close();
        } else if (fault == Fault.STARTING) {
            answer(exchange, 404, "<html>no such application</html>");
        } else if (fault == Fault.NO_SUCH_TOPIC) {
            refuse(exchange, 404, "UNKNOWN_TOPIC", "create it first");
        } else if (fault == Fault.EARLIER_IS_OPEN) {
            refuse(exchange, 409, "INVALID_TXN_STATE", "have it aborted");
        } else if (fault != null && !CARRIED_OUT.contains(fault)) {
            refuse(exchange, 503, fault == Fault.NOTHING_DONE ? "OVERLOADED" : fault.name(), "try again");
        } else if (authorization != null && !authorization.equals(exchange.getRequestHeaders().getFirst("Authorization"))) {
            refuse(exchange, 401, null, "who are you?");
        } else {
            done(exchange, body, fault);
        }
    }

    private void done(HttpExchange exchange, byte[] body, Fault fault) throws IOException {
        try {
            String answer = carryOut(exchange, body, fault).build().toString();
            if (fault == Fault.ANSWER_LOST) {
                exchange.close();
            } else if (fault == Fault.PROXY_LOST_ANSWER) {
                answer(exchange, 503, "{\"message\":\"upstream timed out\"}");
            } else {
                answer(exchange, exchange.getRequestURI().getPath().equals("/transactions") && body.length > 0 ? 201 : 200, answer);
            }
        } catch (BrokerException refused) {
            refuse(exchange, ErrorStatus.of(refused.kind()), refused.kind().name(), refused.getMessage());
        } catch (RuntimeException bug) {
            refuse(exchange, 500, null, bug.toString());
        }
    }

    private synchronized Fault begun(String line) {
        requests.add(line);
        for (Map.Entry<String, Fault> each : faults) {
            if (line.contains(each.getKey())) {
                faults.remove(each);
                return each.getValue();
            }
        }
        return null;
    }

    private static void refuse(HttpExchange exchange, int status, String kind, String message) throws IOException {
        if (kind != null) {
            exchange.getResponseHeaders().set("Millrace-Error", kind);
        }
        answer(exchange, status, Json.createObjectBuilder().add("error_code", status).add("message", message).build().toString());
    }

    private static void answer(HttpExchange exchange, int status, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(status, bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    private synchronized JsonObjectBuilder carryOut(HttpExchange exchange, byte[] body, Fault fault) {
        String[] path = exchange.getRequestURI().getRawPath().split("/");
        String name = path.length > 2 ? URLDecoder.decode(path[2], StandardCharsets.UTF_8) : null;
        if (path[1].equals("topics")) {
            return produce(name, exchange.getRequestHeaders().getFirst("Millrace-Transaction"), json(body), fault);
        } else if (exchange.getRequestMethod().equals("GET")) {
            return list(exchange.getRequestURI().getQuery());
        } else if (path.length == 2) {
            JsonObject fields = json(body);
            timeouts.put(fields.getString("transactional_id"), fields.getInt("timeout_ms"));
            return init(fields.getString("transactional_id"), fields.getInt("timeout_ms"));
        }
        return end(name, path[3], json(body));
    }

    private static JsonObject json(byte[] body) {
        try (JsonReader reader = Json.createReader(new ByteArrayInputStream(body))) {
            return reader.readObject();
        }
    }

    private JsonObjectBuilder produce(String topic, String header, JsonObject body, Fault fault) {
        String id = null;
        if (header != null) {
            id = URLDecoder.decode(header.substring(0, header.indexOf(';')).replace("+", "%2B"), StandardCharsets.UTF_8);
            short epoch = Short.parseShort(header.substring(header.indexOf('=') + 1));
            TopicPartition partition = new TopicPartition(topic, 0);
            step(id, now -> Transitions.addPartitions(now, ProducerIdAndEpoch.ofEpoch(epoch), List.of(partition), 10, nowMs));
        }
        JsonArrayBuilder offsets = Json.createArrayBuilder();
        for (JsonObject each : body.getJsonArray("records").getValuesAs(JsonObject.class)) {
            if (fault == Fault.PARTLY_WRITTEN) {
                fault = null;
                offsets.add(Json.createObjectBuilder().add("error_code", 503).add("message", "no leader"));
                continue;
            }
            Stored record = new Stored(topic, each.getInt("partition", (int) (nextOffset % PARTITIONS)), nextOffset++,
                    text(each.getString("key", null)), each.isNull("value") ? null : text(each.getString("value")), id);
            (id == null ? committed : pending).add(record);
            offsets.add(Json.createObjectBuilder().add("partition", record.partition).add("offset", record.offset));
        }
        return Json.createObjectBuilder().add("offsets", offsets);
    }

    private static String text(String base64) {
        return base64 == null ? null : new String(Base64.getDecoder().decode(base64), StandardCharsets.UTF_8);
    }

    private JsonObjectBuilder init(String id, int timeoutMs) {
        Function<Transaction, Step> transition = now -> Transitions.init(now, timeoutMs, OptionalLong.of(nextProducerId++), nowMs);
        Step step = step(id, transition);
        return described(id, step.progress() == Step.Progress.CONCURRENT ? step(id, transition) : step);
    }

    private JsonObjectBuilder end(String id, String how, JsonObject body) {
        ProducerIdAndEpoch named = new ProducerIdAndEpoch(body.getJsonNumber("producer_id").longValue(),
                (short) body.getInt("producer_epoch"));
        OptionalLong fresh = OptionalLong.empty();
        Step step = step(id, now -> switch (how) {
            case "prepare" -> Transitions.prepare(now, named, body.getString("xid", null), fresh, nowMs);
            case "commit" -> Transitions.end(now, named, TransactionResult.COMMIT, fresh, nowMs);
            default -> Transitions.end(now, named, TransactionResult.ABORT, fresh, nowMs);
        });
        return described(id, step).add("state", step.state().label());
    }

    private static JsonObjectBuilder described(String id, Step step) {
        return Json.createObjectBuilder().add("transactional_id", id).add("producer_id", step.producer().producerId())
                .add("producer_epoch", step.producer().epoch());
    }

    /** All markers are written at once. */
    private Step step(String id, Function<Transaction, Step> transition) {
        Step step = transition.apply(transactions.get(id));
        Transaction next = step.next();
        if (next != null && next.state().decided().isPresent()) {
            List<Stored> mine = pending.stream().filter(each -> id.equals(each.transactionalId)).toList();
            pending.removeAll(mine);
            if (next.state().decided().get() == TransactionResult.COMMIT) {
                committed.addAll(mine);
            }
            next = Transitions.complete(next, next.producer(), nowMs).next();
        }
        if (next != null) {
            transactions.put(id, next);
        }
        return step;
    }

    /** Two at a time. */
    private JsonObjectBuilder list(String query) {
        JsonArrayBuilder list = Json.createArrayBuilder();
        Map<String, String> asked = new HashMap<>();
        Stream.of(query.split("&")).map(each -> each.split("=", 2)).forEach(each -> asked.put(each[0], each[1]));
        List<String> found = transactions.entrySet().stream()
                .filter(each -> asked.containsKey("xid") ? asked.get("xid").equals(each.getValue().xid())
                        : each.getValue().state() == TransactionState.PREPARED)
                .map(Map.Entry::getKey).filter(id -> id.startsWith(asked.getOrDefault("prefix", "")))
                .filter(id -> id.compareTo(asked.getOrDefault("after", "")) > 0).sorted().toList();
        found.stream().limit(LISTED).forEach(id -> {
            Transaction transaction = transactions.get(id);
            JsonObjectBuilder each = Json.createObjectBuilder().add("transactional_id", id)
                    .add("state", transaction.state().label()).add("producer_id", transaction.successor().producerId())
                    .add("producer_epoch", transaction.successor().epoch());
            list.add(transaction.xid() == null ? each : each.add("xid", transaction.xid()));
        });
        return Json.createObjectBuilder().add("transactions", list).add("truncated", found.size() > LISTED);
    }
}
