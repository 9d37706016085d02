package io.millrace.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.process.RunningServer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Slow, endless and aborted uploads over bare sockets. */
@ExtendWith(RunningServer.class)
class UploadsIT {
    private static final int MIB = 1024 * 1024;
    private static final String BODY = "{\"records\":[{\"value\":\"slow\"}]}";

    private final HttpApi api = new HttpApi();
    private final String topic = api.newTopic(1);

    @AfterEach
    void theServerGoesOn() {
        api.assertServing();
    }

    @Test
    void aSlowUploadIsWaitedForWhileOthersAreServed() {
        try (RawHttp slow = new RawHttp(api.base())) {
            slow.send(head(HttpApi.JSON, "Content-Length: " + BODY.length()));
            for (char c : BODY.substring(0, 10).toCharArray()) {
                slow.send(String.valueOf(c));
            }
            api.assertServing();
            slow.send(BODY.substring(10));

            assertThat(slow.answer()).startsWith("HTTP/1.1 200 ")
                    .endsWith("{\"offsets\":[{\"partition\":0,\"offset\":0}]}");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {HttpApi.JSON, HttpApi.BATCH})
    void abortedUploadsWriteNothingAndLeaveTheirMemory(String type) {
        // each begins the largest request: a few would use up the memory if it were not given back
        for (int i = 0; i < 20; i++) {
            RawHttp aborted = new RawHttp(api.base());
            aborted.send(head(type, "Content-Length: " + 16 * MIB) + "{\"records\":[{\"value\":\""
                    + "x".repeat(300_000));
            aborted.abort();
        }
        assertThat(produceUntil(200, 10_000).is(200).body())
                .isEqualTo("{\"offsets\":[{\"partition\":0,\"offset\":0}]}");
        byte[] large = ("{\"records\":[{\"value\":\"\"}]" + " ".repeat(15 * MIB) + "}")
                .getBytes(StandardCharsets.UTF_8);
        HttpApi.Answer answer;
        int tries = 0;
        do {
            answer = api.post("/topics/" + topic, HttpApi.JSON, large);
        } while (answer.status() == 503 && ++tries < 1_000);
        answer.is(200);
    }

    @ParameterizedTest
    @ValueSource(strings = {HttpApi.JSON, HttpApi.BATCH})
    void aChunkedUploadIsTakenOrRefusedLikeAnyOther(String type) {
        String json = Integer.toHexString(BODY.length()) + "\r\n" + BODY + "\r\n0\r\n\r\n";
        try (RawHttp http = new RawHttp(api.base())) {
            http.send(head(type, "Transfer-Encoding: chunked") + json);

            assertThat(http.answer()).startsWith(type.equals(HttpApi.JSON) ? "HTTP/1.1 200 " : "HTTP/1.1 413 ");
        }
    }

    @Test
    void aToldLengthOverTheLimitIsRefusedBeforeItIsSent() {
        try (RawHttp http = new RawHttp(api.base())) {
            http.send(head(HttpApi.JSON, "Content-Length: " + 17L * MIB));

            assertThat(http.answer()).startsWith("HTTP/1.1 413 ").contains("\"error_code\":413");
        }
        try (RawHttp http = new RawHttp(api.base())) {
            http.send(head(HttpApi.BATCH, "Content-Length: 999999999999"));

            assertThat(http.answer()).startsWith("HTTP/1.1 413 ");
        }
        assertThat(api.endOffset(topic, 0)).isZero();
    }

    @Test
    void anEndlessUploadIsRefusedOnceItPassesTheLimit() {
        try (RawHttp http = new RawHttp(api.base())) {
            http.send(head(HttpApi.JSON, "Transfer-Encoding: chunked") + "d\r\n{\"records\":[ \r\n");
            String chunk = "100000\r\n" + " ".repeat(MIB) + "\r\n";
            for (int i = 0; i < 16; i++) {
                http.send(chunk);
            }

            assertThat(http.answer()).startsWith("HTTP/1.1 413 ");
        }
        assertThat(api.endOffset(topic, 0)).isZero();
    }

    @Test
    void whatOneAddressDoesNotFinishLeavesRoomForOthers() {
        String large = BODY + " ".repeat(300_000);
        List<RawHttp> waiting = new ArrayList<>();
        try {
            // all together more than half of the memory for requests
            for (int i = 0; i < 30; i++) {
                RawHttp http = new RawHttp(api.base());
                waiting.add(http);
                http.send(head(HttpApi.BATCH, "Content-Length: " + 16 * MIB) + "x".repeat(1_200_000));
            }
            awaitAnswers(waiting, 1);
            RawHttp refused = waiting.stream().filter(RawHttp::hasAnswer).findFirst().orElseThrow();
            assertThat(refused.answer()).startsWith("HTTP/1.1 503 ").contains("Retry-After: 1", "of your address hold as many bytes");

            assertThat(produceFrom("127.0.0.2", large)).startsWith("HTTP/1.1 200 ");
        } finally {
            waiting.forEach(RawHttp::abort);
        }
        produceUntil(200, 10_000).is(200);
    }

    private static void awaitAnswers(List<RawHttp> connections, long wanted) {
        long deadline = System.nanoTime() + Duration.ofSeconds(25).toNanos();
        while (connections.stream().filter(RawHttp::hasAnswer).count() < wanted) {
            assertThat(System.nanoTime() - deadline).as("answered in time").isNegative();
            Thread.onSpinWait();
        }
    }

    private String produceFrom(String address, String body) {
        try (RawHttp http = new RawHttp(api.base(), address)) {
            http.send(head(HttpApi.JSON, "Content-Length: " + body.length(), "Connection: close") + body);
            return http.answer();
        }
    }

    /** Those that stall come from an address of their own, as a client of their own would. */
    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.2", "127.0.0.1"})
    void uploadsThatStallKeepNobodyElseFromBeingServed(String from) {
        List<RawHttp> stalled = new ArrayList<>();
        try {
            for (int i = 0; i < 250; i++) {
                RawHttp http = new RawHttp(api.base(), from);
                stalled.add(http);
                http.send(head(HttpApi.JSON, "Content-Length: 500000") + "{\"records\"");
            }
            for (int i = 0; i < 5; i++) {
                long began = System.nanoTime();
                assertThat(api.get("/topics/" + topic + "/partitions/0/records?offset=0&timeout=1&max_bytes=16000000").is(200).status())
                        .isEqualTo(200);
                api.get("/topics").is(200);
                // from the same address only when the flood is over: its first bytes are read all at once
                if (!from.equals("127.0.0.1")) {
                    api.post("/topics/" + topic, HttpApi.JSON, BODY).is(200);
                }
                assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(10));
            }
            // three quarters of half of millrace.request.waiting.max (128) wait, the others are told so
            awaitAnswers(stalled, 250 - 48);
            RawHttp refused = stalled.stream().filter(RawHttp::hasAnswer).findFirst().orElseThrow();
            assertThat(refused.answer()).startsWith("HTTP/1.1 503 ").contains("Retry-After: 1", "of your address have not sent all");
            for (int i = 0; i < 20; i++) {
                assertThat(produceFrom(from, BODY)).as("a body that is there as a whole").startsWith("HTTP/1.1 200 ");
            }
            assertThat(stalled).as("some still wait").anyMatch(http -> !http.hasAnswer());
        } finally {
            stalled.forEach(RawHttp::abort);
        }
        produceUntil(200, 10_000).is(200);
    }

    /** The server learns of what happens on other connections at its own pace. */
    private HttpApi.Answer produceUntil(int status, int maxTries) {
        HttpApi.Answer answer;
        int tries = 0;
        do {
            answer = api.post("/topics/" + topic, HttpApi.JSON, BODY);
        } while (answer.status() != status && ++tries < maxTries);
        return answer;
    }

    private String head(String type, String... headers) {
        return "POST /topics/" + topic + "/partitions/0 HTTP/1.1\r\nHost: localhost\r\nContent-Type: " + type + "\r\n"
                + String.join("\r\n", headers) + "\r\n\r\n";
    }
}
