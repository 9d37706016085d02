package io.millrace.http;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** From a document that a schema allows: documents that differ from it in one place, in which the schema forbids it. */
final class SchemaViolations {
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    private final UnaryOperator<JsonNode> resolved;
    private final JsonNode root;
    private final List<Violation> found = new ArrayList<>();

    record Violation(String what, JsonNode body) {
    }

    /** Puts a node into its place in the document, which may be left out where it is optional. */
    private record Place(String name, boolean optional, Consumer<JsonNode> put) {
    }

    private SchemaViolations(JsonNode root, UnaryOperator<JsonNode> resolved) {
        this.root = root;
        this.resolved = resolved;
    }

    /** @param resolved what a schema that refers to another means */
    static List<Violation> of(JsonNode schema, JsonNode allowed, UnaryOperator<JsonNode> resolved) {
        SchemaViolations violations = new SchemaViolations(allowed.deepCopy(), resolved);
        violations.walk(resolved.apply(schema), violations.root, null);
        return violations.found;
    }

    private void walk(JsonNode schema, JsonNode node, Place place) {
        if (place != null) {
            scalars(schema, node, place);
        }
        if (node instanceof ObjectNode object && schema.has("properties")) {
            properties(schema, object, place == null ? "the body" : place.name());
        } else if (node instanceof ArrayNode array && !array.isEmpty() && schema.has("items")) {
            walk(resolved.apply(schema.get("items")), array.get(0), new Place(place == null ? "0" : place.name() + "[0]", false,
                    changed -> array.set(0, changed)));
        }
    }

    private void properties(JsonNode schema, ObjectNode object, String name) {
        schema.path("required").forEach(required -> {
            JsonNode removed = object.remove(required.asString());
            note(name + " lacks " + required);
            if (removed != null) {
                object.set(required.asString(), removed);
            }
        });
        if (schema.path("additionalProperties").isBoolean() && !schema.get("additionalProperties").asBoolean()) {
            object.put("unheard_of", 1);
            note(name + " has more than it may");
            object.remove("unheard_of");
        }
        for (Map.Entry<String, JsonNode> property : List.copyOf(object.properties())) {
            JsonNode described = schema.get("properties").get(property.getKey());
            if (described != null) {
                boolean optional = schema.path("required").valueStream().noneMatch(each -> each.asString().equals(property.getKey()));
                walk(resolved.apply(described), property.getValue(), new Place(property.getKey(), optional,
                        changed -> object.set(property.getKey(), changed)));
            }
        }
    }

    private void scalars(JsonNode schema, JsonNode node, Place place) {
        List<String> types = types(schema);
        if (!types.isEmpty()) {
            instances().filter(other -> !types.contains(other.getKey()) && !(other.getKey().equals("integer") && types.contains("number")))
                    .filter(other -> !place.optional() || !other.getValue().isNull()) // as if it was left out
                    .forEach(other -> replace(place, node, other.getValue(), "is of type " + other.getKey()));
        }
        if (schema.has("minimum")) {
            replace(place, node, NODES.numberNode(schema.get("minimum").asLong() - 1), "is below its minimum");
        }
        if (schema.has("maximum") && schema.get("maximum").asLong() < Long.MAX_VALUE) {
            replace(place, node, NODES.numberNode(schema.get("maximum").asLong() + 1), "is above its maximum");
        }
        if (schema.path("minLength").asInt(0) > 0) {
            replace(place, node, NODES.stringNode(""), "is too short");
        }
        if (schema.has("maxLength")) {
            replace(place, node, NODES.stringNode(String.join("", Collections.nCopies(schema.get("maxLength").asInt() + 1, "x"))),
                    "is too long");
        }
        if (schema.path("minItems").asInt(0) > 0) {
            replace(place, node, NODES.arrayNode(), "has too few items");
        }
        if (schema.has("enum")) {
            replace(place, node, NODES.stringNode("unheard-of"), "is none of what it may be");
        }
    }

    private static List<String> types(JsonNode schema) {
        JsonNode type = schema.path("type");
        return type.isArray() ? type.valueStream().map(JsonNode::asString).toList()
                : type.isString() ? List.of(type.asString()) : List.of();
    }

    private static Stream<Map.Entry<String, JsonNode>> instances() {
        return Stream.of(Map.entry("object", NODES.objectNode()), Map.entry("array", NODES.arrayNode()),
                Map.entry("integer", NODES.numberNode(7)), Map.entry("string", NODES.stringNode("seven")),
                Map.entry("boolean", NODES.booleanNode(true)), Map.entry("null", NODES.nullNode()));
    }

    private void replace(Place place, JsonNode now, JsonNode by, String what) {
        place.put().accept(by);
        note(place.name() + " " + what);
        place.put().accept(now);
    }

    private void note(String what) {
        found.add(new Violation(what, root.deepCopy()));
    }
}
