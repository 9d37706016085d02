package io.millrace.rest.routing;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.broker.produce.RecordAccumulator;
import io.millrace.transaction.idempotency.IdempotencyKey;
import jakarta.ws.rs.HttpMethod;
import jakarta.ws.rs.Path;
import java.io.IOException;
import java.lang.annotation.Annotation;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RouteTableTest {
    private static final long MOST_MS = 60_000;
    private static final Route LEADER = new Route.Leader("orders", 3);
    private static final Route GROUP = Route.GroupCoordinator.of("shop");
    private static final Route CONSUMER = new Route.GroupCoordinator("shop", "anna", false);
    private static final Route TRANSACTION = new Route.TransactionCoordinator("tx");

    /** Every operation of the description, with the parameters of its path set. */
    private static final Map<String, Route> OPERATIONS = new TreeMap<>(Map.ofEntries(
            Map.entry("GET /", Route.HERE),
            Map.entry("GET /topics", Route.HERE),
            Map.entry("GET /topics/{topic}", Route.HERE),
            Map.entry("POST /topics/{topic}", Route.HERE),
            Map.entry("GET /topics/{topic}/partitions", Route.HERE),
            Map.entry("GET /topics/{topic}/partitions/{partition}", Route.HERE),
            Map.entry("POST /topics/{topic}/partitions/{partition}", LEADER),
            Map.entry("GET /topics/{topic}/partitions/{partition}/offsets", LEADER),
            Map.entry("GET /topics/{topic}/partitions/{partition}/records", LEADER),
            Map.entry("POST /producers", Route.HERE),
            Map.entry("POST /consumers/{groupid}", GROUP),
            Map.entry("POST /transactions", new Route.NamedInBody(BodySubject.TRANSACTIONAL_ID)),
            Map.entry("GET /transactions", Route.HERE),
            Map.entry("GET /transactions/{id}", TRANSACTION),
            Map.entry("POST /transactions/{id}/offsets", new Route.NamedInBody(BodySubject.GROUP)),
            Map.entry("POST /transactions/{id}/commit", TRANSACTION),
            Map.entry("POST /transactions/{id}/abort", TRANSACTION),
            Map.entry("POST /transactions/{id}/prepare", TRANSACTION),
            Map.entry("GET /admin/groups", Route.HERE),
            Map.entry("POST /admin/topics", Route.HERE),
            Map.entry("GET /admin/topics/{topic}", Route.HERE),
            Map.entry("DELETE /admin/topics/{topic}", Route.HERE),
            Map.entry("GET /admin/topics/{topic}/configs", Route.HERE),
            Map.entry("PATCH /admin/topics/{topic}/configs", Route.HERE),
            Map.entry("POST /admin/topics/{topic}/partitions", Route.HERE),
            Map.entry("DELETE /admin/topics/{topic}/partitions/{partition}/records", LEADER),
            Map.entry("GET /admin/cluster", Route.HERE),
            Map.entry("POST /admin/cluster/recover", Route.HERE),
            Map.entry("GET /admin/reassignments", Route.HERE),
            Map.entry("POST /admin/reassignments", Route.HERE),
            Map.entry("DELETE /admin/reassignments/{topic}/{partition}", Route.HERE),
            Map.entry("POST /admin/brokers/{id}/drain", Route.HERE),
            Map.entry("GET /admin/transactions/hanging", Route.HERE),
            Map.entry("POST /admin/transactions/abort", new Route.NamedInBody(BodySubject.PARTITION)),
            Map.entry("POST /admin/transactions/{id}/abort", TRANSACTION),
            Map.entry("POST /admin/transactions/{id}/commit", TRANSACTION)));

    private final RouteTable table = new RouteTable(MOST_MS);

    private RouteTable.Routed routed(String method, String path, String query, Map<String, String> headers) {
        Map<String, String> all = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        all.putAll(headers);
        return table.route(method, path, query, name -> all.containsKey(name) ? List.of(all.get(name)) : List.of());
    }

    private Route route(String method, String path) {
        return routed(method, path, null, Map.of()).route();
    }

    private static String filled(String path) {
        return path.replace("{topic}", "orders").replace("{partition}", "3").replace("{groupid}", "shop").replace("{group}", "shop")
                .replace("{name}", "anna").replace("{id}", "tx");
    }

    @Test
    void eachOperationHasItsOwner() throws IOException {
        Set<String> seen = new TreeSet<>();
        for (String operation : operations()) {
            String method = operation.substring(0, operation.indexOf(' '));
            String path = operation.substring(operation.indexOf(' ') + 1);
            Route expected = path.startsWith("/consumers/{groupid}/instances") ? ofAConsumer(path)
                    : path.startsWith("/admin/groups/{group}") ? GROUP : OPERATIONS.get(operation);
            if (expected == null) {
                expected = Route.HERE; // resources that do not know of owners
            }
            assertThat(route(method, filled(path))).as(operation).isEqualTo(expected);
            assertThat(route(method, filled(path) + (path.endsWith("/") ? "" : "/"))).as(operation + "/").isEqualTo(expected);
            seen.add(operation);
        }
        assertThat(seen).containsAll(OPERATIONS.keySet());
    }

    private static Route ofAConsumer(String path) {
        return path.endsWith("/records") ? new Route.GroupCoordinator("shop", "anna", true) : CONSUMER;
    }

    /** As their annotations say. */
    private static Set<String> operations() throws IOException {
        Set<String> operations = new TreeSet<>();
        try (Stream<java.nio.file.Path> files = Files.list(java.nio.file.Path.of("src/main/java/io/millrace/rest"))) {
            files.map(file -> file.getFileName().toString()).filter(name -> name.endsWith("Resource.java")).forEach(name -> {
                Class<?> resource = load("io.millrace.rest." + name.replace(".java", ""));
                for (Method method : resource.getDeclaredMethods()) {
                    for (Annotation annotation : method.getAnnotations()) {
                        HttpMethod verb = annotation.annotationType().getAnnotation(HttpMethod.class);
                        if (verb != null && !verb.value().equals("OPTIONS")) {
                            operations.add(verb.value() + " " + path(resource, method));
                        }
                    }
                }
            });
        }
        return operations;
    }

    private static Class<?> load(String name) {
        try {
            return Class.forName(name);
        } catch (ClassNotFoundException e) {
            throw new AssertionError(e);
        }
    }

    private static String path(Class<?> resource, Method method) {
        Path own = method.getAnnotation(Path.class);
        String root = resource.getAnnotation(Path.class).value();
        return own == null ? root : root + "/" + own.value();
    }

    @Test
    void theIncarnationBelongsToTheConsumer() {
        assertThat(route("POST", "/consumers/shop/instances/anna/incarnations/17/offsets")).isEqualTo(CONSUMER);
        assertThat(route("DELETE", "/consumers/shop/instances/anna/incarnations/17")).isEqualTo(CONSUMER);
        assertThat(route("GET", "/consumers/shop/instances/anna/incarnations/17/records"))
                .isEqualTo(new Route.GroupCoordinator("shop", "anna", true));
    }

    @Test
    void namesAreDecodedAsForResources() {
        assertThat(route("GET", "/topics/a%2Eb/partitions/0/offsets")).isEqualTo(new Route.Leader("a.b", 0));
        assertThat(route("POST", "/consumers/a%2Fb+c%3B")).isEqualTo(Route.GroupCoordinator.of("a/b+c;"));
        assertThat(route("DELETE", "/consumers/g/instances/%C3%A4")).isEqualTo(new Route.GroupCoordinator("g", "ä", false));
    }

    @ParameterizedTest
    @ValueSource(strings = {"/topics/t/partitions/x/records", "/topics/t/partitions/-1/records", "/topics/t/partitions/99999999999/records",
        "/topics/t;a=b/partitions/0/records", "/topics//partitions/0/records", "topics/t/partitions/0/records", "", "/", "//",
        "/internal/fetch", "/topics/t/partitions/0/records/more", "/other/t/partitions/0/records", "/topics/%zz/partitions/0/records"})
    void whatNoResourceTakesIsAnsweredHere(String path) {
        assertThat(route("GET", path)).isEqualTo(Route.HERE);
    }

    @ParameterizedTest
    @ValueSource(strings = {"OPTIONS", "TRACE", "CONNECT", "get"})
    void methodsThatNoResourceHasAreAnsweredHere(String method) {
        assertThat(route(method, "/consumers/shop/instances/anna/records")).isEqualTo(Route.HERE);
        assertThat(route(method, "/topics/orders/partitions/3/records")).isEqualTo(Route.HERE);
    }

    @Test
    void aHeadGoesWhereTheGetWouldButNotWhereThatActs() {
        assertThat(route("HEAD", "/topics/orders/partitions/3/records")).isEqualTo(LEADER);
        assertThat(route("HEAD", "/transactions/tx")).isEqualTo(TRANSACTION);
        assertThat(route("HEAD", "/consumers/shop/instances/anna/records")).isEqualTo(Route.HERE);
    }

    @Test
    void theOwnerOfAKeyIsItsCoordinator() {
        Map<String, String> keyed = Map.of("idempotency-key", "\"k 1\"");
        assertThat(routed("POST", "/topics/orders", null, keyed).route())
                .isEqualTo(new Route.KeyCoordinator(new IdempotencyKey("orders", RecordAccumulator.ANY_PARTITION, "k 1")));
        assertThat(routed("POST", "/topics/orders/partitions/3", "acks=1", keyed).route())
                .isEqualTo(new Route.KeyCoordinator(new IdempotencyKey("orders", 3, "k 1")));
    }

    @Test
    void aKeyThatIsRefusedHasNone() {
        String path = "/topics/orders/partitions/3";
        Map<String, String> keyed = Map.of("Idempotency-Key", "k");
        assertThat(routed("POST", path, "acks=0", keyed).route()).isEqualTo(LEADER);
        assertThat(routed("POST", path, "async=true", keyed).route()).isEqualTo(LEADER);
        assertThat(routed("POST", path, null, Map.of("Idempotency-Key", "k", "Millrace-Transaction", "tx")).route()).isEqualTo(LEADER);
        assertThat(routed("POST", path, null, Map.of("Idempotency-Key", "k", "Content-Type", "application/vnd.millrace.batch")).route())
                .isEqualTo(LEADER);
        assertThat(routed("POST", path, null, Map.of("Idempotency-Key", "\"k")).route()).isEqualTo(Route.HERE);
        assertThat(routed("POST", path, "acks=7", keyed).route()).isEqualTo(Route.HERE);
        assertThat(routed("POST", "/topics/__consumer_offsets", null, keyed).route()).isEqualTo(Route.HERE);
    }

    @Test
    void theOwnerIsWaitedForAsLongAsItIsAskedToWait() {
        String fetch = "/topics/orders/partitions/3/records";
        assertThat(routed("GET", fetch, null, Map.of()).waitMs()).isZero();
        assertThat(routed("GET", fetch, "offset=3&time%6Fut=5000", Map.of()).waitMs()).isEqualTo(5_000);
        assertThat(routed("GET", fetch, "timeout=999999999", Map.of()).waitMs()).isEqualTo(MOST_MS);
        assertThat(routed("GET", fetch, "timeout=x", Map.of()).route()).isEqualTo(Route.HERE);
        assertThat(routed("GET", fetch, "timeout=1&timeout=2", Map.of()).route()).isEqualTo(Route.HERE);

        String poll = "/consumers/shop/instances/anna/records";
        assertThat(routed("GET", poll, "timeout=7", Map.of()).waitMs()).isEqualTo(7);
        assertThat(routed("GET", poll, "timeout=", Map.of()).route()).isEqualTo(Route.HERE);
        assertThat(new RouteTable(10).route("GET", poll, null, name -> List.of()).waitMs()).isEqualTo(10);
        assertThat(routed("GET", "/consumers/shop/instances/anna/subscription", "timeout=7", Map.of()).waitMs()).isZero();
    }
}
