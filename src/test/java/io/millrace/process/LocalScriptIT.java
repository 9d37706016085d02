package io.millrace.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The verbs of {@code deploy/local.sh}. */
class LocalScriptIT {
    private final LocalServers servers = new LocalServers("script");

    @AfterEach
    void wipe() {
        servers.run("wipe").succeeded();
    }

    @Test
    void aServerIsStartedKilledRestartedStoppedAndWiped() throws IOException {
        String started = servers.run("start").succeeded().output();
        assertThat(started).contains("server 1: ready at " + servers.url(1));
        ServerClient client = new ServerClient(servers.url(1));
        client.createTopic("mine", 1, "{}");

        assertThat(threads()).as("what exports what is measured or followed").hasSizeGreaterThan(10)
                .noneMatch(name -> name.startsWith("BatchSpan") || name.startsWith("BatchLog") || name.startsWith("PeriodicMetric"));

        Path size = servers.folder(1).resolveSibling("size");
        FileTime formed = Files.getLastModifiedTime(size);

        assertThat(servers.run("start", "1").succeeded().output()).as("started again, the same run").isEqualTo(started);
        assertThat(Files.getLastModifiedTime(size)).as("what a server that is being launched may read").isEqualTo(formed);

        servers.kill(1);
        assertThat(servers.run("status").succeeded().output()).contains("server 1: stopped");
        assertThat(servers.run("logs", "1").succeeded().output()).contains("CWWKE0001I");
        servers.run("restart", "1").succeeded();
        assertThat(client.topics()).containsExactly("mine");

        servers.run("stop").succeeded();
        assertThat(servers.run("status").succeeded().output()).contains("server 1: stopped");
        assertThat(servers.folder(1).resolve("data")).isDirectory();

        servers.run("wipe").succeeded();
        assertThat(servers.folder(1)).doesNotExist();
    }

    /** The first 15 characters of each one's name. */
    private List<String> threads() throws IOException {
        List<String> names = new ArrayList<>();
        try (DirectoryStream<Path> tasks = Files.newDirectoryStream(Path.of("/proc", servers.pid(1), "task"))) {
            for (Path task : tasks) {
                try {
                    names.add(Files.readString(task.resolve("comm")).strip());
                } catch (IOException gone) {
                    // it ended
                }
            }
        }
        return names;
    }

    @Test
    void twoServersAreRefusedWithTheReason() {
        assertThat(servers.run("start", "2").failed().output()).contains("majority");
        assertThat(servers.run("status").output()).isEmpty();
    }

    @Test
    void aPortInUseIsTheReasonThatIsGiven() throws IOException {
        try (ServerSocket other = new ServerSocket(servers.url(1).getPort(), 1, InetAddress.getLoopbackAddress())) {
            assertThat(servers.run("start").failed().output()).contains("port " + other.getLocalPort(), "in use");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"kill 1", "pause 1", "resume 1", "logs 1"})
    void whatDoesNotRunCannotBeActedUpon(String command) {
        assertThat(servers.run(command.split(" ")).failed().output()).contains("server 1");
    }

    @ParameterizedTest
    @ValueSource(strings = {"start 0", "start x", "start -1", "kill", "kill 1;2", "restart", "logs ../1"})
    void aNumberIsAskedFor(String command) {
        assertThat(servers.run(command.split(" ")).failed().output()).contains("give a number");
    }

    @Test
    void anythingElseGetsTheUsage() {
        for (List<String> command : List.of(List.<String>of(), List.of("frobnicate"))) {
            LocalServers.Outcome outcome = servers.run(command.toArray(String[]::new));

            assertThat(outcome.exitCode()).isEqualTo(2);
            assertThat(outcome.output()).startsWith("usage: deploy/local.sh");
        }
    }
}
