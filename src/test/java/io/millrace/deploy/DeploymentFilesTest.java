package io.millrace.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.config.Setting;
import io.millrace.config.Settings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.NodeList;
import org.yaml.snakeyaml.Yaml;

/** The files under {@code deploy} parse, agree with each other and with the settings. */
class DeploymentFilesTest {
    private static final Path DEPLOY = Path.of("deploy");

    @Test
    void theManifestsAreAStatefulSetWithItsServicesBudgetAndPolicy() throws IOException {
        assertThat(manifests()).extracting(manifest -> manifest.get("kind")).containsExactly("Service", "Service",
                "PodDisruptionBudget", "NetworkPolicy", "StatefulSet");
        assertThat(manifests()).allSatisfy(manifest -> assertThat(manifest).containsKeys("apiVersion", "metadata", "spec"));
    }

    @Test
    void thePodsAreProbedWhereTheServerAnswers() throws IOException {
        Map<String, Object> container = container();

        assertThat(probe(container, "startupProbe")).isEqualTo("/health/started");
        assertThat(probe(container, "readinessProbe")).isEqualTo("/health/ready");
        assertThat(probe(container, "livenessProbe")).isEqualTo("/health/live");
    }

    @Test
    void theClustersSizeIsThatOfTheStatefulSetAndThePortsAreTheDefaults() throws IOException {
        Map<String, Object> spec = map(manifests().get(4).get("spec"));
        Map<String, String> environment = new java.util.TreeMap<>();
        for (Object variable : (List<?>) container().get("env")) {
            environment.put((String) map(variable).get("name"), String.valueOf(map(variable).get("value")));
        }

        assertThat(environment.get(Settings.CLUSTER_SIZE.environmentName())).isEqualTo(spec.get("replicas").toString());
        assertThat(environment.get(Settings.CLUSTER_KUBERNETES_DNS.environmentName())).isEqualTo(spec.get("serviceName"));
        assertThat(container().get("ports").toString()).contains("containerPort=" + Settings.HTTP_PORT.defaultValue(),
                "containerPort=" + Settings.CLUSTER_PORT.defaultValue());
    }

    @Test
    void everySettingThatAFileNamesExists() throws IOException {
        TreeSet<String> known = new TreeSet<>(Settings.CATALOGUE.stream().map(Setting::environmentName).toList());
        List<String> unknown = new ArrayList<>();
        try (Stream<Path> files = Files.walk(DEPLOY)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Matcher names = Pattern.compile("MILLRACE_[A-Z_]*[A-Z]|^millrace\\.[a-z.]+(?==)", Pattern.MULTILINE)
                        .matcher(Files.readString(file));
                while (names.find()) {
                    String name = names.group().toUpperCase().replace('.', '_');
                    if (!known.contains(name) && !name.startsWith("MILLRACE_LOCAL") && !name.startsWith("MILLRACE_TOPIC")) {
                        unknown.add(file + ": " + name);
                    }
                }
            }
        }
        assertThat(unknown).isEmpty();
    }

    @Test
    void theIncludeForExistingServersHasTheFeaturesOfOurOwnServer() throws Exception {
        assertThat(features(DEPLOY.resolve("liberty/millrace.xml")))
                .isEqualTo(features(Path.of("src/main/liberty/config/server.xml"))).isNotEmpty();
    }

    @Test
    void whatTheContainerIsBuiltFromIsThere() throws IOException {
        List<String> copied = Files.readAllLines(DEPLOY.resolve("Containerfile")).stream()
                .filter(line -> line.startsWith("COPY ") && !line.contains("--from")).map(line -> line.split(" ")[1]).toList();

        assertThat(copied).isNotEmpty().allSatisfy(source -> assertThat(Path.of(source)).exists());
    }

    @Test
    void theScriptForLocalServersParses() throws Exception {
        Process process = new ProcessBuilder("bash", "-n", DEPLOY.resolve("local.sh").toString()).inheritIO().start();

        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isZero();
    }

    private static List<Map<String, Object>> manifests() throws IOException {
        List<Map<String, Object>> manifests = new ArrayList<>();
        new Yaml().loadAll(Files.readString(DEPLOY.resolve("kubernetes/millrace.yaml")))
                .forEach(manifest -> manifests.add(map(manifest)));
        return manifests;
    }

    private static Map<String, Object> container() throws IOException {
        Map<String, Object> template = map(map(manifests().get(4).get("spec")).get("template"));
        return map(((List<?>) map(template.get("spec")).get("containers")).get(0));
    }

    private static Object probe(Map<String, Object> container, String name) {
        return map(map(container.get(name)).get("httpGet")).get("path");
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> map(Object node) {
        return (Map<String, Object>) node;
    }

    private static List<String> features(Path file) throws Exception {
        NodeList found = DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(file.toFile())
                .getElementsByTagName("feature");
        List<String> features = new ArrayList<>();
        for (int i = 0; i < found.getLength(); i++) {
            features.add(found.item(i).getTextContent().trim());
        }
        return features;
    }
}
