package io.millrace.process;

import io.millrace.process.TransferAudit.Stored;
import jakarta.json.JsonArray;
import jakarta.json.JsonObject;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/** Reads partitions to their end, as far as transactions are committed: nothing may hold it back for long. */
final class CommittedReader {
    private static final long BETWEEN_MS = 100;

    private final ClusterClient client;
    private final int servers;
    private final int patienceSeconds;

    /** @param patienceSeconds how long it may be held back */
    CommittedReader(ClusterClient client, int servers, int patienceSeconds) {
        this.client = client;
        this.servers = servers;
        this.patienceSeconds = patienceSeconds;
    }

    /** @return the records of each partition */
    Map<Integer, List<Stored>> read(String topic, int partitions) throws InterruptedException {
        Map<Integer, List<Stored>> read = new TreeMap<>();
        for (int partition = 0; partition < partitions; partition++) {
            read.put(partition, read(topic + "/partitions/" + partition));
        }
        return read;
    }

    Map<Integer, List<String>> values(String topic, int partitions) throws InterruptedException {
        Map<Integer, List<String>> values = new TreeMap<>();
        read(topic, partitions).forEach((partition, records) -> values.put(partition, records.stream().map(Stored::value).toList()));
        return values;
    }

    private List<Stored> read(String partition) throws InterruptedException {
        List<Stored> records = new ArrayList<>();
        long next = 0;
        long end = Long.MAX_VALUE;
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(patienceSeconds);
        for (int server = 0; next < end; server = (server + 1) % servers) {
            HttpResponse<String> answer = fetch(server, partition, next);
            long before = next;
            if (answer != null) {
                for (JsonObject each : ((JsonArray) ClusterClient.parse(answer.body())).getValuesAs(JsonObject.class)) {
                    records.add(new Stored(each.getJsonNumber("offset").longValueExact(), each.getString("value")));
                }
                next = header(answer, "Millrace-Next-Offset");
                end = header(answer, "Millrace-High-Watermark");
            }
            if (next > before) {
                deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(patienceSeconds);
            } else if (next < end) {
                require(System.nanoTime() < deadline, partition, next, end, answer);
                TimeUnit.MILLISECONDS.sleep(BETWEEN_MS);
            }
        }
        return records;
    }

    private void require(boolean inTime, String partition, long next, long end, HttpResponse<String> last) {
        if (!inTime) {
            throw new AssertionError("a reader of committed records was held back for %d s at offset %d of %s, which ends at %d; %s"
                    .formatted(patienceSeconds, next, partition, end, last == null ? "it is not served" : "the last stable offset is "
                            + last.headers().firstValue("Millrace-Last-Stable-Offset").orElse("not told")));
        }
    }

    private HttpResponse<String> fetch(int server, String partition, long offset) {
        try {
            HttpResponse<String> answer = client.send(server, "GET", "/topics/" + partition
                    + "/records?isolation=read_committed&max_bytes=1000000&offset=" + offset, null, null);
            return answer.statusCode() == 200 ? answer : null;
        } catch (IOException unreachable) {
            return null;
        }
    }

    private static long header(HttpResponse<String> answer, String name) {
        OptionalLong value = answer.headers().firstValueAsLong(name);
        return value.orElseThrow(() -> new AssertionError("a fetch was answered without " + name));
    }
}
