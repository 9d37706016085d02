package io.millrace.rest.guard;

import static io.millrace.rest.guard.AccessRule.Mark.ADMINISTRATIVE;
import static io.millrace.rest.guard.AccessRule.Mark.HIDDEN;
import static io.millrace.rest.guard.AccessRule.Mark.OPEN;
import static io.millrace.rest.guard.AccessRule.Mark.SOME_WRITE;
import static io.millrace.rest.guard.AccessRule.Mark.TRANSACTIONAL;
import static io.millrace.security.Operation.ALTER;
import static io.millrace.security.Operation.ALTER_CONFIGS;
import static io.millrace.security.Operation.CLUSTER_ACTION;
import static io.millrace.security.Operation.DELETE;
import static io.millrace.security.Operation.DESCRIBE;
import static io.millrace.security.Operation.DESCRIBE_CONFIGS;
import static io.millrace.security.Operation.READ;
import static io.millrace.security.Operation.WRITE;

import io.millrace.rest.guard.AccessRule.Mark;
import io.millrace.security.Operation;
import io.millrace.security.ResourceType;
import io.millrace.security.Throttle.Traffic;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** For every method and path of the interface: what is done to what. Immutable. */
final class AccessTable {
    private static final Map<String, ResourceType> NAMED = Map.of("{topic}", ResourceType.TOPIC, "{group}", ResourceType.GROUP,
            "{id}", ResourceType.TRANSACTIONAL_ID);
    private static final String INSTANCE = "/consumers/{group}/instances/{name}";

    /** By how many segments a path has, then by the first. */
    private final Map<Integer, Map<String, List<AccessRule>>> rules = new HashMap<>();

    AccessTable() {
        open("GET", "/");
        open("GET", "/openapi");
        open("GET", "/healthy");
        open("GET", "/ready");
        open("GET", "/metrics");
        topics();
        consumers();
        transactions();
        topicAdministration();
        groupAdministration();
        clusterAdministration();
    }

    private void topics() {
        add("GET", "/topics", null);
        add("GET", "/topics/{topic}", DESCRIBE);
        add("POST", "/topics/{topic}", WRITE, Traffic.PRODUCE, TRANSACTIONAL);
        add("GET", "/topics/{topic}/partitions", DESCRIBE);
        add("GET", "/topics/{topic}/partitions/{partition}", DESCRIBE);
        add("POST", "/topics/{topic}/partitions/{partition}", WRITE, Traffic.PRODUCE, TRANSACTIONAL);
        add("GET", "/topics/{topic}/partitions/{partition}/offsets", DESCRIBE);
        add("GET", "/topics/{topic}/partitions/{partition}/records", READ, Traffic.FETCH);
        add("POST", "/producers", null, SOME_WRITE);
    }

    private void consumers() {
        add("POST", "/consumers/{group}", READ);
        add("DELETE", INSTANCE, READ);
        add("GET", INSTANCE + "/subscription", READ);
        add("POST", INSTANCE + "/subscription", READ);
        add("DELETE", INSTANCE + "/subscription", READ);
        add("GET", INSTANCE + "/assignments", READ);
        add("POST", INSTANCE + "/assignments", READ);
        add("GET", INSTANCE + "/records", READ, Traffic.FETCH);
        add("GET", INSTANCE + "/offsets", READ);
        add("POST", INSTANCE + "/offsets", READ);
        add("GET", INSTANCE + "/positions", READ);
        add("POST", INSTANCE + "/positions", READ);
        add("POST", INSTANCE + "/positions/beginning", READ);
        add("POST", INSTANCE + "/positions/end", READ);
    }

    private void transactions() {
        add("GET", "/transactions", null);
        add("POST", "/transactions", null);
        add("GET", "/transactions/{id}", DESCRIBE, HIDDEN);
        add("POST", "/transactions/{id}/offsets", WRITE);
        add("POST", "/transactions/{id}/commit", WRITE);
        add("POST", "/transactions/{id}/abort", WRITE);
        add("POST", "/transactions/{id}/prepare", WRITE);
        addCluster("GET", "/admin/transactions/hanging", DESCRIBE);
        addCluster("POST", "/admin/transactions/abort", CLUSTER_ACTION, ADMINISTRATIVE);
        addCluster("POST", "/admin/transactions/{transaction}/abort", CLUSTER_ACTION, ADMINISTRATIVE);
        addCluster("POST", "/admin/transactions/{transaction}/commit", CLUSTER_ACTION, ADMINISTRATIVE);
    }

    private void topicAdministration() {
        add("POST", "/admin/topics", null);
        add("GET", "/admin/topics/{topic}", DESCRIBE);
        add("DELETE", "/admin/topics/{topic}", DELETE, ADMINISTRATIVE);
        add("GET", "/admin/topics/{topic}/configs", DESCRIBE_CONFIGS);
        add("PATCH", "/admin/topics/{topic}/configs", ALTER_CONFIGS, ADMINISTRATIVE);
        add("POST", "/admin/topics/{topic}/partitions", ALTER, ADMINISTRATIVE);
        add("DELETE", "/admin/topics/{topic}/partitions/{partition}/records", DELETE, ADMINISTRATIVE);
    }

    private void groupAdministration() {
        add("GET", "/admin/groups", null);
        add("GET", "/admin/groups/{group}", DESCRIBE, HIDDEN);
        add("POST", "/admin/groups/{group}/offsets", READ, HIDDEN, ADMINISTRATIVE);
        add("DELETE", "/admin/groups/{group}", DELETE, HIDDEN, ADMINISTRATIVE);
        add("DELETE", "/admin/groups/{group}/members/{name}", READ, HIDDEN, ADMINISTRATIVE);
    }

    private void clusterAdministration() {
        addCluster("GET", "/admin/cluster", DESCRIBE);
        addCluster("POST", "/admin/cluster/recover", CLUSTER_ACTION, ADMINISTRATIVE);
        addCluster("GET", "/admin/reassignments", DESCRIBE);
        addCluster("POST", "/admin/reassignments", CLUSTER_ACTION, ADMINISTRATIVE);
        addCluster("DELETE", "/admin/reassignments/{moved}/{partition}", CLUSTER_ACTION, ADMINISTRATIVE);
        addCluster("POST", "/admin/brokers/{broker}/drain", CLUSTER_ACTION, ADMINISTRATIVE);
        addCluster("GET", "/admin/permissions", DESCRIBE);
        addCluster("POST", "/admin/permissions", ALTER, ADMINISTRATIVE);
        addCluster("DELETE", "/admin/permissions", ALTER, ADMINISTRATIVE);
        addCluster("GET", "/admin/quotas", DESCRIBE_CONFIGS);
        addCluster("POST", "/admin/quotas", ALTER_CONFIGS, ADMINISTRATIVE);
        addCluster("DELETE", "/admin/quotas", ALTER_CONFIGS, ADMINISTRATIVE);
    }

    private void open(String method, String path) {
        add(method, path, List.of(), Traffic.NONE, OPEN);
    }

    private void addCluster(String method, String path, Operation operation, Mark... marks) {
        add(method, path, List.of(Need.of(operation)), Traffic.NONE, marks);
    }

    private void add(String method, String path, Operation operation, Mark... marks) {
        add(method, path, operation, Traffic.NONE, marks);
    }

    /** @param operation on what the path names first; null: it names nothing that there are permissions for */
    private void add(String method, String path, Operation operation, Traffic traffic, Mark... marks) {
        add(method, path, operation == null ? List.of() : List.of(need(operation, split(path))), traffic, marks);
    }

    private static Need need(Operation operation, List<String> path) {
        for (int i = 0; i < path.size(); i++) {
            ResourceType type = NAMED.get(path.get(i));
            if (type != null) {
                return new Need(operation, type, i);
            }
        }
        throw new IllegalArgumentException("no resource in " + path);
    }

    private void add(String method, String path, List<Need> needs, Traffic traffic, Mark... marks) {
        List<String> segments = split(path);
        Set<Mark> all = EnumSet.noneOf(Mark.class);
        all.addAll(List.of(marks));
        rules.computeIfAbsent(segments.size(), none -> new HashMap<>()).computeIfAbsent(first(segments), none -> new ArrayList<>())
                .add(new AccessRule(method, segments, needs, traffic, all));
    }

    private static List<String> split(String path) {
        return path.equals("/") ? List.of() : List.of(path.substring(1).split("/"));
    }

    private static String first(List<String> segments) {
        return segments.isEmpty() ? "" : segments.get(0);
    }

    /**
     * @param method HEAD counts as GET
     * @param path   segments, decoded
     * @return empty: there is no such thing
     */
    Optional<AccessRule> find(String method, List<String> path) {
        String meant = method.equals("HEAD") ? "GET" : method;
        return rules.getOrDefault(path.size(), Map.of()).getOrDefault(first(path), List.of()).stream()
                .filter(rule -> rule.matches(meant, path)).findFirst();
    }
}
