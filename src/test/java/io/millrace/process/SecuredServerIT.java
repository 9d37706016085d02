package io.millrace.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonReader;
import java.io.IOException;
import java.io.StringReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.UUID;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A server with {@code deploy/secured}: who may ask for what, by every kind of credential. */
class SecuredServerIT {
    /** To probes, which have no credentials. */
    private static final Set<String> OPEN = Set.of("/healthy", "/ready");
    private static final String ISSUER = "https://issuer.example";
    private static final Set<String> METHODS = Set.of("get", "post", "put", "delete", "patch");
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String PASSWORD = UUID.randomUUID().toString();

    private static SecuredKeys keys;
    private static LocalServers servers;
    private static URI url;
    private static HttpClient anonymous;
    private static HttpClient withCertificateOfClient;
    private static HttpClient withCertificateOfBroker;

    private record Operation(String method, String path) {
        /** Who may, besides the broker, who may everything. */
        Set<String> allowed() {
            boolean operation = path.startsWith("/admin/brokers") || path.startsWith("/admin/reassignments");
            if (!path.startsWith("/admin")) {
                return Set.of("client", "operator", "admin");
            }
            return method.equals("GET") || operation ? Set.of("operator", "admin") : Set.of("admin");
        }
    }

    @BeforeAll
    static void start() throws GeneralSecurityException, IOException {
        keys = new SecuredKeys("broker=localhost,127.0.0.1", "client");
        servers = new LocalServers("secured").with("MILLRACE_LOCAL_SECURED", "1")
                .with("SECURED_KEYS", keys.folder().toString()).with("SECURED_KEYS_PASSWORD", keys.password());
        for (String role : List.of("ADMIN", "OPERATOR", "CLIENT", "BROKER")) {
            servers.with("SECURED_" + role + "_PASSWORD", PASSWORD);
        }
        servers.start();
        url = servers.url(1);
        anonymous = client(null);
        withCertificateOfClient = client("client");
        withCertificateOfBroker = client("broker");
    }

    @AfterAll
    static void stop() {
        servers.close();
    }

    private static HttpClient client(String certificate) throws GeneralSecurityException, IOException {
        return HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).sslContext(keys.context(certificate)).build();
    }

    @Test
    void everyOperationIsForThoseWhoHaveTheRole() throws Exception {
        SoftAssertions all = new SoftAssertions();
        for (Operation operation : operations()) {
            if (OPEN.contains(operation.path())) {
                all.assertThat(ask(anonymous, operation.method(), operation.path(), "").statusCode()).as("%s by a probe", operation)
                        .isEqualTo(200);
                continue;
            }
            for (String none : List.of("", basic("admin", "wrong"), basic("unheard-of", PASSWORD), "Bearer x.y.z")) {
                HttpResponse<String> answer = ask(anonymous, operation.method(), operation.path(), none);
                all.assertThat(answer.statusCode()).as("%s with '%s'", operation, none).isEqualTo(401);
            }
            all.assertThat(ask(anonymous, operation.method(), operation.path(), basic("nobody", PASSWORD)).statusCode())
                    .as("%s by who has no role", operation).isEqualTo(403);
            for (String role : List.of("client", "operator", "admin")) {
                boolean allowed = operation.allowed().contains(role);
                check(all, operation, role + " by password", allowed, ask(anonymous, operation.method(), operation.path(),
                        basic(role, PASSWORD)));
                check(all, operation, role + " by token", allowed, ask(anonymous, operation.method(), operation.path(),
                        token("tokens", "millrace-" + role, Instant.now().plusSeconds(300))));
            }
            check(all, operation, "client by certificate", operation.allowed().contains("client"),
                    ask(withCertificateOfClient, operation.method(), operation.path(), ""));
            check(all, operation, "broker by certificate", true,
                    ask(withCertificateOfBroker, operation.method(), operation.path(), ""));
        }
        all.assertAll();
    }

    @Test
    void whatIsRefusedHasTheShapeOfAllErrors() throws Exception {
        HttpResponse<String> unknown = ask(anonymous, "GET", "/topics", "");
        assertThat(json(unknown).getInt("error_code")).isEqualTo(401);
        assertThat(unknown.headers().firstValue("WWW-Authenticate")).hasValueSatisfying(value -> assertThat(value).startsWith("Basic"));

        HttpResponse<String> refused = ask(anonymous, "DELETE", "/admin/topics/none", basic("client", PASSWORD));
        assertThat(refused.statusCode()).isEqualTo(403);
        assertThat(json(refused).getInt("error_code")).isEqualTo(403);
    }

    @Test
    void onceThereIsAPermissionClientsMayDoWhatIsPermittedAndNothingElse() throws Exception {
        String admin = basic("admin", PASSWORD);
        String client = basic("client", PASSWORD);
        assertThat(send("POST", "/admin/topics", admin, "{\"topic_name\":\"guarded\",\"partitions_count\":1}").statusCode()).isEqualTo(201);
        assertThat(produce(client).statusCode()).as("while there is no permission, the role is enough").isEqualTo(200);
        assertThat(send("POST", "/admin/permissions", client, permission("client", "ALL", "allow")).statusCode()).isEqualTo(403);
        try {
            permit(admin, permission("somebody", "READ", "allow"));
            assertThat(produce(client).statusCode()).as("what one may not see is not there").isEqualTo(404);
            permit(admin, permission("client", "DESCRIBE", "allow"));
            assertThat(produce(client).statusCode()).isEqualTo(403);
            assertThat(json(produce(client)).getString("message")).contains("WRITE", "guarded");
            permit(admin, permission("client", "WRITE", "allow"));
            assertThat(produce(client).statusCode()).isEqualTo(200);
            assertThat(ask(anonymous, "GET", "/topics/guarded/partitions/0/records?offset=0", client).statusCode()).isEqualTo(403);
            permit(admin, permission("client", "WRITE", "deny"));
            assertThat(produce(client).statusCode()).isEqualTo(403);
            assertThat(produce(admin).statusCode()).as("an administrator is held by none").isEqualTo(200);
        } finally {
            for (String principal : List.of("client", "somebody")) {
                assertThat(ask(anonymous, "DELETE", "/admin/permissions?principal=" + principal, admin).statusCode()).isEqualTo(200);
            }
        }
        assertThat(produce(client).statusCode()).isEqualTo(200);
    }

    private static void permit(String admin, String permission) throws Exception {
        HttpResponse<String> answer = send("POST", "/admin/permissions", admin, permission);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    }

    private static String permission(String principal, String operation, String effect) {
        return ("{\"permissions\":[{\"principal\":\"%s\",\"operations\":[\"%s\"],\"resource_type\":\"topic\","
                + "\"resource_name\":\"guarded\",\"effect\":\"%s\"}]}").formatted(principal, operation, effect);
    }

    private static HttpResponse<String> produce(String authorization) throws Exception {
        return send("POST", "/topics/guarded", authorization, "{\"records\":[{\"value\":1}]}");
    }

    private static HttpResponse<String> send(String method, String path, String authorization, String json) throws Exception {
        return anonymous.send(HttpRequest.newBuilder(url.resolve(path)).timeout(PATIENCE).header("Authorization", authorization)
                .header("Content-Type", "application/json").method(method, HttpRequest.BodyPublishers.ofString(json)).build(),
                HttpResponse.BodyHandlers.ofString());
    }

    @Test
    void pathsBetweenBrokersAreForBrokers() throws Exception {
        for (String user : List.of("client", "operator", "admin")) {
            assertThat(ask(anonymous, "POST", "/internal/replica-fetch", basic(user, PASSWORD)).statusCode()).isEqualTo(403);
        }
        assertThat(ask(anonymous, "POST", "/internal/replica-fetch", "").statusCode()).isEqualTo(401);
        HttpResponse<String> unsigned = ask(withCertificateOfBroker, "POST", "/internal/replica-fetch", "");
        assertThat(unsigned.body()).as("a certificate alone is not enough").contains("for the brokers of the cluster only");
    }

    @Test
    void metricsAreForAdministratorsAndOperators() throws Exception {
        assertThat(ask(anonymous, "GET", "/metrics", "").statusCode()).isEqualTo(401);
        assertThat(ask(anonymous, "GET", "/metrics", basic("client", PASSWORD)).statusCode()).isEqualTo(403);
        for (String role : List.of("admin", "operator")) {
            assertThat(ask(anonymous, "GET", "/metrics", basic(role, PASSWORD)).body()).as(role).contains("millrace_");
        }
    }

    @Test
    void aTokenOfAnotherSignerIssuerOrTimeIsRefused() throws Exception {
        Instant later = Instant.now().plusSeconds(300);
        assertThat(ask(anonymous, "GET", "/topics", token("tokens", "millrace-client", later)).statusCode()).isEqualTo(200);
        assertThat(ask(anonymous, "GET", "/topics", token("tokens", "millrace-client", Instant.now().minusSeconds(3_600))).statusCode())
                .isEqualTo(401);
        assertThat(ask(anonymous, "GET", "/topics", "Bearer " + keys.token("tokens", "https://other.example", "a", "millrace-client",
                later)).statusCode()).isEqualTo(401);
    }

    @Test
    void whatABrowserAsksBeforehandNeedsNoCredentials() throws Exception {
        for (String path : List.of("/topics", "/admin/cluster", "/admin/brokers/1/drain")) {
            HttpResponse<String> answer = ask(anonymous, "OPTIONS", path, "");
            assertThat(answer.statusCode()).as(path).isNotIn(401, 403);
        }
    }

    @Test
    void thereIsNoWayWithoutTls() {
        URI plain = URI.create("http://localhost:" + url.getPort() + "/topics");
        assertThatThrownBy(() -> {
            HttpResponse<String> answer = anonymous.send(HttpRequest.newBuilder(plain).timeout(PATIENCE)
                    .header("Authorization", basic("admin", PASSWORD)).build(),
                    HttpResponse.BodyHandlers.ofString());
            throw new IOException("answered with " + answer.statusCode());
        }).isInstanceOf(IOException.class).hasMessageNotContaining("answered with 2");
    }

    private static void check(SoftAssertions all, Operation operation, String who, boolean allowed, HttpResponse<String> answer) {
        if (allowed) {
            // what a role may do to a resource is for permissions to decide, which say so
            boolean decided = answer.statusCode() == 403 && answer.body().contains(" may not ") && !who.startsWith("admin");
            all.assertThat(decided || !List.of(401, 403, 500).contains(answer.statusCode()))
                    .as("%s by %s: %s %s", operation, who, answer.statusCode(), answer.body()).isTrue();
        } else {
            all.assertThat(answer.statusCode()).as("%s by %s", operation, who).isEqualTo(403);
        }
    }

    private static List<Operation> operations() throws Exception {
        JsonObject paths = json(ask(anonymous, "GET", "/openapi?format=json", "")).getJsonObject("paths");
        List<Operation> found = new ArrayList<>();
        paths.forEach((path, item) -> item.asJsonObject().keySet().stream().filter(METHODS::contains).forEach(method ->
                found.add(new Operation(method.toUpperCase(Locale.ROOT), path.replaceAll("\\{[^}]*}", "none")))));
        assertThat(found).hasSizeGreaterThan(40);
        return found;
    }

    private static HttpResponse<String> ask(HttpClient client, String method, String path, String authorization) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(url.resolve(path)).timeout(PATIENCE)
                .method(method, HttpRequest.BodyPublishers.noBody());
        if (!authorization.isEmpty()) {
            request.header("Authorization", authorization);
        }
        return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    private static JsonObject json(HttpResponse<String> answer) {
        try (JsonReader reader = Json.createReader(new StringReader(answer.body()))) {
            return reader.readObject();
        }
    }

    private static String basic(String user, String password) {
        return "Basic " + Base64.getEncoder().encodeToString((user + ":" + password).getBytes(StandardCharsets.UTF_8));
    }

    private static String token(String signer, String group, Instant expires) throws GeneralSecurityException, IOException {
        return "Bearer " + keys.token(signer, ISSUER, "someone", group, expires);
    }
}
