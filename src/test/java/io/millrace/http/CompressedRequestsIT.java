package io.millrace.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.process.RunningServer;
import io.millrace.record.Codec;
import io.millrace.record.RecordBatchBuilder;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Bodies with a Content-Encoding are stored as a whole or not at all. */
@ExtendWith(RunningServer.class)
class CompressedRequestsIT {
    private static final int MIB = 1024 * 1024;

    private final HttpApi api = new HttpApi();
    private final String topic = api.newTopic(1);
    private final String partition = "/topics/" + topic + "/partitions/0";

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "x-gzip", "GZIP", "deflate", "identity", "identity, gzip"})
    void everyBodyMayBeCompressed(String encoding) {
        String records = "{\"records\":[" + "{\"value\":\"abcdefghij\"},".repeat(999) + "{\"value\":\"end\"}]}";
        send("/topics/" + topic, HttpApi.JSON, bytes(records), encoding).is(200);
        assertThat(api.endOffset(topic, 0)).isEqualTo(1000);
        send(partition, HttpApi.JSON, bytes(records), encoding).is(200);
        assertThat(api.endOffset(topic, 0)).isEqualTo(2000);
        String other = "it-compressed-" + topic;
        send("/admin/topics", HttpApi.JSON, bytes("{\"topic_name\":\"" + other + "\"}"), encoding).is(201);
        api.delete("/admin/topics/" + other).is(204);
        send("/consumers/" + topic, HttpApi.DIALECT, bytes("{\"name\":\"c\"}"), encoding).is(200);
    }

    @Test
    void batchesAreStoredAllOfThemAlthoughTheirCompressedLengthIsThatOfTheFirst() {
        byte[] first = batch("x".repeat(2000));
        byte[] compressed = compressed(both(first, batch("y")), "gzip");
        byte[] padded = padded(compressed, first.length - compressed.length);
        assertThat(padded).hasSameSizeAs(first);

        HttpApi.Answer answer = api.send("POST", partition, HttpApi.BATCH, padded, "Content-Encoding", "gzip");

        assertThat(answer.is(200).body()).isEqualTo("{\"partition\":0,\"base_offset\":0,\"last_offset\":1}");
        assertThat(api.endOffset(topic, 0)).isEqualTo(2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "deflate", "identity"})
    void batchesWithBytesLeftOverOrMissingAreRefused(String encoding) {
        byte[] batches = both(batch("a"), batch("b"));

        send(partition, HttpApi.BATCH, Arrays.copyOf(batches, batches.length - 1), encoding).isError(422);
        send(partition, HttpApi.BATCH, Arrays.copyOf(batches, batches.length + 1), encoding).isError(422);
        send(partition, HttpApi.BATCH, Arrays.copyOf(batches, batches.length + 80), encoding).isError(422);

        assertThat(api.endOffset(topic, 0)).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "deflate"})
    void whatIsNotCompressedAsItSaysIsRefused(String encoding) {
        byte[] batches = both(batch("a"), batch("b"));
        byte[] compressed = compressed(batches, encoding);
        for (int length : new int[] {1, 5, 12, compressed.length / 2, compressed.length - 6, compressed.length - 1}) {
            refused(Arrays.copyOf(compressed, length), encoding);
        }
        refused(Arrays.copyOf(compressed, compressed.length + 1), encoding);
        refused(both(compressed, batches), encoding);
        refused(batches, encoding);
        byte[] damaged = compressed.clone();
        damaged[damaged.length - 2] ^= 1;
        refused(damaged, encoding);
        assertThat(api.endOffset(topic, 0)).isZero();
    }

    private void refused(byte[] body, String encoding) {
        api.send("POST", partition, HttpApi.BATCH, body, "Content-Encoding", encoding).isError(400);
    }

    @ParameterizedTest
    @ValueSource(strings = {"br", "zstd", "compress", "gzip, gzip", "aws-chunked", "gzip;q=1"})
    void anotherCompressionIsNotTakenAndTheAnswerSaysWhichAre(String encoding) {
        for (String path : new String[] {"/topics/" + topic, partition, "/admin/topics", "/consumers/" + topic}) {
            HttpApi.Answer answer = api.send("POST", path, HttpApi.JSON, bytes("{}"), "Content-Encoding", encoding).isError(415);
            assertThat(answer.message()).contains("gzip, deflate, identity");
            assertThat(answer.header("Accept-Encoding")).isEqualTo("gzip, deflate, identity");
        }
    }

    @Test
    void whatGrowsBeyondTheLimitIsTooLarge() {
        byte[] bomb = compressed(bytes(" ".repeat(17 * MIB)), "gzip");
        assertThat(bomb.length).isLessThan(MIB);

        api.send("POST", "/topics/" + topic, HttpApi.JSON, bomb, "Content-Encoding", "gzip").isError(413);
        api.send("POST", partition, HttpApi.BATCH, bomb, "Content-Encoding", "gzip").isError(413);
        api.send("POST", "/admin/topics", HttpApi.JSON, bomb, "Content-Encoding", "gzip").isError(413);
        api.assertServing();
    }

    private HttpApi.Answer send(String path, String type, byte[] body, String encoding) {
        return api.send("POST", path, type, compressed(body, encoding), "Content-Encoding", encoding);
    }

    private static byte[] compressed(byte[] body, String encoding) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        String coding = encoding.toLowerCase(Locale.ROOT);
        try (OutputStream into = coding.contains("gzip") ? new GZIPOutputStream(out)
                : coding.equals("deflate") ? new DeflaterOutputStream(out) : out) {
            into.write(body);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    /** With a file name of so many bytes in its header. */
    private static byte[] padded(byte[] gzip, int bytes) {
        ByteBuffer padded = ByteBuffer.allocate(gzip.length + bytes).put(gzip, 0, 10).put(3, (byte) 8);
        padded.put("n".repeat(bytes - 1).getBytes(StandardCharsets.US_ASCII)).put((byte) 0);
        return padded.put(gzip, 10, gzip.length - 10).array();
    }

    private static byte[] batch(String value) {
        RecordBatchBuilder builder = new RecordBatchBuilder(Codec.NONE);
        builder.append(1_700_000_000_000L, null, ByteBuffer.wrap(bytes(value)), List.of());
        ByteBuffer built = builder.build();
        byte[] bytes = new byte[built.remaining()];
        built.get(bytes);
        return bytes;
    }

    private static byte[] both(byte[] first, byte[] second) {
        return ByteBuffer.allocate(first.length + second.length).put(first).put(second).array();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
