package io.millrace.rest.internal;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.millrace.agreement.Member;
import io.millrace.group.delivery.HandedOn;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.replica.core.ReplicaFetchRequest;
import io.millrace.replica.core.ReplicaFetchResponse;
import io.millrace.rest.cluster.Brokers;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.HostnameVerifier;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Replica fetches over TLS, in a process where somebody has switched off that the name of the host is looked at. */
class SecuredFetchTest {
    private static final char[] PASSWORD = "for this test".toCharArray();

    @TempDir
    private Path temp;
    private final HostnameVerifier usualVerifier = HttpsURLConnection.getDefaultHostnameVerifier();
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final HttpTransport transport = new HttpTransport(Brokers.sender(), threads, this::believed);
    private final Set<InetSocketAddress> connections = ConcurrentHashMap.newKeySet();
    private HttpsServer server;
    private volatile SSLContext believed;
    private KeyStore keys;

    private SSLContext believed() {
        return believed;
    }

    @BeforeEach
    void trustAnyName() {
        HttpsURLConnection.setDefaultHostnameVerifier((host, session) -> true);
    }

    @AfterEach
    void stop() {
        HttpsURLConnection.setDefaultHostnameVerifier(usualVerifier);
        transport.close();
        server.stop(0);
        threads.shutdownNow();
    }

    /** @param name in the server's certificate, which is trusted */
    private CompletableFuture<ReplicaFetchResponse> fetch(String name) throws Exception {
        if (server == null) {
            start(name);
        }
        Member leader = new Member(2, "its-run", "https://127.0.0.1:" + server.getAddress().getPort(), null);
        return transport.fetch(leader, new ReplicaFetchRequest(1, "run", 100, 1 << 20, List.of()));
    }

    private void start(String name) throws Exception {
        SSLContext context = context(name);
        believed = context;
        server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setHttpsConfigurator(new HttpsConfigurator(context));
        server.setExecutor(threads);
        server.createContext("/", exchange -> {
            try (exchange) {
                connections.add(exchange.getRemoteAddress());
                exchange.getRequestBody().readAllBytes();
                byte[] body = ReplicaFetchCodec.encode(new ReplicaFetchResponse(List.of())).get(0).array();
                exchange.sendResponseHeaders(200, body.length);
                exchange.getResponseBody().write(body);
            }
        });
        server.start();
    }

    private SSLContext context(String name) throws IOException, InterruptedException, GeneralSecurityException {
        Path file = temp.resolve("keys.p12");
        assertThat(new ProcessBuilder(System.getProperty("java.home") + "/bin/keytool", "-genkeypair", "-alias", "server",
                "-keyalg", "EC", "-dname", "CN=millrace", "-ext", "san=" + name, "-keystore", file.toString(), "-storetype",
                "PKCS12", "-storepass", new String(PASSWORD)).inheritIO().start().waitFor()).isZero();
        keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(file)) {
            keys.load(in, PASSWORD);
        }
        return context();
    }

    /** Another one each time, of the same keys. */
    private SSLContext context() throws IOException, GeneralSecurityException {
        KeyManagerFactory own = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        own.init(keys, PASSWORD);
        TrustManagerFactory trusted = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        KeyStore certificates = KeyStore.getInstance("PKCS12");
        certificates.load(null, null);
        certificates.setCertificateEntry("server", keys.getCertificate("server"));
        trusted.init(certificates);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(own.getKeyManagers(), trusted.getTrustManagers(), null);
        return context;
    }

    @Test
    void aLeaderWhoseCertificateNamesItsHostIsAskedOverOneConnection() throws Exception {
        for (int i = 0; i < 3; i++) {
            assertThat(fetch("ip:127.0.0.1")).succeedsWithin(10, TimeUnit.SECONDS)
                    .isEqualTo(new ReplicaFetchResponse(List.of()));
        }
        assertThat(connections).hasSize(1);
    }

    @Test
    void whatIsAskedAfterKeysWereRenewedGoesOverANewConnection() throws Exception {
        assertThat(fetch("ip:127.0.0.1")).succeedsWithin(10, TimeUnit.SECONDS);
        assertThat(asked()).succeedsWithin(10, TimeUnit.SECONDS);
        Set<InetSocketAddress> before = Set.copyOf(connections);

        believed = context();
        assertThat(fetch("ip:127.0.0.1")).succeedsWithin(10, TimeUnit.SECONDS);
        assertThat(asked()).succeedsWithin(10, TimeUnit.SECONDS);

        assertThat(before).as("one of those that wait, one of the others").hasSize(2);
        assertThat(connections).hasSize(4);
    }

    /** Waits in no thread, and so goes another way. */
    private CompletableFuture<Boolean> asked() {
        return transport.wasWritten(new Member(2, "its-run", "https://127.0.0.1:" + server.getAddress().getPort(), null), "g", "c",
                new HandedOn(1, 0));
    }

    @Test
    void aLeaderWhoseCertificateNamesAnotherHostIsNotAsked() throws Exception {
        assertThat(fetch("dns:another.example")).failsWithin(10, TimeUnit.SECONDS)
                .withThrowableOfType(ExecutionException.class)
                .havingCause().isInstanceOfSatisfying(BrokerException.class,
                        refused -> assertThat(refused.kind()).isEqualTo(ErrorKind.UNAVAILABLE));
        assertThat(connections).isEmpty();
    }
}
