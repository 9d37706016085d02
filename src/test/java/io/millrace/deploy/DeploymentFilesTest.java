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
import java.util.Set;
import java.util.TreeMap;
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
        Map<String, String> environment = new TreeMap<>();
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

    /** But for that which concerns whatever else the host runs, and which Millrace does without. */
    @Test
    void theIncludeForExistingServersHasTheFeaturesOfOurOwnServerThatMillraceNeeds() throws Exception {
        Set<String> needed = new TreeSet<>(features(Path.of("src/main/liberty/config/server.xml")));
        assertThat(needed.remove("mpTelemetry-2.1")).isTrue();
        assertThat(features(DEPLOY.resolve("liberty/millrace.xml"))).containsExactlyInAnyOrderElementsOf(needed).isNotEmpty();
    }

    @Test
    void theIncludeForExistingServersConfiguresWhatOurOwnServerDoes() throws Exception {
        for (String element : List.of("httpOptions", "webApplication")) {
            assertThat(attributes(DEPLOY.resolve("liberty/millrace.xml"), element)).as(element)
                    .isEqualTo(attributes(Path.of("src/main/liberty/config/server.xml"), element)).isNotEmpty();
        }
        assertThat(DEPLOY.resolve("liberty/jvm.options"))
                .hasSameTextualContentAs(Path.of("src/main/liberty/config/jvm.options"));
    }

    /** All else would be of the whole server, and of the other applications there. */
    @Test
    void theIncludeForExistingServersHasOnlyWhatIsMillracesOwn() throws Exception {
        NodeList all = DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(DEPLOY.resolve("liberty/millrace.xml").toFile())
                .getElementsByTagName("*");
        TreeSet<String> elements = new TreeSet<>();
        for (int i = 0; i < all.getLength(); i++) {
            elements.add(all.item(i).getNodeName());
        }

        assertThat(elements).containsExactly("feature", "featureManager", "hostAlias", "httpEndpoint", "httpOptions", "server",
                "variable", "virtual-host", "virtualHost", "web-bnd", "webApplication");
        assertThat(attributes(DEPLOY.resolve("liberty/millrace.xml"), "httpEndpoint").get("id")).isNotEqualTo("defaultHttpEndpoint");
        assertThat(attributes(DEPLOY.resolve("liberty/millrace.xml"), "virtualHost").get("id")).isNotEqualTo("default_host");
    }

    /** Kubernetes would name the Service's address in variables that begin like settings. */
    @Test
    void aServiceIsNoSetting() throws IOException {
        assertThat(map(map(map(manifests().get(4).get("spec")).get("template")).get("spec")))
                .containsEntry("enableServiceLinks", false);
    }

    /** A volume above those of the image would be hidden by unnamed ones. */
    @Test
    void theContainersExampleNamesTheVolumesThatTheImageDeclares() throws IOException {
        String containerfile = Files.readString(DEPLOY.resolve("Containerfile"));
        Matcher declared = Pattern.compile("\"(/var/[^\"]+)\"").matcher(containerfile);

        assertThat(declared.results().map(found -> found.group(1)).toList()).hasSize(2)
                .allSatisfy(folder -> assertThat(containerfile).containsPattern("-v [a-z-]+:" + folder + "\\s"));
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

    private static Map<String, String> attributes(Path file, String element) throws Exception {
        NodeList found = DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(file.toFile())
                .getElementsByTagName(element);
        assertThat(found.getLength()).as(element).isEqualTo(1);
        Map<String, String> attributes = new TreeMap<>();
        for (int i = 0; i < found.item(0).getAttributes().getLength(); i++) {
            attributes.put(found.item(0).getAttributes().item(i).getNodeName(),
                    found.item(0).getAttributes().item(i).getNodeValue());
        }
        return attributes;
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
