package io.millrace.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.Error;
import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.dialect.Dialects;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * What the description that a server gives of its API promises, and against which its answers are held: a status that is described,
 * and with it a body that has what is described, and nothing else.
 */
final class ApiContract {
    private static final JsonMapper MAPPER = JsonMapper.builder().build();
    private static final String DOCUMENT = "https://millrace.example/openapi";
    private static final Set<String> METHODS = Set.of("get", "put", "post", "delete", "patch", "head");
    /** What the description's beginning says of all operations. */
    private static final Map<String, String> INSTEAD = Map.of("application/json", "application/vnd.kafka.v2+json",
            "application/vnd.kafka.v2+json", "application/json");
    /** Of the response that every operation has beside its own. */
    private static final Set<Integer> OF_ANY = Set.of(400, 401, 403, 405, 406, 413, 415, 421, 429, 500, 503);
    private static final Map<URI, ApiContract> KNOWN = new ConcurrentHashMap<>();

    private final ObjectNode document;
    private final List<Operation> operations = new ArrayList<>();
    private final SchemaRegistry schemas;

    /** @param pointer where it stands in the document */
    record Operation(String method, String path, Pattern paths, String pointer, JsonNode node) {
        /** @param names what to put for each part that is a parameter */
        String path(Map<String, String> names) {
            return Pattern.compile("\\{([^}]*)}").matcher(path).replaceAll(part -> names.getOrDefault(part.group(1), "none"));
        }

        private boolean isOf(String asked, String askedPath) {
            return method.equals(asked) && paths.matcher(askedPath).matches();
        }

        @Override
        public String toString() {
            return method + " " + path;
        }
    }

    private ApiContract(String json) {
        document = (ObjectNode) MAPPER.readTree(json);
        for (Map.Entry<String, JsonNode> path : document.get("paths").properties()) {
            Pattern paths = Pattern.compile(List.of(path.getKey().split("/")).stream()
                    .map(part -> part.startsWith("{") ? "[^/]+" : Pattern.quote(part)).collect(Collectors.joining("/", "", "/?")));
            for (Map.Entry<String, JsonNode> operation : path.getValue().properties()) {
                if (METHODS.contains(operation.getKey())) {
                    operations.add(new Operation(operation.getKey().toUpperCase(Locale.ROOT), path.getKey(), paths,
                            "/paths/" + escaped(path.getKey()) + "/" + operation.getKey(), operation.getValue()));
                }
            }
        }
        ObjectNode strict = document.deepCopy();
        close(strict.get("components").get("responses"), strict);
        schemas = SchemaRegistry.withDefaultDialect(Dialects.getOpenApi31(),
                builder -> builder.schemas(Map.of(DOCUMENT, strict.toString())));
    }

    /** Of the server at this address, which is asked once. */
    static ApiContract of(URI base) {
        return KNOWN.computeIfAbsent(base, key -> {
            try {
                HttpResponse<String> answer = HttpClient.newHttpClient().send(HttpRequest.newBuilder(base.resolve("/openapi?format=json"))
                        .build(), HttpResponse.BodyHandlers.ofString());
                assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
                return new ApiContract(answer.body());
            } catch (IOException e) {
                throw new AssertionError("no description", e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new AssertionError("interrupted", e);
            }
        });
    }

    /** Whoever reads an answer is told of all that may be in it: no object of an answer has more. */
    private static void close(JsonNode node, ObjectNode document) {
        if (node instanceof ObjectNode object) {
            if (object.has("$ref") && object.get("$ref").isString()) {
                JsonNode named = document.at(object.get("$ref").asString().substring(1));
                if (named instanceof ObjectNode schema && !schema.has("additionalProperties")) {
                    close(schema, document);
                }
            } else if (object.has("properties") && object.path("type").asString("").equals("object")
                    && !object.has("additionalProperties")) {
                object.put("additionalProperties", false);
            }
        }
        node.forEach(child -> close(child, document));
    }

    List<Operation> operations() {
        return List.copyOf(operations);
    }

    /** What it takes, by media type; none: an empty map. */
    Map<String, JsonNode> requestContent(Operation operation) {
        return resolved(operation.node().path("requestBody")).path("content").properties().stream()
                .filter(content -> content.getKey().endsWith("json"))
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
    }

    /**
     * Looks at every example of a body that has a schema.
     *
     * @param checked is told where it stands, and what is not as the schema says
     * @return how many there are
     */
    int examples(BiConsumer<String, List<Error>> checked) {
        int[] count = {0};
        eachContent(document, "", (pointer, content) -> {
            if (content.has("example") && content.has("schema")) {
                count[0]++;
                checked.accept(pointer, schemas.getSchema(SchemaLocation.of(DOCUMENT + "#" + pointer + "/schema"))
                        .validate(content.get("example")));
            }
        });
        return count[0];
    }

    private static void eachContent(JsonNode node, String pointer, BiConsumer<String, JsonNode> seen) {
        for (Map.Entry<String, JsonNode> child : node.properties()) {
            String at = pointer + "/" + escaped(child.getKey());
            if (pointer.endsWith("/content")) {
                seen.accept(at, child.getValue());
            } else {
                eachContent(child.getValue(), at, seen);
            }
        }
    }

    /** What is meant by a node, also where it refers to another. */
    JsonNode resolved(JsonNode node) {
        JsonNode found = node;
        while (found.path("$ref").isString()) {
            found = document.at(found.get("$ref").asString().substring(1));
        }
        return found;
    }

    /** Fails where an answer is not as it is described; paths that are not described are not looked at. */
    void check(String method, String path, int status, String contentType, String body) {
        for (Operation operation : operations) {
            if (operation.isOf(method.equals("HEAD") ? "GET" : method, path)) {
                check(operation, status, contentType, method.equals("HEAD") ? "" : body);
                return;
            }
        }
    }

    private void check(Operation operation, int status, String contentType, String body) {
        JsonNode responses = operation.node().get("responses");
        String key = responses.has(Integer.toString(status)) || !OF_ANY.contains(status) ? Integer.toString(status) : "default";
        JsonNode answer = responses.path(key);
        assertThat(answer.isMissingNode()).as("%s: status %d is not described: %s", operation, status, body).isFalse();
        String pointer = answer.has("$ref") ? answer.get("$ref").asString().substring(1) : operation.pointer() + "/responses/" + key;
        JsonNode content = resolved(answer).path("content");
        String type = contentType == null ? "" : contentType.replaceAll("\\s*;.*", "");
        if (body.isEmpty() || !type.endsWith("/json") && !type.endsWith("+json")) {
            return;
        }
        JsonNode described = content.path(type);
        if (described.isMissingNode() && INSTEAD.containsKey(type)) {
            type = INSTEAD.get(type);
            described = content.path(type);
        }
        assertThat(described.isMissingNode()).as("%s: %d as %s is not described: %s", operation, status, type, body).isFalse();
        Schema schema = schemas.getSchema(SchemaLocation.of(DOCUMENT + "#" + pointer + "/content/" + escaped(type) + "/schema"));
        List<Error> errors = schema.validate(body, InputFormat.JSON);
        assertThat(errors).as("%s: %d: %s", operation, status, body.length() > 2_000 ? body.substring(0, 2_000) : body).isEmpty();
    }

    private static String escaped(String name) {
        return name.replace("~", "~0").replace("/", "~1");
    }
}
