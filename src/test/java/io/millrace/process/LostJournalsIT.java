package io.millrace.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * Two of three servers lose their disks while all are down: they wait for the operator, who must name what is lost. In every
 * build {@code ClusterNodesTest} says so of three nodes in one process.
 */
@EnabledIfSystemProperty(named = "millrace.long", matches = "true")
class LostJournalsIT {
    private static final int SERVERS = 3;
    private static final int PATIENCE_SECONDS = 240;
    private static final String LOSS = "{\"kept\":[1],\"replaced\":[2,3]}";

    private final LocalServers servers = new LocalServers("lost journals");
    private final ClusterClient client = new ClusterClient(IntStream.rangeClosed(1, SERVERS).mapToObj(servers::url).toList());

    @AfterEach
    void stop() {
        servers.close();
    }

    @Test
    void theOperatorNamesTheLossThatHealthTellsAndNoOtherOne() throws Exception {
        servers.run("start", Integer.toString(SERVERS)).succeeded();
        client.awaitWhole("all servers agree", PATIENCE_SECONDS);
        assertThat(recover(LOSS).statusCode()).as("nothing is lost").isEqualTo(409);
        servers.run("stop").succeeded();
        for (int lost : List.of(2, 3)) {
            for (String folder : List.of("journal", "data")) {
                Path kept = servers.folder(lost).resolve(folder);
                Files.move(kept, kept.resolveSibling("lost " + folder));
            }
        }
        for (int server = 1; server <= SERVERS; server++) {
            servers.run("launch", Integer.toString(server)).succeeded();
        }
        ClusterClient.await("it is asked", PATIENCE_SECONDS, () -> health().contains("recover with")
                && health().replace("\\", "").contains(LOSS));

        HttpResponse<String> another = recover("{\"kept\":[1],\"replaced\":[2]}");
        assertThat(another.statusCode()).isEqualTo(409);
        assertThat(another.body().replace("\\", "")).contains(LOSS);
        assertThat(recover("{\"kept\":[1]}").statusCode()).isEqualTo(400);
        HttpResponse<String> decided = recover(LOSS);
        assertThat(decided.statusCode()).isEqualTo(202);
        assertThat(decided.body()).isEqualTo(LOSS);
        client.awaitWhole("all servers agree again", PATIENCE_SECONDS);
        assertThat(recover(LOSS).statusCode()).as("that is over").isEqualTo(409);
    }

    private HttpResponse<String> recover(String body) throws IOException {
        return client.send(0, "POST", "/admin/cluster/recover", "application/json", body);
    }

    private String health() {
        try {
            return client.send(0, "GET", "/health/ready", null, null).body();
        } catch (IOException notUp) {
            return "";
        }
    }
}
