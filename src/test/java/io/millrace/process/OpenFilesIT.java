package io.millrace.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A server with more partitions than its process may have files open for. */
class OpenFilesIT {
    private static final int LIMIT = 1_600;
    private static final int LOG_FILES = 100;
    private static final int TOPICS = 4;
    private static final int PARTITIONS = 100;
    private static final String TEXT = "application/vnd.kafka.text.v2+json";
    private static final Pattern OPEN_LOG_FILES = Pattern.compile("(?m)^millrace_log_files_open(?:\\{[^}]*})? ([0-9.]+)$");

    private final LocalServers servers = new LocalServers("open files").with("MILLRACE_LOG_FILES_MAX",
            Integer.toString(LOG_FILES));
    private final ClusterClient client = new ClusterClient(List.of(servers.url(1)));

    @AfterEach
    void stop() {
        servers.close();
    }

    @Test
    void partitionsNeedNoFilesOfTheirOwnAndNewOnesAreRefusedBeforeTheProcessHasNoneLeft() throws Exception {
        servers.startWithOpenFiles(LIMIT);
        for (int topic = 0; topic < TOPICS; topic++) {
            assertThat(create("t" + topic, PARTITIONS).statusCode()).isEqualTo(201);
            produceToEach("t" + topic, "before");
        }
        assertThat(openLogFiles()).isBetween(1.0, LOG_FILES + 20.0);

        List<Socket> idle = new ArrayList<>();
        try {
            HttpResponse<String> refused = create("crowd0", 1);
            while (refused.statusCode() == 201 && idle.size() < LIMIT) {
                for (int i = 0; i < 25; i++) {
                    idle.add(new Socket(InetAddress.getLoopbackAddress(), servers.url(1).getPort()));
                }
                refused = create("crowd" + idle.size(), 1);
            }
            assertThat(refused.statusCode()).as(refused.body()).isEqualTo(503);
            assertThat(refused.body()).startsWith("{\"error_code\":503").contains("of the " + LIMIT, "millrace.log.files.max");
            assertThat(refused.headers().firstValue("Retry-After")).isPresent();
            assertThat(client.send(0, "GET", "/topics", null, null).body()).doesNotContain("crowd" + idle.size() + "\"");
            produceToEach("t0", "in the crowd");
        } finally {
            for (Socket socket : idle) {
                socket.close();
            }
        }

        servers.kill(1);
        servers.startWithOpenFiles(LIMIT);
        for (int topic = 0; topic < TOPICS; topic++) {
            for (int partition = 0; partition < PARTITIONS; partition++) {
                assertThat(client.send(0, "GET", "/topics/t" + topic + "/partitions/" + partition + "/records?offset=0",
                        null, null).body()).contains("before");
            }
        }
        assertThat(create("afterwards", 10).statusCode()).isEqualTo(201);
    }

    private HttpResponse<String> create(String topic, int partitions) throws IOException {
        return client.send(0, "POST", "/admin/topics", "application/json",
                "{\"topic_name\":\"%s\",\"partitions_count\":%d}".formatted(topic, partitions));
    }

    private void produceToEach(String topic, String value) throws IOException {
        StringBuilder records = new StringBuilder();
        for (int partition = 0; partition < PARTITIONS; partition++) {
            records.append(partition == 0 ? "" : ",")
                    .append("{\"partition\":%d,\"value\":\"%s\"}".formatted(partition, value));
        }
        HttpResponse<String> answer =
                client.send(0, "POST", "/topics/" + topic, TEXT, "{\"records\":[" + records + "]}");
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        assertThat(answer.body()).doesNotContain("error");
    }

    private double openLogFiles() throws IOException {
        String metrics;
        try (InputStream body = servers.url(1).resolve("/metrics").toURL().openStream()) {
            metrics = new String(body.readAllBytes(), StandardCharsets.UTF_8);
        }
        Matcher gauge = OPEN_LOG_FILES.matcher(metrics);
        assertThat(gauge.find()).as(metrics).isTrue();
        return Double.parseDouble(gauge.group(1));
    }
}
