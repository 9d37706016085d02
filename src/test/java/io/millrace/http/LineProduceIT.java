package io.millrace.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.process.RunningServer;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.io.StringReader;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Records that are sent a line each. */
@ExtendWith(RunningServer.class)
@Timeout(120)
class LineProduceIT {
    private static final String LINES = "application/x-ndjson";

    private final HttpApi api = new HttpApi();
    private final String topic = api.newTopic(2);

    private HttpApi.Answer lines(String path, String body, String... headers) {
        HttpRequest.Builder request = api.request(path).header("Content-Type", LINES)
                .POST(HttpRequest.BodyPublishers.ofString(body));
        return api.send(headers.length > 0 ? request.headers(headers) : request);
    }

    private static JsonObject json(String text) {
        return Json.createReader(new StringReader(text)).readObject();
    }

    @Test
    void linesAreAnsweredInSum() {
        HttpApi.Answer answer = lines("/topics/" + topic,
                "{\"value\":1,\"partition\":0}\r\n\n"
                        + "{\"key\":\"k\",\"value\":{\"a\":2},\"partition\":1}\n{\"value\":3,\"partition\":1}").is(200);
        assertThat(answer.object().toString()).isEqualTo("{\"records\":3,\"errors\":0,\"partitions\":["
                + "{\"partition\":0,\"count\":1,\"first_offset\":0,\"last_offset\":0},"
                + "{\"partition\":1,\"count\":2,\"first_offset\":0,\"last_offset\":1}]}");
        assertThat(api.get("/topics/" + topic + "/partitions/1/records", HttpApi.JSON).array()).hasSize(2);
    }

    @Test
    void linesAreAnsweredALineEachForWhoTakesThatWithErrorsInTheirPlace() {
        HttpApi.Answer answer = lines("/topics/" + topic,
                "{\"value\":1,\"partition\":0}\n{\"value\":2,\"partition\":9}\n{\"value\":3,\"partition\":0}\n", "Accept", LINES).is(200);
        assertThat(answer.contentType()).startsWith(LINES);
        String[] told = answer.body().split("\n");
        assertThat(told).hasSize(3);
        assertThat(told[0]).isEqualTo("{\"partition\":0,\"offset\":0}");
        assertThat(json(told[1]).getInt("error_code")).isEqualTo(404);
        assertThat(told[2]).isEqualTo("{\"partition\":0,\"offset\":1}");
    }

    @Test
    void aLineThatIsNoRecordEndsTheBodyAndIsNamed() {
        String body = "{\"value\":1}\n{\"value\":2}\n{\"value\":\n{\"value\":4}\n";
        HttpApi.Answer answer = lines("/topics/" + topic + "/partitions/1", body);
        answer.isError(400);
        assertThat(answer.message()).contains("line 3", "2 records of this body were written");
        assertThat(api.endOffset(topic, 1)).isEqualTo(2);
        String[] told = lines("/topics/" + topic + "/partitions/1", body, "Accept", LINES).is(200).body().split("\n");
        assertThat(told).hasSize(3);
        assertThat(told[0]).isEqualTo("{\"partition\":1,\"offset\":2}");
        assertThat(json(told[2]).getString("message")).contains("line 3", "2 records of this body were written");
        assertThat(lines("/topics/" + topic, "no JSON", "Accept", LINES).isError(400).message()).contains("line 1", "0 records");
    }

    @Test
    void whatDoesNotGoWithLinesIsRefused() {
        lines("/topics/" + topic, "{\"value\":1}", "Idempotency-Key", "\"k\"").isError(400);
        lines("/topics/" + topic + "?acks=0", "{\"value\":1}").isError(400);
        lines("/topics/" + topic + "?format=avro", "{\"value\":1}").isError(400);
        lines("/topics/" + topic + "/partitions/7", "{\"value\":1}").isError(404);
        lines("/topics/none", "{\"value\":1}").isError(404);
        lines("/topics/" + topic, "{\"value\":1}", "Accept", "text/html").isError(406);
        assertThat(lines("/topics/" + topic, "").is(200).object().getInt("records")).isZero();
        assertThat(api.endOffset(topic, 0) + api.endOffset(topic, 1)).isZero();
    }

    @Test
    void binaryLinesComeCompressed() throws Exception {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        try (OutputStream out = new GZIPOutputStream(body)) {
            out.write("{\"value\":\"YQ==\",\"headers\":[{\"key\":\"h\",\"value\":\"Yg==\"}]}\n".repeat(3).getBytes(StandardCharsets.UTF_8));
        }
        HttpApi.Answer answer = api.send(api.request("/topics/" + topic + "/partitions/0?format=binary").header("Content-Type", LINES)
                .header("Content-Encoding", "gzip").POST(HttpRequest.BodyPublishers.ofByteArray(body.toByteArray()))).is(200);
        assertThat(answer.object().getInt("records")).isEqualTo(3);
        assertThat(api.get("/topics/" + topic + "/partitions/0/records", HttpApi.TEXT).array().getJsonObject(0).getString("value"))
                .isEqualTo("a");
    }

    /** Many times as much as one request may otherwise bring. */
    @Test
    void aBodyMayBeLongerThanAnyOtherAndIsWrittenInItsOrder() throws Exception {
        int records = 50_000;
        String filler = "x".repeat(700);
        PipedOutputStream out = new PipedOutputStream();
        InputStream in = new PipedInputStream(out, 1 << 16);
        Thread writer = new Thread(() -> {
            try (out) {
                for (int i = 0; i < records; i++) {
                    out.write(("{\"key\":" + i + ",\"value\":\"" + filler + "\"}\n").getBytes(StandardCharsets.UTF_8));
                }
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        });
        writer.start();
        HttpApi.Answer answer = api.send(api.request("/topics/" + topic + "/partitions/0").header("Content-Type", LINES)
                .POST(HttpRequest.BodyPublishers.ofInputStream(() -> in))).is(200);
        writer.join();
        assertThat(answer.object().getInt("records")).isEqualTo(records);
        assertThat(api.endOffset(topic, 0)).isEqualTo(records);
        HttpApi.Answer last = api.get("/topics/" + topic + "/partitions/0/records?offset=" + (records - 1), HttpApi.JSON).is(200);
        assertThat(last.array().getJsonObject(0).getInt("key")).isEqualTo(records - 1);
    }

    /** The answer to a line is there before the next line is sent. */
    @Test
    void whoSendsSlowlyIsAnsweredMeanwhile() throws Exception {
        try (Socket socket = new Socket(api.base().getHost(), api.base().getPort())) {
            socket.setSoTimeout(20_000);
            OutputStream out = socket.getOutputStream();
            out.write(("POST /topics/" + topic + "/partitions/0 HTTP/1.1\r\nHost: localhost\r\nContent-Type: " + LINES
                    + "\r\nAccept: " + LINES
                    + "\r\nTransfer-Encoding: chunked\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
            BufferedReader in = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
            for (int i = 0; i < 3; i++) {
                String line = "{\"value\":" + i + "}\n";
                out.write((Integer.toHexString(line.length()) + "\r\n" + line + "\r\n").getBytes(StandardCharsets.US_ASCII));
                out.flush();
                String told = in.readLine();
                while (!told.startsWith("{")) {
                    told = in.readLine();
                }
                assertThat(told).isEqualTo("{\"partition\":0,\"offset\":" + i + "}");
            }
            out.write("0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        }
    }
}
