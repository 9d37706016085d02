package io.millrace.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jboss.shrinkwrap.api.ShrinkWrap;
import org.jboss.shrinkwrap.api.asset.StringAsset;
import org.jboss.shrinkwrap.api.exporter.ZipExporter;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Millrace on a server that has an application already: both serve, and the other one is what it was. */
class HostServerIT {
    private static final long PATIENCE_SECONDS = 240;
    private static final String SERVER = """
            <server>
              <httpEndpoint id="defaultHttpEndpoint" host="localhost" httpPort="%d" httpsPort="-1"/>
              <webApplication location="shop.war" contextRoot="/"/>
              <include location="millrace.xml"/>
            </server>
            """;

    private final Path project = Path.of(System.getProperty("basedir", "")).toAbsolutePath();
    private final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    @TempDir
    Path folder;

    @Test
    void theOtherApplicationKeepsItsPortItsRootAndItsChecks() throws IOException, InterruptedException {
        int shop = OrdersServer.freePort();
        int millrace = OrdersServer.freePort();
        Process server = start(shop, millrace);
        try {
            awaitOk(server, "http://localhost:" + millrace + "/ready");

            assertThat(get("http://localhost:" + shop + "/shop.txt").body()).isEqualTo("shop");
            assertThat(get("http://localhost:" + shop + "/topics").statusCode()).isEqualTo(404);
            assertThat(get("http://localhost:" + shop + "/a%2Fb").statusCode()).as("an encoded slash").isEqualTo(400);
            assertThat(get("http://localhost:" + shop + "/metrics").statusCode()).as("metrics without a user").isNotEqualTo(200);
            assertThat(get("http://localhost:" + millrace + "/topics").body()).isEqualTo("[]");
            assertThat(get("http://localhost:" + millrace + "/shop.txt").statusCode()).isEqualTo(404);
            assertThat(Files.readString(folder.resolve("console.log"))).contains("give it the feature mpTelemetry-2.1");
        } finally {
            server.destroy();
            assertThat(server.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
        }
    }

    private Process start(int shop, int millrace) throws IOException {
        Path config = Files.createDirectories(folder.resolve("servers/host"));
        Path apps = Files.createDirectories(config.resolve("apps"));
        ShrinkWrap.create(WebArchive.class).addAsWebResource(new StringAsset("shop"), "shop.txt").as(ZipExporter.class)
                .exportTo(apps.resolve("shop.war").toFile());
        Files.copy(Path.of(System.getProperty("millrace.war")), apps.resolve("millrace.war"));
        Files.writeString(config.resolve("server.xml"), SERVER.formatted(shop));
        for (String each : new String[] {"millrace.xml", "jvm.options"}) {
            Files.copy(project.resolve("deploy/liberty").resolve(each), config.resolve(each));
        }
        Files.writeString(config.resolve("bootstrap.properties"), "millrace.http.port=%d%nmillrace.cluster.port=%d%nmillrace.log.dirs=%s%n"
                .formatted(millrace, OrdersServer.freePort(), folder.resolve("data"))
                + "millrace.cluster.journal.dir=" + folder.resolve("journal") + "\n");
        ProcessBuilder builder = new ProcessBuilder(Path.of(System.getProperty("arquillian.wlp.home")).resolve("bin/server").toString(),
                "run", "host").redirectErrorStream(true).redirectOutput(folder.resolve("console.log").toFile());
        builder.environment().put("WLP_USER_DIR", folder.toString());
        builder.environment().put("OTEL_SDK_DISABLED", "false"); // where there is no OpenTelemetry
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        return builder.start();
    }

    private void awaitOk(Process server, String url) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (!isOk(url)) {
            if (!server.isAlive() || System.nanoTime() > deadline) {
                throw new AssertionError("the server did not start: " + Files.readString(folder.resolve("console.log")));
            }
            LockSupport.parkNanos(200_000_000);
        }
    }

    private boolean isOk(String url) throws InterruptedException {
        try {
            return get(url).statusCode() == 200;
        } catch (UncheckedIOException starting) {
            return false;
        }
    }

    private HttpResponse<String> get(String url) throws InterruptedException {
        try {
            return client.send(HttpRequest.newBuilder(URI.create(url)).timeout(Duration.ofSeconds(30)).build(),
                    HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
