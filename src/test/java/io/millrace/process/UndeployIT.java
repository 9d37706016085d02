package io.millrace.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The WAR is taken away from a server that runs, and put back: again and again, in the same process. */
class UndeployIT {
    private static final int ROUNDS = Boolean.getBoolean("millrace.long") ? 20 : 5;
    private static final long PATIENCE_SECONDS = 180;
    private static final String READY = "Millrace is ready";
    private static final String STOPPED = "CWWKZ0009I";
    private static final String ONE_OF_EACH_DEPLOYMENT = "io.millrace.ops.Lifecycle";
    /** Liberty's recent log messages name classes of the application: by soft references, which memory pressure ends. */
    private static final String WITHOUT_SOFT_REFERENCES = "-XX:TieredStopAtLevel=1 -XX:SoftRefLRUPolicyMSPerMB=0";

    private final LocalServers servers = new LocalServers("undeploy").with("MILLRACE_LOCAL_RUNTIME", null)
            .with("JVM_ARGS", WITHOUT_SOFT_REFERENCES);
    private final ServerClient client = new ServerClient(servers.url(1));
    private final HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final Path war = servers.folder(1).resolveSibling("runtime/wlp/usr/servers/millrace/apps/millrace.war");
    private final Path away = servers.folder(1).resolveSibling("runtime/millrace.war.away");
    private int whileStarting;

    @AfterEach
    void wipe() {
        servers.run("wipe").succeeded();
    }

    @Test
    void everythingIsGivenBackEachTimeTheWarIsTakenAwayAndTheDataAreThereWhenItIsPutBack() throws IOException {
        servers.start();
        client.createTopic("kept", 1, "{}");
        client.produce("kept", 0, List.of("0"));

        for (int round = 1; round <= ROUNDS; round++) {
            move(war, away);
            awaitLine(STOPPED, round);
            await("the threads of Hazelcast end", () -> !jcmd("Thread.print").contains("\"hz."));
            assertThat(isFree(servers.url(1).getPort() + LocalServers.CLUSTER_PORT_DISTANCE)).as("cluster port").isTrue();

            move(away, war);
            awaitReady(round + 1);
            assertThat(client.fetchAll("kept", 0)).as("round %d", round).hasSize(round);
            assertThat(client.produce("kept", 0, List.of(Integer.toString(round)))).isEqualTo(round);
        }

        await("no class loader of an earlier deployment is alive", () -> loadersAlive() == 1);
        assertThat(faults()).isEmpty();
        assertThat(whileStarting).as("requests that came before it was ready").isPositive();
    }

    /** Until the log says so, an answer is 503 and says when to try again; from then on it is not 503. */
    private void awaitReady(int times) throws IOException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (true) {
            boolean ready = count(READY) >= times;
            HttpResponse<String> answer = get("/topics");
            if (answer.statusCode() == 503) {
                whileStarting++;
                assertThat(answer.headers().firstValue("Retry-After")).as(answer.body()).isPresent();
            }
            if (ready) {
                assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
                return;
            }
            assertThat(System.nanoTime()).as("waiting for the server to be ready: %s", answer.body()).isLessThan(deadline);
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
        }
    }

    private HttpResponse<String> get(String path) throws IOException {
        try {
            return http.send(HttpRequest.newBuilder(URI.create(servers.url(1) + path)).timeout(Duration.ofSeconds(60))
                    .build(), HttpResponse.BodyHandlers.ofString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        }
    }

    private static void move(Path from, Path to) throws IOException {
        Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
    }

    /** After a full collection. */
    private long loadersAlive() {
        jcmd("GC.run");
        return Pattern.compile(ONE_OF_EACH_DEPLOYMENT + "/").matcher(jcmd("VM.class_hierarchy", ONE_OF_EACH_DEPLOYMENT))
                .results().count();
    }

    /** With their stack traces, from the log that has them. */
    private String faults() throws IOException {
        String all = Files.readString(servers.folder(1).resolve("logs/messages.log"), StandardCharsets.UTF_8);
        return Pattern.compile("(?m)^.*(?:NoClassDefFoundError|CWWKL0002E|WELD-000019|closing the )(?:.*\\R){1,20}")
                .matcher(all).results().map(MatchResult::group).collect(Collectors.joining());
    }

    private void awaitLine(String text, int times) {
        await("'" + text + "' is in the log " + times + " times", () -> count(text) >= times);
    }

    private long count(String text) {
        return console().lines().filter(line -> line.contains(text)).count();
    }

    /** What the server's user sees without looking for a file. */
    private String console() {
        try {
            return Files.readString(servers.folder(1).resolve("logs/console.log"), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new AssertionError("no log of the console", e);
        }
    }

    private String jcmd(String... arguments) {
        try {
            String pid = Files.readString(servers.folder(1).resolve("server.pid")).split(" ")[0];
            ProcessBuilder builder = new ProcessBuilder(
                    Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(), pid).redirectErrorStream(true);
            builder.command().addAll(List.of(arguments));
            Process process = builder.start();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(process.waitFor()).as(output).isZero();
            return output;
        } catch (IOException e) {
            throw new AssertionError("jcmd cannot be run", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        }
    }

    private static boolean isFree(int port) {
        try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            return socket.isBound();
        } catch (IOException inUse) {
            return false;
        }
    }

    private static void await(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("waiting until %s", what).isLessThan(deadline);
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(200));
        }
    }
}
