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
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** A server whose small files are damaged and whose disk is not mounted: nothing is lost, and it says what is wrong. */
class DamagedFilesIT {
    private static final List<String> VALUES = IntStream.range(0, 60).mapToObj(i -> "v" + i).toList();
    private static final List<String> TOPICS = List.of("unnamed", "garbled", "start", "epochs", "beyond");

    @Test
    void damagedSmallFilesAndAnEmptyFolderInsteadOfADiskLoseNothing() throws Exception {
        try (LocalServers servers = new LocalServers("damaged")) {
            servers.start();
            ServerClient client = new ServerClient(servers.url(1));
            for (String topic : TOPICS) {
                client.createTopic(topic, 1, "{\"segment.bytes\":\"1024\"}");
                for (String value : VALUES) {
                    client.produce(topic, 0, List.of(value));
                }
            }
            servers.run("stop").succeeded();
            Path data = servers.folder(1).resolve("data");
            Files.delete(data.resolve("unnamed-0/partition.metadata"));
            Files.writeString(data.resolve("garbled-0/partition.metadata"), "garbage");
            Files.writeString(data.resolve("start-0/log-start-offset-checkpoint"), "0\n1000000\n");
            Files.writeString(data.resolve("epochs-0/leader-epoch-checkpoint"), "0\n2\n5 0\n3 20\n");
            Files.writeString(data.resolve("beyond-0/leader-epoch-checkpoint"), "0\n1\n900000 0\n");
            Files.delete(data.resolve("meta.properties"));
            Path journal = servers.folder(1).resolve("journal/__registers-0");
            Files.writeString(journal.resolve("leader-epoch-checkpoint"), "0\n2\n5 0\n3 1\n");
            Files.writeString(journal.resolve("partition.metadata"), "");

            servers.start();
            for (String topic : TOPICS) {
                assertThat(client.fetchAll(topic, 0).values()).as(topic).containsExactlyElementsOf(VALUES);
                assertThat(client.produce(topic, 0, List.of("more"))).as(topic).isEqualTo(VALUES.size());
            }
            client.createTopic("afterwards", 1, "{}");
            assertThat(get(servers.url(1), "/health/ready")).contains("start-0/log-start-offset-checkpoint",
                    "epochs-0/leader-epoch-checkpoint", "beyond-0/leader-epoch-checkpoint",
                    "__registers-0/leader-epoch-checkpoint");
            assertThat(get(servers.url(1), "/metrics")).contains("millrace_damaged_files_total{", "millrace_stray_logs{");

            servers.run("stop").succeeded();
            Path mounted = data.resolveSibling("unmounted");
            Files.move(data, mounted);
            assertThat(servers.run("start").failed().output()).contains("Millrace cannot start", "last at " + data,
                    "Mount the disk", "millrace.log.dirs.lost");
            try (Stream<Path> left = Files.walk(data)) {
                left.sorted(Comparator.reverseOrder()).forEach(DamagedFilesIT::delete);
            }
            Files.move(mounted, data);
            servers.start();
            assertThat(client.fetchAll("start", 0)).hasSize(VALUES.size() + 1);
        }
    }

    private static void delete(Path file) {
        try {
            Files.delete(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String get(URI server, String path) throws IOException, InterruptedException {
        return HttpClient.newHttpClient().send(HttpRequest.newBuilder(server.resolve(path)).version(
                HttpClient.Version.HTTP_1_1).GET().build(), HttpResponse.BodyHandlers.ofString()).body();
    }
}
