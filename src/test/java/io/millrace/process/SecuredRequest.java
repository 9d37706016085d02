package io.millrace.process;

import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A request of the API, who may ask for it by its role, and which permission it needs: as {@code docs/security.md} and
 * {@code docs/permissions.md} say. None of them does any harm.
 *
 * @param name   method and path, as the description of the API has them
 * @param body   empty: none
 * @param asker  whose permissions are tried: one whose role lets it ask, and whom permissions hold
 * @param need   null: none
 * @param hides  what becomes of who may not even see what it is about
 * @param status when it is allowed
 */
record SecuredRequest(String name, String path, String body, String asker, Need need, Hides hides, int status) {
    static final String TOPIC = "table-topic";
    static final String GROUP = "table-group";
    static final String TRANSACTIONAL_ID = "table-id";

    private static final Set<String> OPEN = Set.of("GET /healthy", "GET /ready");
    private static final Set<String> GIVE_DESCRIBE = Set.of("READ", "WRITE", "DELETE", "ALTER");
    private static final Map<String, Set<String>> OPERATORS = Map.of(
            "topic", Set.of("CREATE", "ALTER", "ALTER_CONFIGS", "DESCRIBE", "DESCRIBE_CONFIGS"), "group", Set.of("DESCRIBE"),
            "transactional_id", Set.of("DESCRIBE"),
            "cluster", Set.of("CREATE", "DESCRIBE", "CLUSTER_ACTION", "ALTER_CONFIGS", "DESCRIBE_CONFIGS"));
    private static final Map<String, Set<String>> CLIENTS_AT_FIRST = Map.of(
            "topic", Set.of("READ", "WRITE", "DESCRIBE", "DESCRIBE_CONFIGS"), "group", Set.of("READ", "DESCRIBE"),
            "transactional_id", Set.of("WRITE", "DESCRIBE"), "cluster", Set.of("IDEMPOTENT_WRITE"));

    private static final Map<String, String> SUBJECTS = Map.of("topic", TOPIC, "group", GROUP, "transactional_id", TRANSACTIONAL_ID);
    private static final String TABLE = """
            # request | path, = as the request says | body | asker | operation | resource | unseen | status
            GET / | = | | client | - | - | no | 200
            GET /healthy | = | | client | - | - | no | 200
            GET /ready | = | | client | - | - | no | 200
            GET /topics | = | | client | DESCRIBE | topic | list | 200
            GET /topics/{topic} | = | | client | DESCRIBE | topic | 404 | 200
            POST /topics/{topic} | = | {"records":[{"value":1}]} | client | WRITE | topic | 404 | 200
            GET /topics/{topic}/partitions | = | | client | DESCRIBE | topic | 404 | 200
            GET /topics/{topic}/partitions/{partition} | = | | client | DESCRIBE | topic | 404 | 200
            POST /topics/{topic}/partitions/{partition} | = | {"records":[{"value":1}]} | client | WRITE | topic | 404 | 200
            GET /topics/{topic}/partitions/{partition}/offsets | = | | client | DESCRIBE | topic | 404 | 200
            GET /topics/{topic}/partitions/{partition}/records | = | | client | READ | topic | 404 | 200
            POST /producers | = | {} | client | IDEMPOTENT_WRITE | cluster | no | 201
            POST /consumers/{groupid} | = | {"none":1} | client | READ | group | no | 400
            DELETE C | = | | client | READ | group | no | 404
            GET C/subscription | = | | client | READ | group | no | 404
            POST C/subscription | = | {"none":1} | client | READ | group | no | 404
            DELETE C/subscription | = | | client | READ | group | no | 404
            GET C/assignments | = | | client | READ | group | no | 404
            POST C/assignments | = | {"none":1} | client | READ | group | no | 404
            GET C/records | = | | client | READ | group | no | 404
            GET C/offsets | = | | client | READ | group | no | 404
            POST C/offsets | = | {"none":1} | client | READ | group | no | 404
            POST C/positions | = | {"none":1} | client | READ | group | no | 404
            POST C/positions/beginning | = | {"none":1} | client | READ | group | no | 404
            POST C/positions/end | = | {"none":1} | client | READ | group | no | 404
            GET /transactions | = | | client | DESCRIBE | transactional_id | list | 200
            POST /transactions | = | {"transactional_id":"table-id"} | client | WRITE | transactional_id | no | 201
            GET /transactions/{id} | = | | client | DESCRIBE | transactional_id | 404 | 200
            POST /transactions/{id}/offsets | = | {"none":1} | client | WRITE | transactional_id | no | 400
            POST /transactions/{id}/commit | = | {"none":1} | client | WRITE | transactional_id | no | 400
            POST /transactions/{id}/abort | = | {"none":1} | client | WRITE | transactional_id | no | 400
            POST /transactions/{id}/prepare | = | {"none":1} | client | WRITE | transactional_id | no | 400
            GET /admin/transactions/hanging | = | | operator | DESCRIBE | cluster | no | 200
            POST /admin/transactions/abort | = | {"none":1} | broker | CLUSTER_ACTION | cluster | no | 400
            POST /admin/transactions/{id}/abort | = | {"none":1} | broker | CLUSTER_ACTION | cluster | no | 400
            POST /admin/transactions/{id}/commit | = | {"none":1} | broker | CLUSTER_ACTION | cluster | no | 400
            POST /admin/topics | = | {"topic_name":"table-topic"} | broker | CREATE | topic | no | 409
            GET /admin/topics/{topic} | = | | operator | DESCRIBE | topic | 404 | 200
            DELETE /admin/topics/{topic} | /admin/topics/none | | broker | DELETE | topic none | 404 | 404
            GET /admin/topics/{topic}/configs | = | | operator | DESCRIBE_CONFIGS | topic | 404 | 200
            PATCH /admin/topics/{topic}/configs | = | {"none":1} | broker | ALTER_CONFIGS | topic | 404 | 400
            POST /admin/topics/{topic}/partitions | = | {"none":1} | broker | ALTER | topic | 404 | 400
            DELETE /admin/topics/{topic}/partitions/{partition}/records | =?before_offset=0 | | broker | DELETE | topic | 404 | 200
            GET /admin/groups | = | | operator | DESCRIBE | group | list | 200
            GET /admin/groups/{group} | = | | operator | DESCRIBE | group | 404 | 200
            POST /admin/groups/{group}/offsets | = | {"none":1} | broker | READ | group | 404 | 400
            DELETE /admin/groups/{group} | = | | broker | DELETE | group | 404 | 409
            DELETE /admin/groups/{group}/members/{name} | = | | broker | READ | group | 404 | 404
            GET /admin/cluster | = | | operator | DESCRIBE | cluster | no | 200
            POST /admin/cluster/recover | = | {"none":1} | broker | CLUSTER_ACTION | cluster | no | 400
            GET /admin/reassignments | = | | operator | DESCRIBE | cluster | no | 200
            POST /admin/reassignments | = | {"none":1} | operator | CLUSTER_ACTION | cluster | no | 400
            DELETE /admin/reassignments/{topic}/{partition} | /admin/reassignments/none/0 | | operator | CLUSTER_ACTION | cluster | no | 404
            POST /admin/brokers/{id}/drain | /admin/brokers/99999/drain | | operator | CLUSTER_ACTION | cluster | no | 400
            GET /admin/permissions | = | | operator | DESCRIBE | cluster | no | 200
            POST /admin/permissions | = | {"none":1} | broker | ALTER | cluster | no | 400
            DELETE /admin/permissions | =?principal=none | | broker | ALTER | cluster | no | 200
            GET /admin/quotas | = | | operator | DESCRIBE_CONFIGS | cluster | no | 200
            POST /admin/quotas | = | {"none":1} | broker | ALTER_CONFIGS | cluster | no | 400
            DELETE /admin/quotas | =?principal=none | | broker | ALTER_CONFIGS | cluster | no | 200
            """;

    /** @param resource its name; null for the cluster */
    record Need(String operation, String type, String resource) {
        /** As a body that permits or forbids it to somebody. */
        String permission(String principal, String effect) {
            String name = resource == null ? "" : ",\"resource_name\":\"" + resource + "\"";
            return "{\"permissions\":[{\"principal\":\"%s\",\"operations\":[\"%s\"],\"resource_type\":\"%s\"%s,\"effect\":\"%s\"}]}"
                    .formatted(principal, operation, type, name, effect);
        }
    }

    enum Hides {
        /** It is told that it may not. */
        NOTHING,
        /** What it names is as if it were not there. */
        SUBJECT,
        /** The list leaves it out. */
        IN_LIST
    }

    /** Which permissions there are. */
    enum Permissions {
        /** None at all. */
        UNUSED,
        /** Of others only. */
        OF_OTHERS,
        /** The one that the request needs. */
        GIVEN,
        /** The same one, and a denial of it. */
        DENIED
    }

    /**
     * What is to be answered.
     *
     * @param says    is in the answer
     * @param saysNot is not
     */
    record Expected(int status, String says, String saysNot) {
    }

    static List<SecuredRequest> all() {
        return TABLE.lines().filter(line -> !line.startsWith("#")).map(line -> line.split("\\s*\\|\\s*")).map(SecuredRequest::of).toList();
    }

    private static SecuredRequest of(String[] cells) {
        String name = cells[0].replaceFirst(" C(?=/|$)", " /consumers/{groupid}/instances/{name}");
        String path = cells[1].startsWith("=") ? pathOf(name) + cells[1].substring(1) : cells[1];
        String[] resource = cells[5].split(" ");
        Need need = cells[4].equals("-") ? null
                : new Need(cells[4], resource[0], resource.length == 1 ? SUBJECTS.get(resource[0]) : resource[1]);
        Hides hides = switch (cells[6]) {
            case "no" -> Hides.NOTHING;
            case "404" -> Hides.SUBJECT;
            case "list" -> Hides.IN_LIST;
            default -> throw new IllegalArgumentException(cells[6]);
        };
        return new SecuredRequest(name, path, cells[2], cells[3], need, hides, Integer.parseInt(cells[7]));
    }

    private static String pathOf(String name) {
        return name.substring(name.indexOf(' ') + 1).replaceFirst("\\{topic}", TOPIC).replaceFirst("\\{group(id)?}", GROUP)
                .replaceFirst("\\{id}", TRANSACTIONAL_ID).replaceFirst("\\{name}", "none").replaceFirst("\\{partition}", "0");
    }

    String method() {
        return name.substring(0, name.indexOf(' '));
    }

    /** To probes, which have no credentials. */
    boolean isOpen() {
        return OPEN.contains(name);
    }

    /** Who may ask for it, by role. */
    Set<String> roles() {
        boolean operation = path.startsWith("/admin/brokers") || path.startsWith("/admin/reassignments");
        if (!path.startsWith("/admin")) {
            return Set.of("client", "operator", "admin", "broker");
        }
        return method().equals("GET") || operation ? Set.of("operator", "admin", "broker") : Set.of("admin", "broker");
    }

    /** @param role of one who may ask for it */
    Expected expected(String role, Permissions permissions) {
        if (need == null || permits(role, need.operation, permissions)) {
            return new Expected(status, hides == Hides.IN_LIST ? '"' + need.resource + '"' : "", " may not ");
        } else if (hides == Hides.IN_LIST) {
            return new Expected(200, "", '"' + need.resource + '"');
        } else if (hides == Hides.SUBJECT && !permits(role, "DESCRIBE", permissions)) {
            return new Expected(404, "", " may not ");
        }
        return new Expected(403, " may not " + need.operation + " ", "\tat ");
    }

    private boolean permits(String role, String operation, Permissions permissions) {
        boolean needed = operation.equals(need.operation);
        if (role.equals("admin")) {
            return true;
        } else if (permissions == Permissions.DENIED && needed) {
            return false;
        }
        boolean given = permissions == Permissions.GIVEN || permissions == Permissions.DENIED;
        return given && (needed || operation.equals("DESCRIBE") && GIVE_DESCRIBE.contains(need.operation))
                || role.equals("operator") && OPERATORS.get(need.type).contains(operation)
                || role.equals("broker") && need.type.equals("cluster") && operation.equals("CLUSTER_ACTION")
                || role.equals("client") && permissions == Permissions.UNUSED && CLIENTS_AT_FIRST.get(need.type).contains(operation);
    }

    @Override
    public String toString() {
        return name;
    }
}
