package io.millrace.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.rest.cluster.BrokerHeaders;
import io.millrace.rest.cluster.CallerHeaders;
import io.millrace.security.Caller;
import io.millrace.security.Role;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.cert.Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.stream.IntStream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** Three servers with {@code deploy/secured}, which show each other certificates. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SecuredClusterIT {
    private static final int SERVERS = 3;
    private static final int PARTITIONS = 3;
    private static final int PATIENCE_SECONDS = 240;
    /** Files are looked at every five seconds. */
    private static final int RENEWAL_SECONDS = 60;
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String HOSTS = "=localhost,127.0.0.1";
    private static final String PASSWORD = UUID.randomUUID().toString();
    private static final String ADMIN = basic("admin");
    private static final String CLIENT = basic("client");
    private static final String JSON = "application/json";
    private static final String PARTITION = "/topics/guarded/partitions/0";
    private static final String RECORDS = PARTITION + "/records?offset=0";
    private static final String BROKER_NAMES = "for the brokers of the cluster only";

    private LocalServers servers;
    private List<URI> urls;
    /** Where the servers look. */
    private SecuredKeys served;
    /** What the servers believe now. */
    private SecuredKeys keys;
    private ClusterClient admin;

    @BeforeAll
    void start() throws Exception {
        keys = new SecuredKeys(names());
        served = keys;
        servers = new LocalServers("secured cluster").with("MILLRACE_LOCAL_SECURED", "1")
                .with("SECURED_KEYS", keys.folder().toString()).with("SECURED_KEYS_PASSWORD", keys.password())
                .with("MILLRACE_REPLICATION_LAG_MAX_MS", "3000");
        for (String role : List.of("ADMIN", "OPERATOR", "CLIENT", "BROKER")) {
            servers.with("SECURED_" + role + "_PASSWORD", PASSWORD);
        }
        servers.run("start", Integer.toString(SERVERS)).succeeded();
        urls = IntStream.rangeClosed(1, SERVERS).mapToObj(servers::url).toList();
        admin = new ClusterClient(urls, keys.context(null), ADMIN);
        awaitWhole();
    }

    private static String[] names() {
        return new String[] {"broker-1" + HOSTS, "broker-2" + HOSTS, "broker-3" + HOSTS, "client"};
    }

    @AfterAll
    void stop() {
        servers.close();
    }

    private void awaitWhole() {
        admin.awaitWhole("all servers agree and have every record", PATIENCE_SECONDS);
    }

    private void create(String topic, int partitions) {
        ClusterClient.await("topic " + topic + " is known to all", 60, () -> {
            try {
                int status = admin.send(0, "POST", "/admin/topics", JSON, ("{\"topic_name\":\"%s\",\"partitions_count\":%d,"
                        + "\"replication_factor\":3,\"configs\":{\"min.insync.replicas\":\"2\"}}").formatted(topic, partitions))
                .statusCode();
                return (status == 201 || status == 409)
                        && IntStream.range(0, SERVERS).allMatch(server -> admin.leader(server, topic, 0) > 0);
            } catch (IOException slow) {
                return false;
            }
        });
    }

    @Test
    void aLeaderThatIsKilledLosesNothing() throws Exception {
        create("killed", PARTITIONS);
        ClusterClient client = new ClusterClient(urls, keys.context(null), CLIENT);
        try (ClusterLoad load = new ClusterLoad(client, SERVERS, "killed", PARTITIONS)) {
            load.awaitMore(20);
            int victim = admin.leader(0, "killed", 0);
            servers.kill(victim);
            load.awaitMore(20);
            servers.run("launch", Integer.toString(victim)).succeeded();
            awaitWhole();
            load.close();
            load.assertKept();
        }
    }

    @Test
    void whatIsPassedOnIsAskedByTheClientWhateverItsCredentialAndNotByTheBroker() throws Exception {
        create("guarded", 1);
        int leader = admin.leader(0, "guarded", 0);
        int other = leader % SERVERS;
        HttpClient anonymous = http(null);
        String token = "Bearer " + served.token("tokens", "https://issuer.example", "client", "millrace-client",
                Instant.now().plusSeconds(600));
        assertThat(produce(anonymous, other, CLIENT)).isEqualTo(200);
        assertThat(produce(anonymous, other, token)).isEqualTo(200);
        assertThat(produce(http("client"), other, null)).isEqualTo(200);
        HttpResponse<String> fetched = ask(anonymous, other, "GET", RECORDS, CLIENT, null);
        assertThat(fetched.statusCode()).as(fetched.body()).isEqualTo(200);
        assertThat(fetched.headers().firstValue("Millrace-Leader")).as("another one answered").contains(servers.url(leader).toString());
        try {
            permit("somebody", "READ");
            permit("client", "DESCRIBE");
            permit("client", "WRITE");
            for (int server = 0; server < SERVERS; server++) {
                int each = server;
                ClusterClient.await("permissions at server " + (server + 1), 30,
                        () -> status(anonymous, each, "GET", RECORDS, CLIENT) == 403);
            }
            assertThat(produce(anonymous, other, CLIENT)).isEqualTo(200);
            assertThat(produce(anonymous, other, token)).as("of the same name").isEqualTo(200);
            for (int server = 0; server < SERVERS; server++) {
                HttpResponse<String> anywhere = ask(anonymous, server, "POST", "/topics/guarded", CLIENT, "{\"records\":[{\"value\":1}]}");
                assertThat(anywhere.body()).as("the broker finds the leader").contains("\"offset\"");
            }
            assertThat(status(anonymous, other, "GET", RECORDS, ADMIN)).isEqualTo(200);
            requireThatOnlyBrokersNameCallers(leader - 1);
        } finally {
            for (String principal : List.of("client", "somebody")) {
                assertThat(status(anonymous, 0, "DELETE", "/admin/permissions?principal=" + principal, ADMIN)).isEqualTo(200);
            }
        }
        assertThat(status(anonymous, other, "DELETE", "/admin" + PARTITION + "/records?before_offset=1", CLIENT)).isEqualTo(403);
        HttpResponse<String> deleted = ask(anonymous, other, "DELETE", "/admin" + PARTITION + "/records?before_offset=1", ADMIN, null);
        assertThat(deleted.statusCode()).as(deleted.body()).isLessThan(300);
    }

    /** Who says for whom it asks needs the certificate of a broker, and a signature. */
    private void requireThatOnlyBrokersNameCallers(int leader) throws Exception {
        assertThat(forAnAdministrator(http("client"), leader)).as("signed by who is no broker").isEqualTo(403);
        assertThat(forAnAdministrator(http("broker-1"), leader)).as("a broker, whose signature is not one").isEqualTo(401);
    }

    private int forAnAdministrator(HttpClient client, int server) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(urls.get(server).resolve(PARTITION + "/records?offset=0")).timeout(PATIENCE)
                .header(BrokerHeaders.FORWARDED, "1").header("Millrace-Signature", "1 1 1 " + "0".repeat(64) + " " + "0".repeat(64));
        CallerHeaders.of(new Caller("admin", Set.of(), Set.of(Role.ADMIN))).forEach(request::header);
        return client.send(request.build(), HttpResponse.BodyHandlers.ofString()).statusCode();
    }

    private void permit(String principal, String operation) throws Exception {
        HttpResponse<String> answer = ask(http(null), 0, "POST", "/admin/permissions", ADMIN,
                ("{\"permissions\":[{\"principal\":\"%s\",\"operations\":[\"%s\"],\"resource_type\":\"topic\","
                        + "\"resource_name\":\"guarded\",\"effect\":\"allow\"}]}").formatted(principal, operation));
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    }

    @Test
    void pathsBetweenBrokersNeedACertificateOfABrokerAndASignature() throws Exception {
        String path = "/internal/replica-fetch";
        assertThat(status(http(null), 0, "POST", path, null)).isEqualTo(401);
        assertThat(status(http("client"), 0, "POST", path, null)).isEqualTo(403);
        assertThat(status(http(null), 0, "POST", path, ADMIN)).isEqualTo(403);
        HttpResponse<String> unsigned = ask(http("broker-2"), 0, "POST", path, null, null);
        assertThat(unsigned.statusCode()).isIn(401, 403);
        assertThat(unsigned.body()).contains(BROKER_NAMES);
    }

    @Test
    void thereIsNoWayWithoutTls() {
        for (URI url : urls) {
            URI plain = URI.create("http://localhost:" + url.getPort() + "/topics");
            assertThatThrownBy(() -> {
                HttpResponse<String> answer = http(null).send(HttpRequest.newBuilder(plain).timeout(PATIENCE).header("Authorization", ADMIN).build(),
                        HttpResponse.BodyHandlers.ofString());
                throw new IOException("answered with " + answer.statusCode());
            }).isInstanceOf(IOException.class).hasMessageNotContaining("answered with 2");
        }
    }

    /** The leader that is killed at last is asked anew by the others, of which only what was renewed is believed. */
    @Test
    @EnabledIfSystemProperty(named = "millrace.long", matches = "true")
    void keysAndTheirAuthorityAreRenewedUnderLoadWithoutARestart() throws Exception {
        create("renewed", PARTITIONS);
        SecuredKeys next = served.ofAnotherAuthority(names());
        served.believeAlso(next);
        SSLContext both = served.context(null);
        admin = new ClusterClient(urls, both, ADMIN);
        try (ClusterLoad load = new ClusterLoad(new ClusterClient(urls, both, CLIENT), SERVERS, "renewed", PARTITIONS)) {
            for (int server = 0; server < SERVERS; server++) {
                int each = server;
                ClusterClient.await("the other authority is believed by server " + (server + 1), RENEWAL_SECONDS,
                        () -> isKnown(next, each));
            }
            for (int server = 1; server <= SERVERS; server++) {
                served.take(next, "broker-" + server);
            }
            awaitShown(both, next, 1, 2, 3);
            load.awaitMore(20);
            served.take(next, "trust");
            SecuredKeys former = keys;
            keys = next;
            for (int server = 0; server < SERVERS; server++) {
                int each = server;
                ClusterClient.await("the former authority is not believed by server " + (server + 1), RENEWAL_SECONDS,
                        () -> !isKnown(former, each));
            }
            load.awaitMore(20);
            int victim = admin.leader(0, "renewed", 0);
            servers.kill(victim);
            load.awaitMore(20);
            servers.run("launch", Integer.toString(victim)).succeeded();
            awaitWhole();
            load.close();
            load.assertKept();
        }
    }

    @Test
    @EnabledIfSystemProperty(named = "millrace.long", matches = "true")
    void aBrokerWhoseCertificateNamesAnotherHostIsNotAskedUntilItHasOneThatNamesItsOwn() throws Exception {
        HttpClient client = http(null);
        create("named", PARTITIONS);
        ClusterClient.await("broker 3 leads", PATIENCE_SECONDS, () -> ledByThree() >= 0);
        String path = "/topics/named/partitions/" + ledByThree() + "/records?offset=0";
        ClusterClient.await("broker 3 is asked by broker 1", RENEWAL_SECONDS, () -> status(client, 0, "GET", path, ADMIN) == 200);
        renew(3, "=other.example");
        try {
            renew(1, HOSTS); // new connections are made with new keys
            ClusterClient.await("broker 3 is not asked any more", RENEWAL_SECONDS, () -> status(client, 0, "GET", path, ADMIN) == 503);
        } finally {
            renew(3, HOSTS);
        }
        ClusterClient.await("broker 3 is asked again", RENEWAL_SECONDS, () -> status(client, 0, "GET", path, ADMIN) == 200);
        awaitWhole();
    }

    private void renew(int server, String hosts) throws GeneralSecurityException, IOException {
        keys.make("broker-" + server + hosts);
        if (keys != served) {
            served.take(keys, "broker-" + server);
        }
        awaitShown(keys.context(null), keys, server);
    }

    /** A partition; -1: none. */
    private int ledByThree() {
        return IntStream.range(0, PARTITIONS).filter(partition -> admin.leader(0, "named", partition) == 3).findFirst().orElse(-1);
    }

    /** Whether a server lets the other's client in by its certificate. */
    private boolean isKnown(SecuredKeys of, int server) {
        try {
            HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).sslContext(of.context("client", served))
                    .build();
            return status(client, server, "GET", "/topics", null) == 200;
        } catch (GeneralSecurityException | IOException e) {
            throw new AssertionError(e);
        }
    }

    private void awaitShown(SSLContext trusting, SecuredKeys by, int... numbers) throws GeneralSecurityException, IOException {
        for (int number : numbers) {
            Certificate expected = by.certificate("broker-" + number);
            ClusterClient.await("server " + number + " shows its new certificate", RENEWAL_SECONDS,
                    () -> expected.equals(shown(trusting, number)));
        }
    }

    /** Null: none. */
    private Certificate shown(SSLContext trusting, int number) {
        URI url = urls.get(number - 1);
        try (SSLSocket socket = (SSLSocket) trusting.getSocketFactory().createSocket("localhost", url.getPort())) {
            socket.startHandshake();
            return socket.getSession().getPeerCertificates()[0];
        } catch (IOException notNow) {
            return null;
        }
    }

    private HttpClient http(String certificate) throws GeneralSecurityException, IOException {
        return HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).sslContext(keys.context(certificate)).build();
    }

    private int produce(HttpClient client, int server, String authorization) throws Exception {
        HttpResponse<String> answer = ask(client, server, "POST", PARTITION, authorization, "{\"records\":[{\"value\":1}]}");
        return answer.statusCode();
    }

    private int status(HttpClient client, int server, String method, String path, String authorization) {
        try {
            return ask(client, server, method, path, authorization, null).statusCode();
        } catch (IOException unreachable) {
            return -1;
        }
    }

    private HttpResponse<String> ask(HttpClient client, int server, String method, String path, String authorization, String json)
            throws IOException {
        HttpRequest.Builder request = HttpRequest.newBuilder(urls.get(server).resolve(path)).timeout(PATIENCE).method(method,
                json == null ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(json));
        if (json != null) {
            request.header("Content-Type", JSON);
        }
        if (authorization != null) {
            request.header("Authorization", authorization);
        }
        try {
            return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        }
    }

    private static String basic(String user) {
        return "Basic " + Base64.getEncoder().encodeToString((user + ":" + PASSWORD).getBytes(StandardCharsets.UTF_8));
    }
}
