package io.millrace.process;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.json.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * A topic of many partitions on three real servers, each of which is killed and comes back, again and again, under light
 * load. Prints a line for each kill: when all partitions had a leader that is up, when all were in sync again, and what the
 * heaps of the others hold after a collection. Takes some minutes, and far longer on a busy machine.
 *
 * <p>{@code MILLRACE_LARGE_PARTITIONS} (10000) and {@code MILLRACE_LARGE_KILLS}, of each server (5), make it smaller.
 */
@EnabledIfSystemProperty(named = "millrace.long", matches = "true")
class LargeTopicIT {
    private static final int SERVERS = 3;
    private static final int PARTITIONS = number("MILLRACE_LARGE_PARTITIONS", 10_000);
    private static final int KILLS = number("MILLRACE_LARGE_KILLS", 5);
    private static final String TOPIC = "large";
    private static final int LOADED = 3;
    private static final int PATIENCE_SECONDS = 300;
    private static final Pattern LEADER = Pattern.compile("\"leader\":\\s*(-?\\d+)");
    private static final Pattern USED = Pattern.compile("used (\\d+)K");

    private final LocalServers servers = new LocalServers("large topic")
            .with("MILLRACE_TOPIC_PARTITIONS_MAX", Integer.toString(PARTITIONS));
    private final ClusterClient client = new ClusterClient(IntStream.rangeClosed(1, SERVERS).mapToObj(servers::url).toList());
    private final List<Long> heaps = new ArrayList<>();

    private static int number(String variable, int otherwise) {
        String set = System.getenv(variable);
        return set == null ? otherwise : Integer.parseInt(set);
    }

    @AfterEach
    void stop() {
        servers.close();
    }

    @Test
    void serversThatAreKilledAgainAndAgainKeepTheirHeapsAndTheirLeadersComeBack() throws Exception {
        servers.run("start", Integer.toString(SERVERS)).succeeded();
        awaitWhole();
        long begun = System.nanoTime();
        create();
        say("created %d partitions x %d within %d ms", PARTITIONS, SERVERS, millisSince(begun));
        awaitWhole();
        say("all in sync after %d ms; heaps in MB %s", millisSince(begun), heaps(0));
        try (ClusterLoad load = new ClusterLoad(client, SERVERS, TOPIC, LOADED)) {
            for (int kill = 0; kill < KILLS * SERVERS; kill++) {
                kill(kill % SERVERS + 1, load);
            }
            restartAll(load);
            load.close();
            load.assertKept();
        }
        assertThat(heaps.get(heaps.size() - 1)).as("heaps in MB after each kill: %s", heaps)
                .isLessThan(2 * heaps.get(0) + 50);
    }

    private void kill(int victim, ClusterLoad load) {
        load.awaitMore(5);
        int other = victim % SERVERS;
        servers.kill(victim);
        long killed = System.nanoTime();
        ClusterClient.await("all partitions have a leader that is up", PATIENCE_SECONDS, () -> led(other, victim) == PARTITIONS);
        long led = millisSince(killed);
        load.awaitMore(5);
        List<Long> after = heaps(victim);
        heaps.add(after.stream().mapToLong(Long::longValue).max().orElseThrow());
        long launched = System.nanoTime();
        servers.run("launch", Integer.toString(victim)).succeeded();
        awaitWhole();
        say("server %d killed: all led again after %d ms; back and all in sync %d ms after its start; heaps of the others in MB %s",
                victim, led, millisSince(launched), after);
    }

    private void restartAll(ClusterLoad load) {
        for (int server = 1; server <= SERVERS; server++) {
            servers.kill(server);
        }
        long launched = System.nanoTime();
        for (int server = 1; server <= SERVERS; server++) {
            servers.run("launch", Integer.toString(server)).succeeded();
        }
        ClusterClient.await("the agreement stands", PATIENCE_SECONDS, () -> agrees(0));
        long agreed = millisSince(launched);
        awaitWhole();
        say("all killed and started: agreed after %d ms, all in sync after %d ms; heaps in MB %s", agreed,
                millisSince(launched), heaps(0));
        load.awaitMore(5);
    }

    private boolean agrees(int server) {
        JsonObject cluster = client.describe(server);
        return cluster != null && cluster.getBoolean("agreement");
    }

    private void create() {
        ClusterClient.await("the topic is created", PATIENCE_SECONDS, () -> {
            try {
                client.send(0, "POST", "/admin/topics", "application/json", "{\"topic_name\":\"%s\",\"partitions_count\":%d}"
                        .formatted(TOPIC, PARTITIONS));
            } catch (IOException slow) {
                return false;
            }
            return led(0, -1) == PARTITIONS;
        });
    }

    /** How many partitions have a leader that is none of these, as a server tells it: -1 is nobody. */
    private int led(int server, int without) {
        try {
            Matcher leaders = LEADER.matcher(client.send(server, "GET", "/topics/" + TOPIC + "/partitions", null, null).body());
            int led = 0;
            while (leaders.find()) {
                int leader = Integer.parseInt(leaders.group(1));
                led += leader > 0 && leader != without ? 1 : 0;
            }
            return led;
        } catch (IOException slow) {
            return -1;
        }
    }

    private void awaitWhole() {
        client.awaitWhole("all servers agree and have every record", PATIENCE_SECONDS);
    }

    /** What is used after a collection, in MB, of the servers but one. */
    private List<Long> heaps(int without) {
        return IntStream.rangeClosed(1, SERVERS).filter(server -> server != without).mapToObj(this::heap).toList();
    }

    private long heap(int server) {
        String pid = servers.pid(server);
        jcmd(pid, "GC.run");
        Matcher used = USED.matcher(jcmd(pid, "GC.heap_info"));
        assertThat(used.find()).isTrue();
        return Long.parseLong(used.group(1)) >> 10;
    }

    private static String jcmd(String... arguments) {
        List<String> command = new ArrayList<>(List.of(System.getProperty("java.home") + "/bin/jcmd"));
        command.addAll(List.of(arguments));
        try {
            Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
            return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static long millisSince(long nanos) {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - nanos);
    }

    private static void say(String text, Object... values) {
        System.out.println("large topic: " + text.formatted(values));
    }
}
