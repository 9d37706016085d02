package io.millrace.rest.routing;

import io.millrace.broker.produce.RecordAccumulator;
import io.millrace.group.membership.ConsumerConfig;
import io.millrace.metadata.BrokerException;
import io.millrace.replica.hosting.Acks;
import io.millrace.rest.body.Numbers;
import io.millrace.rest.body.QueryParameters;
import io.millrace.rest.dialect.KeyHeader;
import io.millrace.rest.dialect.MediaTypes;
import io.millrace.rest.dialect.RequestException;
import io.millrace.rest.dialect.TransactionHeader;
import io.millrace.transaction.idempotency.IdempotencyKey;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * Who is to answer a request, by what it says beside its body. It is read as the resources read it; what they would refuse is for
 * them to refuse, here. Immutable.
 */
final class RouteTable {
    private static final Set<String> METHODS = Set.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE");
    private static final Routed HERE = new Routed(Route.HERE, 0);

    private final long maxFetchWaitMs;

    /** @param maxFetchWaitMs that no poll and no fetch waits longer than, in ms */
    RouteTable(long maxFetchWaitMs) {
        this.maxFetchWaitMs = maxFetchWaitMs;
    }

    /** @param waitMs how long the owner is asked to wait before it answers, in ms */
    record Routed(Route route, long waitMs) {
    }

    /** A request's parts, as far as they are looked at. */
    private record Asked(String method, String query, Function<String, List<String>> headers) {
        boolean reads() {
            return method.equals("GET") || method.equals("HEAD");
        }

        boolean is(String other) {
            return method.equals(other);
        }

        boolean sendsLines() {
            return headers.apply("Content-Type").stream().anyMatch(type -> type.startsWith(MediaTypes.LINES));
        }

        QueryParameters parameters() {
            return new QueryParameters(RouteTable.parameters(query));
        }
    }

    /**
     * @param path    as it is written, from the slash after the application's own path on, without the query
     * @param query   as it is written, or null
     * @param headers the values of a header by its name; none: an empty list
     */
    Routed route(String method, String path, String query, Function<String, List<String>> headers) {
        List<String> way = segments(path);
        if (way.isEmpty() || !METHODS.contains(method)) {
            return HERE;
        }
        Asked asked = new Asked(method, query, headers);
        try {
            return switch (way.get(0)) {
                case "topics" -> topics(asked, way);
                case "consumers" -> consumers(asked, way);
                case "transactions" -> new Routed(transactions(asked, way), 0);
                case "admin" -> new Routed(administration(asked, way), 0);
                default -> HERE;
            };
        } catch (RequestException | BrokerException wrong) {
            // told by the resource, after what it looks at before
            return HERE;
        }
    }

    private Routed topics(Asked asked, List<String> way) {
        if (asked.is("POST") && asked.sendsLines()) {
            return HERE; // it is taken apart as it comes
        } else if (way.size() == 2 && asked.is("POST")) {
            IdempotencyKey key = key(asked, text(way, 1), RecordAccumulator.ANY_PARTITION);
            return key == null ? HERE : new Routed(new Route.KeyCoordinator(key), 0);
        }
        if (way.size() < 4 || !way.get(2).equals("partitions")) {
            return HERE;
        }
        Route.Leader leader = new Route.Leader(text(way, 1), Numbers.partition(text(way, 3)));
        if (way.size() == 4 && asked.is("POST")) {
            IdempotencyKey key = key(asked, leader.topic(), leader.partition());
            return new Routed(key == null ? leader : new Route.KeyCoordinator(key), 0);
        } else if (way.size() == 5 && asked.reads() && way.get(4).equals("offsets")) {
            return new Routed(leader, 0);
        } else if (way.size() == 5 && asked.reads() && way.get(4).equals("records")) {
            return new Routed(leader, Math.min(maxFetchWaitMs, asked.parameters().number("timeout", 0, 0)));
        }
        return HERE;
    }

    /** Null: the request has none, or none that is any good. */
    private static IdempotencyKey key(Asked asked, String topic, int partition) {
        String text = KeyHeader.text(asked.headers().apply(KeyHeader.NAME));
        if (text == null || asked.headers().apply("Content-Type").stream().anyMatch(type -> type.startsWith(MediaTypes.BATCH))
                || !asked.headers().apply(TransactionHeader.NAME).isEmpty() || asked.parameters().acks() == Acks.NONE) {
            return null;
        }
        return IdempotencyKey.checked(topic, partition, text);
    }

    private Routed consumers(Asked asked, List<String> way) {
        if (way.size() == 2 && asked.is("POST")) {
            return new Routed(Route.GroupCoordinator.of(text(way, 1)), 0);
        }
        if (way.size() < 4 || !way.get(2).equals("instances")) {
            return HERE;
        }
        // the incarnation says which consumer of a name is meant, not whose
        int at = way.size() > 5 && way.get(4).equals("incarnations") ? 6 : 4;
        boolean records = way.size() == at + 1 && way.get(at).equals("records");
        if (records && !asked.is("GET")) {
            return HERE;
        }
        return new Routed(new Route.GroupCoordinator(text(way, 1), text(way, 3), records), records ? pollMs(asked) : 0);
    }

    private long pollMs(Asked asked) {
        return Math.min(maxFetchWaitMs, asked.parameters().number("timeout", 0, ConsumerConfig.DEFAULT_REQUEST_TIMEOUT_MS));
    }

    private static Route transactions(Asked asked, List<String> way) {
        if (way.size() == 1 && asked.is("POST")) {
            return new Route.NamedInBody(BodySubject.TRANSACTIONAL_ID);
        } else if (way.size() == 2 && asked.reads()) {
            return new Route.TransactionCoordinator(text(way, 1));
        } else if (way.size() != 3 || !asked.is("POST")) {
            return Route.HERE;
        }
        return switch (way.get(2)) {
            case "offsets" -> new Route.NamedInBody(BodySubject.GROUP);
            case "commit", "abort", "prepare" -> new Route.TransactionCoordinator(text(way, 1));
            default -> Route.HERE;
        };
    }

    private static Route administration(Asked asked, List<String> way) {
        if (way.size() >= 3 && way.get(1).equals("groups")) {
            return Route.GroupCoordinator.of(text(way, 2));
        } else if (way.size() == 6 && way.get(1).equals("topics") && way.get(3).equals("partitions") && way.get(5).equals("records")
                && asked.is("DELETE")) {
            return new Route.Leader(text(way, 2), Numbers.partition(text(way, 4)));
        } else if (way.size() < 3 || !way.get(1).equals("transactions") || !asked.is("POST")) {
            return Route.HERE;
        }
        if (way.size() == 3 && way.get(2).equals("abort")) {
            return new Route.NamedInBody(BodySubject.PARTITION);
        }
        return way.size() == 4 && (way.get(3).equals("abort") || way.get(3).equals("commit"))
                ? new Route.TransactionCoordinator(text(way, 2)) : Route.HERE;
    }

    /** As they are written; none where the path is none that a resource has. */
    private static List<String> segments(String path) {
        if (!path.startsWith("/") || path.indexOf(';') >= 0) {
            return List.of();
        }
        List<String> segments = new ArrayList<>(List.of(path.substring(1).split("/", -1)));
        if (segments.size() > 1 && segments.get(segments.size() - 1).isEmpty()) {
            segments.remove(segments.size() - 1);
        }
        return segments.contains("") ? List.of() : segments;
    }

    /** What a resource is given for a segment. */
    private static String text(List<String> way, int at) {
        return decoded(way.get(at).replace("+", "%2B"));
    }

    /** With a plus for a space, as queries have it. */
    private static String decoded(String text) {
        try {
            return URLDecoder.decode(text, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw RequestException.badRequest("it has a % that two hexadecimal digits do not follow");
        }
    }

    private static Map<String, List<String>> parameters(String query) {
        Map<String, List<String>> parameters = new HashMap<>();
        for (String each : query == null ? new String[0] : query.split("&")) {
            int sign = each.indexOf('=');
            String name = decoded(sign < 0 ? each : each.substring(0, sign));
            parameters.computeIfAbsent(name, any -> new ArrayList<>()).add(sign < 0 ? "" : decoded(each.substring(sign + 1)));
        }
        return parameters;
    }
}
