package io.millrace.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.process.RunningServer;
import jakarta.json.JsonObject;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Health, metrics and the description of the API, as an operator's tools see them. */
@ExtendWith(RunningServer.class)
class ObservabilityIT {
    /** The gauges of partitions are refreshed now and then. */
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private static final List<String> PARTITION_GAUGES = List.of("millrace_log_size_bytes", "millrace_log_segments",
            "millrace_log_start_offset", "millrace_log_end_offset");

    private final HttpApi api = new HttpApi();

    @ParameterizedTest
    @ValueSource(strings = {"started", "ready", "live"})
    void aServerThatServesIsHealthy(String kind) {
        JsonObject health = api.get("/health/" + kind).is(200).object();

        assertThat(health.getString("status")).isEqualTo("UP");
        JsonObject check = health.getJsonArray("checks").getValuesAs(JsonObject.class).stream()
                .filter(each -> each.getString("name").equals("millrace-" + kind)).findAny().orElseThrow();
        assertThat(check.getString("status")).isEqualTo("UP");
        assertThat(check.getJsonObject("data").getString("state")).isEqualTo("SERVING");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/healthy", "/ready"})
    void theProbesOfTheDialectAreAnswered(String path) {
        assertThat(api.get(path).is(200).bytes()).isEmpty();
        api.post(path, HttpApi.DIALECT, "").isError(405);
    }

    @Test
    void metricsAreNothingForPagesOfOtherSitesAndLeaveNoCookie() {
        HttpApi.Answer answer = api.send(api.request("/metrics").header("Accept", "text/plain;version=0.0.4")
                .header("Origin", "https://evil.example").GET()).is(200);

        assertThat(answer.contentType()).startsWith("text/plain");
        assertThat(answer.response().headers().map().keySet()).noneMatch(name -> name.equalsIgnoreCase("Set-Cookie")
                || name.equalsIgnoreCase("Access-Control-Allow-Origin"));
    }

    @Test
    void readyNamesTheLogDirectories() {
        assertThat(api.get("/health/ready").is(200).body()).contains("\"online\"");
    }

    @Test
    void aTopicHasMetricsWhileItExists() {
        String topic = api.newTopic(1);
        String ofTopic = "topic=\"" + topic + "\"";
        String ofPartition = "partition=\"0\"," + ofTopic;
        api.produce(topic, "1");
        api.produce(topic, "2");
        api.get("/topics/" + topic + "/partitions/0/records").is(200);

        // One gauge after the other comes to be there.
        List<String> metrics = metricsOnce(lines -> value(lines, "millrace_high_watermark", ofPartition) == 2
                && PARTITION_GAUGES.stream().allMatch(gauge -> value(lines, gauge, ofPartition) >= 0));
        assertThat(value(metrics, "millrace_records_in_total", ofTopic)).isEqualTo(2);
        assertThat(value(metrics, "millrace_records_out_total", ofTopic)).isEqualTo(2);
        assertThat(value(metrics, "millrace_bytes_in_total", ofTopic)).isPositive()
                .isEqualTo(value(metrics, "millrace_bytes_out_total", ofTopic))
                .isEqualTo(value(metrics, "millrace_log_size_bytes", ofPartition));
        assertThat(value(metrics, "millrace_log_segments", ofPartition)).isEqualTo(1);
        assertThat(value(metrics, "millrace_log_start_offset", ofPartition)).isZero();
        assertThat(value(metrics, "millrace_log_end_offset", ofPartition)).isEqualTo(2);

        api.delete("/admin/topics/" + topic).is(204);
        metricsOnce(lines -> lines.stream().noneMatch(line -> line.contains(ofTopic)));
    }

    @Test
    void writersDirectoriesAndRequestsHaveMetrics() {
        String topic = api.newTopic(1);
        api.produce(topic, "1");
        api.get("/topics/" + topic + "/partitions/7/records").is(404);
        api.get("/no/such/path").is(404);

        List<String> metrics = metricsOnce(lines -> value(lines, "millrace_directory_online", "directory=") == 1
                && value(lines, "millrace_queue_bytes", "directory=") >= 0
                && value(lines, "millrace_queue_appends", "directory=") >= 0);
        assertThat(value(metrics, "millrace_fsync_seconds_count", "")).isPositive();
        assertThat(value(metrics, "millrace_fsync_seconds_bucket", "le=\"+Inf\"")).isPositive();
        assertThat(value(metrics, "millrace_drain_appends_count", "")).isPositive();
        assertThat(value(metrics, "millrace_drain_bytes_sum", "")).isPositive();
        assertThat(value(metrics, "millrace_queue_bytes", "directory=")).isNotNegative();
        assertThat(value(metrics, "millrace_queue_appends", "directory=")).isNotNegative();
        assertThat(value(metrics, "millrace_damaged_batches_total", "")).isNotNegative();
        assertThat(value(metrics, "millrace_register_errors_total", "")).isNotNegative();
        assertThat(value(metrics, "millrace_request_seconds_count", "operation=\"topics.produce\",status=\"2xx\""))
                .isPositive();
        assertThat(value(metrics, "millrace_request_seconds_bucket",
                "operation=\"records.fetch\",status=\"4xx\",le=\"+Inf\"")).isPositive();
        assertThat(value(metrics, "millrace_request_seconds_count", "operation=\"unmatched\",status=\"4xx\""))
                .isPositive();
        api.delete("/admin/topics/" + topic).is(204);
    }

    private List<String> metricsOnce(Predicate<List<String>> awaited) {
        Instant deadline = Instant.now().plus(PATIENCE);
        while (true) {
            List<String> lines = api.get("/metrics", "text/plain").is(200).body().lines()
                    .filter(line -> line.startsWith("millrace_")).toList();
            if (awaited.test(lines)) {
                return lines;
            }
            assertThat(Instant.now()).as("metrics: %s", lines).isBefore(deadline);
        }
    }

    /** The value of the first such metric with these tags; -1 when there is none. */
    private static double value(List<String> lines, String name, String tags) {
        return lines.stream().filter(line -> line.startsWith(name + "{") && line.contains(tags))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .findFirst().orElse(-1);
    }
}
