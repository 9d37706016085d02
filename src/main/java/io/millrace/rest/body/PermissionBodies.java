package io.millrace.rest.body;

import io.millrace.rest.dialect.RequestException;
import io.millrace.security.Operation;
import io.millrace.security.Permission;
import io.millrace.security.PermissionFilter;
import io.millrace.security.Quota;
import io.millrace.security.Resource;
import io.millrace.security.ResourcePattern;
import io.millrace.security.ResourceType;
import io.millrace.security.Subject;
import jakarta.json.JsonNumber;
import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** Bodies and queries about permissions and quotas. */
public final class PermissionBodies {
    private static final int MOST_AT_ONCE = 1_000;
    private static final Set<String> PERMISSIONS = Set.of("permissions");
    private static final Set<String> PERMISSION = Set.of("principal", "group", "everyone", "operations", "resource_type", "pattern_type",
            "resource_name", "effect");
    private static final Set<String> QUOTAS = Set.of("quotas");
    private static final Set<String> QUOTA = Set.of("principal", "default", "produce_bytes_per_second", "fetch_bytes_per_second",
            "requests_per_second");

    private PermissionBodies() {
    }

    /**
     * The permissions of a body, one for each operation that an entry has.
     *
     * @throws RequestException 400 for a wrong shape; 422 for values that are not allowed, and for more than 1,000
     */
    public static List<Permission> permissions(JsonObject body) {
        JsonFields.requireKnown(body, PERMISSIONS);
        List<Permission> all = new ArrayList<>();
        for (JsonValue value : JsonFields.list(body, "permissions")) {
            JsonObject entry = JsonFields.object("permissions", value);
            JsonFields.requireKnown(entry, PERMISSION);
            Subject subject = subject(entry);
            ResourcePattern resources = resources(entry);
            Permission.Effect effect = choice("effect", text(entry, "effect"), Permission.Effect.values(), Permission.Effect.ALLOW);
            List<JsonValue> operations = JsonFields.list(entry, "operations");
            if (operations.isEmpty()) {
                throw RequestException.unprocessable("\"operations\" is empty: name one at least");
            }
            for (JsonValue operation : operations) {
                Operation what = choice("operations", JsonFields.string("operations", operation), Operation.values(), null);
                all.add(allowed(() -> new Permission(subject, what, resources, effect)));
            }
            requireFew(all.size(), "permissions");
        }
        return all;
    }

    private static void requireFew(int count, String what) {
        if (count > MOST_AT_ONCE) {
            throw RequestException.unprocessable("these are more than " + MOST_AT_ONCE + " " + what + ": send several requests");
        }
    }

    private static Subject subject(JsonObject entry) {
        List<Subject> named = new ArrayList<>();
        String principal = text(entry, "principal");
        String group = text(entry, "group");
        if (principal != null) {
            named.add(allowed(() -> Subject.principal(principal)));
        }
        if (group != null) {
            named.add(allowed(() -> Subject.group(group)));
        }
        if (flag(entry, "everyone")) {
            named.add(Subject.EVERYONE);
        }
        if (named.size() != 1) {
            throw RequestException.unprocessable(
                    "a permission is about a \"principal\", a \"group\" or \"everyone\": name one of them, once");
        }
        return named.get(0);
    }

    private static ResourcePattern resources(JsonObject entry) {
        ResourceType type = choice("resource_type", text(entry, "resource_type"), ResourceType.values(), null);
        ResourcePattern.Kind kind = choice("pattern_type", text(entry, "pattern_type"), ResourcePattern.Kind.values(),
                ResourcePattern.Kind.LITERAL);
        String usual = type == ResourceType.CLUSTER ? Resource.CLUSTER.name() : "";
        String name = text(entry, "resource_name");
        return allowed(() -> new ResourcePattern(type, kind, name == null ? usual : name));
    }

    /**
     * The filter of a query.
     *
     * @throws RequestException 400 for values that there are not
     */
    public static PermissionFilter filter(QueryParameters query) {
        Map<Subject.Kind, String> named = new LinkedHashMap<>();
        if (query.text("principal") != null) {
            named.put(Subject.Kind.PRINCIPAL, query.text("principal"));
        }
        if (query.text("group") != null) {
            named.put(Subject.Kind.GROUP, query.text("group"));
        }
        if (query.flag("everyone")) {
            named.put(Subject.Kind.EVERYONE, "");
        }
        if (named.size() > 1) {
            throw RequestException.badRequest("the query names a principal, a group or everyone: no permission is about two of them");
        }
        Subject.Kind kind = named.keySet().stream().findFirst().orElse(null);
        try {
            return new PermissionFilter(kind, named.get(kind), asked(query, "operation", Operation.values()),
                    asked(query, "resource_type", ResourceType.values()), asked(query, "pattern_type", ResourcePattern.Kind.values()),
                    query.text("resource_name"), asked(query, "effect", Permission.Effect.values()));
        } catch (RequestException wrong) {
            throw RequestException.badRequest(wrong.getMessage());
        }
    }

    private static <E extends Enum<E>> E asked(QueryParameters query, String name, E[] values) {
        String text = query.text(name);
        return text == null ? null : choice(name, text, values, null);
    }

    /**
     * The quotas of a body.
     *
     * @throws RequestException 400 for a wrong shape; 422 for values that are not allowed
     */
    public static List<Quota> quotas(JsonObject body) {
        JsonFields.requireKnown(body, QUOTAS);
        Map<String, Quota> all = new LinkedHashMap<>();
        for (JsonValue value : JsonFields.list(body, "quotas")) {
            JsonObject entry = JsonFields.object("quotas", value);
            JsonFields.requireKnown(entry, QUOTA);
            String principal = text(entry, "principal");
            if (flag(entry, "default") == (principal != null)) {
                throw RequestException.unprocessable("a quota is that of a \"principal\", or with \"default\":true of all others: say one");
            }
            Quota quota = allowed(() -> new Quota(principal, number(entry, "produce_bytes_per_second"),
                    number(entry, "fetch_bytes_per_second"), number(entry, "requests_per_second")));
            if (quota.isEmpty()) {
                throw RequestException.unprocessable("a quota has one of its three numbers at least; delete it to lift it");
            } else if (all.put(principal, quota) != null) {
                throw RequestException.unprocessable("a quota is there twice: name each principal once");
            }
            requireFew(all.size(), "quotas");
        }
        return List.copyOf(all.values());
    }

    private static Long number(JsonObject entry, String name) {
        JsonValue value = JsonFields.present(entry, name);
        if (value == null) {
            return null;
        } else if (value instanceof JsonNumber number && number.isIntegral()) {
            try {
                return number.longValueExact();
            } catch (ArithmeticException beyond) {
                throw RequestException.unprocessable("\"" + name + "\" is beyond 64 bits");
            }
        }
        throw RequestException.invalidBody("\"" + name + "\" must be a whole number");
    }

    private static String text(JsonObject entry, String name) {
        JsonValue value = JsonFields.present(entry, name);
        return value == null ? null : JsonFields.string(name, value);
    }

    private static boolean flag(JsonObject entry, String name) {
        JsonValue value = JsonFields.present(entry, name);
        if (value != null && value != JsonValue.TRUE && value != JsonValue.FALSE) {
            throw RequestException.invalidBody("\"" + name + "\" must be true or false");
        }
        return value == JsonValue.TRUE;
    }

    /** @param otherwise null: it must be said */
    private static <E extends Enum<E>> E choice(String name, String text, E[] values, E otherwise) {
        for (E value : values) {
            if (value.name().equalsIgnoreCase(text)) {
                return value;
            }
        }
        if (text == null && otherwise != null) {
            return otherwise;
        }
        throw RequestException.unprocessable("\"" + name + "\" must be one of " + Arrays.stream(values).map(PermissionBodies::word)
                .collect(Collectors.joining(", ")) + (text == null ? "" : ", not \"" + Numbers.quoted(text) + "\""));
    }

    private static String word(Enum<?> value) {
        return value instanceof Operation ? value.name() : value.name().toLowerCase(Locale.ROOT);
    }

    private static <T> T allowed(Supplier<T> made) {
        try {
            return made.get();
        } catch (IllegalArgumentException wrong) {
            throw RequestException.unprocessable(wrong.getMessage());
        }
    }
}
