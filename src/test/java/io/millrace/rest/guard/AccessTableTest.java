package io.millrace.rest.guard;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.millrace.security.Resource;
import jakarta.ws.rs.HttpMethod;
import jakarta.ws.rs.Path;
import java.lang.annotation.Annotation;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AccessTableTest {
    private final AccessTable table = new AccessTable();

    /** Method and path of everything that the resources answer, with a value for each variable. */
    private static Set<String> served() {
        Set<String> served = new TreeSet<>();
        for (JavaClass each : new ClassFileImporter().withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                .importPackages("io.millrace.rest")) {
            if (each.isAnnotatedWith(Path.class)) {
                Class<?> resource = each.reflect();
                for (Method method : resource.getDeclaredMethods()) {
                    Arrays.stream(method.getAnnotations()).map(Annotation::annotationType)
                            .map(type -> type.getAnnotation(HttpMethod.class)).filter(verb -> verb != null && !verb.value().equals("OPTIONS"))
                            .forEach(verb -> served.add(verb.value() + " " + path(resource, method)));
                }
            }
        }
        return served;
    }

    private static String path(Class<?> resource, Method method) {
        Path own = method.getAnnotation(Path.class);
        String path = "/" + resource.getAnnotation(Path.class).value() + "/" + (own == null ? "" : own.value());
        String plain = path.replaceAll("\\{[^}]*}", "7").replaceAll("/+", "/");
        return plain.length() > 1 && plain.endsWith("/") ? plain.substring(0, plain.length() - 1) : plain;
    }

    @Test
    void everyMethodOfEveryPathIsInIt() {
        assertThat(served()).hasSizeGreaterThan(50).allSatisfy(each -> {
            String method = each.substring(0, each.indexOf(' '));
            String path = each.substring(each.indexOf(' ') + 1);
            if (!path.startsWith("/internal")) {
                assertThat(table.find(method, RequestPath.segments(path).orElseThrow())).as(each).isPresent();
            }
        });
    }

    @ParameterizedTest
    @CsvSource({
        "POST, /topics/t, WRITE, topic 't'", "GET, /topics/t, DESCRIBE, topic 't'", "HEAD, /topics/t, DESCRIBE, topic 't'",
        "GET, /topics/t%20u/partitions/0/records, READ, topic 't u'", "GET, /topics/a+b/partitions/0/records/, READ, topic 'a+b'",
        "POST, /topics/t/partitions/0, WRITE, topic 't'", "GET, /topics/t/partitions/0/offsets, DESCRIBE, topic 't'",
        "POST, /consumers/g, READ, group 'g'", "GET, /consumers/g/instances/c/records, READ, group 'g'",
        "GET, /consumers/g/instances/c/incarnations/i/records, READ, group 'g'", "DELETE, /consumers/g/instances/c, READ, group 'g'",
        "DELETE, /consumers/g/instances/c/incarnations/i, READ, group 'g'",
        "POST, /transactions/x/commit, WRITE, transactional id 'x'", "GET, /transactions/x, DESCRIBE, transactional id 'x'",
        "DELETE, /admin/topics/t, DELETE, topic 't'", "PATCH, /admin/topics/t/configs, ALTER_CONFIGS, topic 't'",
        "POST, /admin/topics/t/partitions, ALTER, topic 't'", "DELETE, /admin/topics/t/partitions/0/records, DELETE, topic 't'",
        "DELETE, /admin/groups/g, DELETE, group 'g'", "POST, /admin/brokers/1/drain, CLUSTER_ACTION, the cluster",
        "POST, /admin/reassignments, CLUSTER_ACTION, the cluster", "POST, /admin/cluster/recover, CLUSTER_ACTION, the cluster",
        "POST, /admin/permissions, ALTER, the cluster", "GET, /admin/permissions, DESCRIBE, the cluster",
        "DELETE, /admin/quotas, ALTER_CONFIGS, the cluster", "POST, /admin/transactions/x/abort, CLUSTER_ACTION, the cluster"})
    void itSaysWhatIsDoneToWhat(String method, String path, String operation, String resource) {
        var segments = RequestPath.segments(path).orElseThrow();
        AccessRule rule = table.find(method, segments).orElseThrow();

        assertThat(rule.needs()).singleElement().satisfies(need -> {
            assertThat(need.operation()).hasToString(operation);
            Resource named = need.resource(segments);
            assertThat(named).hasToString(resource);
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"/topics/../admin/topics", "/topics/%2e%2e/admin", "/./topics", "//topics", "/topics//t", "/topics/t;x=1"})
    void aPathThatOthersCouldReadOtherwiseIsNone(String path) {
        assertThat(RequestPath.segments(path)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"PUT, /topics/t", "POST, /topics", "GET, /nothing", "DELETE, /", "TRACE, /topics", "get, /topics"})
    void whatThereIsNotIsNotInIt(String method, String path) {
        assertThat(table.find(method, RequestPath.segments(path).orElseThrow())).isEmpty();
    }
}
