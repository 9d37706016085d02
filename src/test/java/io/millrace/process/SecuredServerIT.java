package io.millrace.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.process.SecuredRequest.Expected;
import io.millrace.process.SecuredRequest.Permissions;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonReader;
import java.io.IOException;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A server with {@code deploy/secured}: who may ask for what, by every kind of credential. */
class SecuredServerIT {
    private static final String COOKIE = "LtpaToken2";
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

    @BeforeAll
    static void start() throws Exception {
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
        createSubjects();
    }

    /** What the requests of the table are about. */
    private static void createSubjects() throws Exception {
        String admin = basic("admin", PASSWORD);
        assertThat(send("POST", "/admin/topics", admin, "{\"topic_name\":\"%s\",\"partitions_count\":1}"
                .formatted(SecuredRequest.TOPIC)).statusCode()).isEqualTo(201);
        assertThat(send("POST", "/consumers/" + SecuredRequest.GROUP, admin, "{\"name\":\"c\",\"session.timeout.ms\":1800000}")
                .statusCode()).isEqualTo(200);
        assertThat(send("POST", "/transactions", admin, "{\"transactional_id\":\"%s\"}".formatted(SecuredRequest.TRANSACTIONAL_ID))
                .statusCode()).isEqualTo(201);
    }

    @AfterAll
    static void stop() {
        servers.close();
    }

    private static HttpClient client(String certificate) throws GeneralSecurityException, IOException {
        return HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).sslContext(keys.context(certificate)).build();
    }

    @Test
    void theTableHasEveryOperation() throws Exception {
        JsonObject paths = json(ask(anonymous, "GET", "/openapi?format=json", "")).getJsonObject("paths");
        List<String> described = new ArrayList<>();
        paths.forEach((path, item) -> item.asJsonObject().keySet().stream().filter(METHODS::contains)
                .forEach(method -> described.add(method.toUpperCase(Locale.ROOT) + " " + path)));

        assertThat(SecuredRequest.all()).extracting(SecuredRequest::name).containsExactlyInAnyOrderElementsOf(described);
    }

    @Test
    void everyOperationIsForThoseWhoHaveTheRole() throws Exception {
        SoftAssertions all = new SoftAssertions();
        for (SecuredRequest request : SecuredRequest.all()) {
            if (request.isOpen()) {
                all.assertThat(ask(anonymous, request, "").statusCode()).as("%s by a probe", request).isEqualTo(200);
                continue;
            }
            for (String none : List.of("", basic("admin", "wrong"), basic("unheard-of", PASSWORD), "Bearer x.y.z")) {
                all.assertThat(ask(anonymous, request, none).statusCode()).as("%s with '%s'", request, none).isEqualTo(401);
            }
            all.assertThat(ask(anonymous, request, basic("nobody", PASSWORD)).statusCode())
                    .as("%s by who has no role", request).isEqualTo(403);
            for (String role : List.of("client", "operator", "admin")) {
                check(all, request, role, role + " by password", ask(anonymous, request, basic(role, PASSWORD)));
                check(all, request, role, role + " by token", ask(anonymous, request,
                        token("tokens", "millrace-" + role, Instant.now().plusSeconds(300))));
            }
            check(all, request, "client", "client by certificate", ask(withCertificateOfClient, request, ""));
            check(all, request, "broker", "broker by certificate", ask(withCertificateOfBroker, request, ""));
        }
        all.assertAll();
    }

    private static void check(SoftAssertions all, SecuredRequest request, String role, String who, HttpResponse<String> answer) {
        if (request.roles().contains(role)) {
            check(all, request + " by " + who, request.expected(role, Permissions.UNUSED), answer);
        } else { // by the container, which knows nothing of permissions
            check(all, request + " by " + who, new Expected(403, "\"error_code\":403", " may not "), answer);
        }
    }

    private static void check(SoftAssertions all, String what, Expected expected, HttpResponse<String> answer) {
        all.assertThat(answer.statusCode()).as("%s: %s", what, answer.body()).isEqualTo(expected.status());
        all.assertThat(answer.body()).as(what).contains(expected.says()).doesNotContain(expected.saysNot());
    }

    @Test
    void everyOperationIsForThoseWhoHaveThePermission() throws Exception {
        String admin = basic("admin", PASSWORD);
        SoftAssertions all = new SoftAssertions();
        permit(admin, permission("somebody", "READ", "allow"));
        try {
            for (SecuredRequest request : SecuredRequest.all()) {
                if (request.need() == null) {
                    continue;
                }
                checkAs(all, request, Permissions.OF_OTHERS);
                permit(admin, request.need().permission(request.asker(), "allow"));
                checkAs(all, request, Permissions.GIVEN);
                permit(admin, request.need().permission(request.asker(), "deny"));
                checkAs(all, request, Permissions.DENIED);
                withdraw(admin, request.asker());
            }
        } finally {
            for (String principal : List.of("client", "operator", "broker", "somebody")) {
                withdraw(admin, principal);
            }
        }
        all.assertAll();
    }

    private static void checkAs(SoftAssertions all, SecuredRequest request, Permissions permissions) throws Exception {
        String asker = request.asker();
        HttpResponse<String> answer = asker.equals("broker") ? ask(withCertificateOfBroker, request, "")
                : ask(anonymous, request, basic(asker, PASSWORD));
        check(all, "%s by %s, permissions %s".formatted(request, asker, permissions), request.expected(asker, permissions), answer);
    }

    private static void withdraw(String admin, String principal) throws Exception {
        assertThat(ask(anonymous, "DELETE", "/admin/permissions?principal=" + principal, admin).statusCode()).isEqualTo(200);
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
                withdraw(admin, principal);
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
    void theCookieOfALoginIsACredentialByItself() throws Exception {
        String cookie = login("client");
        assertThat(withCookie("GET", "/topics/" + SecuredRequest.TOPIC, cookie).statusCode()).isEqualTo(200);
        assertThat(withCookie("POST", "/topics/" + SecuredRequest.TOPIC, cookie).statusCode()).isEqualTo(200);
        assertThat(withCookie("GET", "/admin/cluster", cookie).statusCode()).as("it gives the role of who logged in").isEqualTo(403);
        assertThat(withCookie("GET", "/admin/cluster", login("operator")).statusCode()).isEqualTo(200);
    }

    @Test
    void aCookieThatTheServerDidNotMakeIsRefused() throws Exception {
        String cookie = login("client");
        int middle = cookie.length() / 2;
        String altered = cookie.substring(0, middle) + (cookie.charAt(middle) == 'A' ? 'B' : 'A') + cookie.substring(middle + 1);
        String plain = "u:user\\:millrace/admin%9999999999999%";
        for (String forged : List.of(altered, cookie.substring(0, middle), COOKIE + "=", COOKIE + "=none",
                COOKIE + "=" + Base64.getEncoder().encodeToString(plain.getBytes(StandardCharsets.UTF_8)))) {
            for (String method : List.of("GET", "POST")) {
                HttpResponse<String> answer = withCookie(method, "/topics/" + SecuredRequest.TOPIC, forged);
                assertThat(answer.statusCode()).as(forged).isEqualTo(401);
                assertThat(json(answer).getInt("error_code")).isEqualTo(401);
            }
        }
    }

    @Test
    void whoNamesAnotherCredentialBesideTheCookieIsThatOne() throws Exception {
        String client = login("client");
        String operator = login("operator");
        Instant later = Instant.now().plusSeconds(300);
        String cluster = "/admin/cluster";
        assertThat(withCookie("GET", cluster, client, "Authorization", basic("operator", PASSWORD)).statusCode()).isEqualTo(200);
        assertThat(withCookie("GET", cluster, operator, "Authorization", basic("client", PASSWORD)).statusCode()).isEqualTo(403);
        assertThat(withCookie("GET", cluster, operator, "Authorization", basic("operator", "wrong")).statusCode()).isEqualTo(401);
        assertThat(withCookie("GET", cluster, client, "Authorization", token("tokens", "millrace-operator", later)).statusCode())
                .isEqualTo(200);
        assertThat(withCookie("GET", cluster, operator, "Authorization", token("tokens", "millrace-client", later)).statusCode())
                .isEqualTo(403);
        assertThat(withCookie("GET", cluster, operator, "Authorization", "Bearer x.y.z").statusCode()).isEqualTo(401);
    }

    @Test
    void aPageOfAnotherSiteActsWithNobodysCookie() throws Exception {
        String cookie = login("client");
        String path = "/topics/" + SecuredRequest.TOPIC;
        HttpResponse<String> foreign = withCookie("POST", path, cookie, "Origin", "https://other.example");
        assertThat(foreign.statusCode()).isEqualTo(403);
        assertThat(foreign.body()).contains("another site");
        assertThat(withCookie("POST", path, cookie, "Sec-Fetch-Site", "cross-site").statusCode()).isEqualTo(403);
        assertThat(withCookie("POST", path, cookie, "Origin", "https://localhost:" + url.getPort()).statusCode()).isEqualTo(200);
    }

    /** A record where it is a POST. */
    private static HttpResponse<String> withCookie(String method, String path, String cookie, String... headers) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(url.resolve(path)).timeout(PATIENCE).header("Cookie", cookie)
                .header("Content-Type", "application/json").method(method, method.equals("GET") ? HttpRequest.BodyPublishers.noBody()
                        : HttpRequest.BodyPublishers.ofString("{\"records\":[{\"value\":1}]}"));
        if (headers.length > 0) {
            request.headers(headers);
        }
        return anonymous.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    /** @return the cookie, as a request has it */
    private static String login(String user) throws Exception {
        String made = ask(anonymous, "GET", "/topics", basic(user, PASSWORD)).headers().allValues("Set-Cookie").stream()
                .filter(each -> each.startsWith(COOKIE + "=")).findFirst().orElseThrow();
        assertThat(made).contains("Secure", "HttpOnly");
        return made.substring(0, made.indexOf(';'));
    }

    @Test
    void theAuditOfTheServerHasWhatItRefuses() throws Exception {
        String mark = UUID.randomUUID().toString();
        String client = token("tokens", "millrace-client", Instant.now().plusSeconds(300));
        assertThat(ask(anonymous, "GET", "/topics/allowed-" + mark, client).statusCode()).isEqualTo(404);
        assertThat(ask(withCertificateOfClient, "GET", "/topics/allowed-" + mark, "").statusCode()).isEqualTo(404);
        assertThat(ask(anonymous, "GET", "/topics/password-" + mark, basic("client", PASSWORD)).statusCode()).isEqualTo(404);
        assertThat(ask(anonymous, "GET", "/topics/token-" + mark, "Bearer x.y.z").statusCode()).isEqualTo(401);
        assertThat(ask(anonymous, "GET", "/topics/wrong-" + mark, basic("admin", "wrong")).statusCode()).isEqualTo(401);
        assertThat(ask(anonymous, "DELETE", "/admin/topics/role-" + mark, client).statusCode()).isEqualTo(403);

        ClusterClient.await("refusals are in the audit", 60, () -> audited("role-" + mark, "SECURITY_AUTHZ") > 0
                && audited("wrong-" + mark, "\"outcome\":\"denied\"") > 0);
        assertThat(audited("wrong-" + mark, "\"token\":\"admin\"")).as("who said to be whom").isPositive();
        assertThat(audited("allowed-" + mark, "")).isZero();
        assertThat(audited("password-" + mark, "")).as("the certificate that was not sent, and nothing else")
                .isEqualTo(audited("password-" + mark, "CLIENT-CERT")).isEqualTo(1);
        assertThat(audited("token-" + mark, "")).as("a wrong token is in the server's log only").isZero();
    }

    /** How many lines of the audit have both. */
    private static long audited(String one, String other) {
        try (Stream<String> lines = Files.lines(servers.folder(1).resolve("output/millrace/logs/audit.log"))) {
            return lines.filter(line -> line.contains(one) && line.contains(other)).count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
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

    private static HttpResponse<String> ask(HttpClient client, SecuredRequest request, String authorization) throws Exception {
        HttpRequest.Builder asked = HttpRequest.newBuilder(url.resolve(request.path())).timeout(PATIENCE)
                .method(request.method(), HttpRequest.BodyPublishers.ofString(request.body()));
        if (!request.body().isEmpty()) {
            asked.header("Content-Type", "application/json");
        }
        if (!authorization.isEmpty()) {
            asked.header("Authorization", authorization);
        }
        return client.send(asked.build(), HttpResponse.BodyHandlers.ofString());
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
