package io.millrace.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.process.RunningServer;
import io.millrace.rest.BridgeResource;
import io.millrace.rest.ClusterAdministrationResource;
import io.millrace.rest.ConsumerRecordsResource;
import io.millrace.rest.ConsumerStateResource;
import io.millrace.rest.ConsumersResource;
import io.millrace.rest.GroupAdministrationResource;
import io.millrace.rest.HealthResource;
import io.millrace.rest.PartitionsResource;
import io.millrace.rest.PermissionsResource;
import io.millrace.rest.ProducersResource;
import io.millrace.rest.QuotasResource;
import io.millrace.rest.RecordsResource;
import io.millrace.rest.TopicAdministrationResource;
import io.millrace.rest.TopicsResource;
import io.millrace.rest.TransactionAdministrationResource;
import io.millrace.rest.TransactionsResource;
import jakarta.json.JsonObject;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.HttpMethod;
import jakarta.ws.rs.Path;
import java.lang.annotation.Annotation;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The description of the API that the server gives is that of the API that it has. */
@ExtendWith(RunningServer.class)
class ApiDescriptionIT {
    private static final List<Class<?>> RESOURCES = List.of(BridgeResource.class, HealthResource.class, TopicsResource.class,
            PartitionsResource.class, ProducersResource.class, RecordsResource.class, TopicAdministrationResource.class,
            ClusterAdministrationResource.class, ConsumersResource.class, ConsumerRecordsResource.class, ConsumerStateResource.class,
            GroupAdministrationResource.class,
            TransactionsResource.class, TransactionAdministrationResource.class, PermissionsResource.class, QuotasResource.class);

    private final HttpApi api = new HttpApi();

    private JsonObject description() {
        return api.get("/openapi", "application/json").is(200).object();
    }

    @Test
    void itSaysWhatItDescribesAndIsToBeTriedOut() {
        JsonObject info = description().getJsonObject("info");
        assertThat(info.getString("title")).isEqualTo("Millrace");
        assertThat(info.getString("version")).isEqualTo(api.get("/").object().getString("bridge_version"));
        assertThat(api.get("/openapi/ui/", "text/html").is(200).body()).containsIgnoringCase("<html");
    }

    @Test
    void itHasEveryOperationAndNoOtherAndNoContentTypeThatIsNotTaken() {
        Map<String, Set<String>> implemented = new TreeMap<>();
        for (Class<?> resource : RESOURCES) {
            for (Method method : resource.getDeclaredMethods()) {
                String verb = verb(method);
                if (verb != null && !verb.equals(HttpMethod.OPTIONS)) { // every path has that
                    implemented.computeIfAbsent(verb + " " + path(resource, method), key -> new TreeSet<>())
                            .addAll(consumed(method));
                }
            }
        }
        Map<String, Set<String>> described = described();
        assertThat(described.keySet()).isEqualTo(implemented.keySet());
        described.forEach((operation, types) -> {
            assertThat(implemented.get(operation)).as(operation).containsAll(types);
            assertThat(types.isEmpty()).as(operation).isEqualTo(implemented.get(operation).isEmpty());
        });
    }

    private Map<String, Set<String>> described() {
        Map<String, Set<String>> described = new TreeMap<>();
        JsonObject components = description().getJsonObject("components");
        description().getJsonObject("paths").forEach((path, item) -> item.asJsonObject().forEach((verb, operation) -> {
            if (!verb.equals("parameters")) {
                described.put(verb.toUpperCase(Locale.ROOT) + " " + path, body(operation.asJsonObject(), components));
            }
        }));
        return described;
    }

    private static Set<String> body(JsonObject operation, JsonObject components) {
        JsonObject body = operation.getJsonObject("requestBody");
        if (body == null) {
            return Set.of();
        }
        String reference = body.getString("$ref", null);
        JsonObject resolved = reference == null ? body : components.getJsonObject("requestBodies")
                .getJsonObject(reference.substring(reference.lastIndexOf('/') + 1));
        return new TreeSet<>(resolved.getJsonObject("content").keySet());
    }

    private static String verb(Method method) {
        for (Annotation annotation : method.getAnnotations()) {
            HttpMethod verb = annotation.annotationType().getAnnotation(HttpMethod.class);
            if (verb != null) {
                return verb.value();
            }
        }
        return null;
    }

    private static String path(Class<?> resource, Method method) {
        Path own = method.getAnnotation(Path.class);
        String root = resource.getAnnotation(Path.class).value();
        return own == null ? root : (root.equals("/") ? "" : root) + "/" + own.value();
    }

    private static List<String> consumed(Method method) {
        Consumes consumes = method.getAnnotation(Consumes.class);
        return consumes == null ? List.of() : Arrays.asList(consumes.value());
    }
}
