package io.millrace.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** Three servers, and the disk of one's journal fills up while clients write: the others go on, and it comes back. */
@EnabledIfSystemProperty(named = "millrace.long", matches = "true")
class JournalDiskIT {
    private static final int SERVERS = 3;
    private static final int PARTITIONS = 3;
    private static final int PATIENCE_SECONDS = 240;
    private static final int DISK_MB = 64;

    private final LocalServers servers = new LocalServers("journal disk").with("MILLRACE_REPLICATION_LAG_MAX_MS", "3000");
    private final ClusterClient client = new ClusterClient(IntStream.rangeClosed(1, SERVERS).mapToObj(servers::url).toList());

    @AfterEach
    void stop() {
        servers.close();
    }

    @Test
    void aServerWhoseJournalHasNoSpaceLeavesAndTheOthersGoOn() throws Exception {
        fillUpWhileClientsWrite(List.of("journal"));
    }

    /** As where nobody set anything: the logs have no space either. */
    @Test
    void aServerWhoseJournalAndLogsShareAFullDiskLeavesAndTheOthersGoOn() throws Exception {
        fillUpWhileClientsWrite(List.of("journal", "data"));
    }

    private void fillUpWhileClientsWrite(List<String> folders) throws Exception {
        assumeTrue(servers.canMount(), "no small file system can be mounted here: neither as root nor by unshare");
        servers.run("start", Integer.toString(SERVERS)).succeeded();
        awaitWhole();
        int full = controller();
        servers.run("stop", Integer.toString(full)).succeeded();
        servers.launchOnDisk(full, DISK_MB, folders);
        awaitWhole();
        create("goes-on");
        try (ClusterLoad load = new ClusterLoad(client, SERVERS, "goes-on", PARTITIONS)) {
            load.awaitMore(20);
            Path filler = servers.seenBy(full, "journal").resolve("filler");
            ClusterClient.await("it is out", PATIENCE_SECONDS, () -> {
                fill(filler);
                create("another-" + System.nanoTime()); // so that the journal has something to write
                return health(full, "ready").contains("left the agreement");
            });
            assertThat(health(full, "ready")).contains("disk is full", "DOWN");
            assertThat(health(full, "live")).contains("\"status\":\"UP\"");
            load.awaitMore(50);
            int other = full % SERVERS;
            ClusterClient.await("others lead", PATIENCE_SECONDS, () -> IntStream.range(0, PARTITIONS)
                    .map(partition -> client.leader(other, "goes-on", partition)).noneMatch(leader -> leader == full));
            assertThat(controller()).isPositive().isNotEqualTo(full);

            Files.delete(filler);
            awaitWhole();
            assertThat(health(full, "ready")).contains("\"status\":\"UP\"").doesNotContain("left the agreement");
            load.awaitMore(20);
            load.close();
            load.assertKept();
        }
    }

    private void awaitWhole() {
        client.awaitWhole("all servers agree and have every record", PATIENCE_SECONDS);
    }

    /** As any server tells it that knows; 0: none. */
    private int controller() {
        return IntStream.range(0, SERVERS).mapToObj(client::describe).filter(cluster -> cluster != null
                && cluster.getBoolean("agreement")).mapToInt(cluster -> cluster.getInt("controller", 0)).findFirst().orElse(0);
    }

    private void create(String topic) {
        ClusterClient.await("topic " + topic + " is created", 60, () -> Stream.of(0, 1, 2).anyMatch(server -> {
            try {
                int status = client.send(server, "POST", "/admin/topics", "application/json",
                        "{\"topic_name\":\"%s\",\"partitions_count\":%d}".formatted(topic, PARTITIONS)).statusCode();
                return status == 201 || status == 409;
            } catch (IOException slow) {
                return false;
            }
        }));
    }

    private String health(int server, String kind) {
        try {
            return client.send(server - 1, "GET", "/health/" + kind, null, null).body();
        } catch (IOException slow) {
            return "";
        }
    }

    /** Writes until there is no space, whatever was given up meanwhile. */
    private static void fill(Path filler) {
        byte[] piece = new byte[64 * 1024];
        try (OutputStream out = Files.newOutputStream(filler, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
            for (int i = 0; i < DISK_MB << 10; i++) {
                out.write(piece);
            }
        } catch (IOException full) {
            assertThat(full).hasMessageContaining("No space left");
        }
    }
}
