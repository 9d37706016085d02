package io.millrace.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.process.RunningServer;
import io.millrace.record.Codec;
import io.millrace.record.RecordBatch;
import io.millrace.record.RecordBatchBuilder;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Raw record batches in and out. */
@ExtendWith(RunningServer.class)
class BatchIT {
    private static final int CRC_AT = 17;
    private static final int CHECKED_FROM = 21;

    private final HttpApi api = new HttpApi();
    private final String topic = api.newTopic(1);
    private final String partition = "/topics/" + topic + "/partitions/0";

    @ParameterizedTest
    @EnumSource
    void batchesComeBackAsTheyWereSentButForTheirOffsets(Codec codec) {
        byte[] batch = batch(codec, "a", "b", "c");

        HttpApi.Answer sent = api.post(partition, HttpApi.BATCH, batch).is(200);
        assertThat(sent.contentType()).isEqualTo(HttpApi.DIALECT);
        assertThat(sent.body()).isEqualTo("{\"partition\":0,\"base_offset\":0,\"last_offset\":2}");
        assertThat(api.post(partition, HttpApi.BATCH, batch).is(200).body())
                .isEqualTo("{\"partition\":0,\"base_offset\":3,\"last_offset\":5}");

        HttpApi.Answer fetched = api.get(partition + "/records?offset=0", HttpApi.BATCH).is(200);
        assertThat(fetched.contentType()).isEqualTo(HttpApi.BATCH);
        assertThat(fetched.header("Millrace-Next-Offset")).isEqualTo("6");
        byte[] bytes = fetched.bytes();
        assertThat(bytes).hasSize(2 * batch.length);
        assertThat(ByteBuffer.wrap(bytes).getLong(batch.length)).isEqualTo(3);
        for (int i = RecordBatch.PREFIX_BYTES + 4; i < batch.length; i++) {
            assertThat(bytes[i]).isEqualTo(batch[i]);
            assertThat(bytes[batch.length + i]).isEqualTo(batch[i]);
        }
        assertThat(api.get(partition + "/records?offset=4", HttpApi.TEXT).body()).contains("\"b\"", "\"c\"")
                .doesNotContain("\"a\"");
    }

    @Test
    void severalBatchesOfOneRequestFollowEachOther() {
        byte[] first = batch(Codec.NONE, "a");
        byte[] second = batch(Codec.GZIP, "b", "c");
        ByteBuffer both = ByteBuffer.allocate(first.length + second.length).put(first).put(second);

        assertThat(api.post(partition, HttpApi.BATCH, both.array()).is(200).body())
                .isEqualTo("{\"partition\":0,\"base_offset\":0,\"last_offset\":2}");
        assertThat(api.get(partition + "/records", HttpApi.TEXT).array()).hasSize(3);
    }

    @Test
    void aProduceThatDoesNotWaitHasNoContent() {
        api.post(partition + "?acks=0", HttpApi.BATCH, batch(Codec.NONE, "a")).is(204);

        assertThat(api.get(partition + "/records?timeout=20000", HttpApi.TEXT).array()).hasSize(1);
    }

    @Test
    void aFetchWithoutRecordsIsEmpty() {
        HttpApi.Answer fetched = api.get(partition + "/records", HttpApi.BATCH).is(200);

        assertThat(fetched.bytes()).isEmpty();
        assertThat(fetched.contentType()).isEqualTo(HttpApi.BATCH);
    }

    @ParameterizedTest
    @ValueSource(ints = {8, 9, 10, 11, 16, 17, 20, 21, 22, 23, 26, 27, 34, 35, 42, 43, 50, 51, 52, 53, 56, 57, 60, 61,
        65})
    void aFlippedByteIsNoticed(int at) {
        byte[] batch = batch(Codec.NONE, "some value");
        batch[at] ^= 0x55;

        refused(batch);
    }

    @ParameterizedTest
    @CsvSource({"16,1,0", "16,1,1", "16,1,3", "22,1,5", "22,1,7", "22,1,32", "23,4,0", "23,4,2", "23,4,-1",
        "23,4,2147483647",
        "57,4,0", "57,4,1", "57,4,3", "57,4,-1", "57,4,2147483647", "8,4,0", "8,4,-1", "8,4,48", "8,4,2147483647"})
    void aWrongFieldIsNoticedEvenWithARightChecksum(int at, int size, int value) {
        byte[] batch = batch(Codec.NONE, "a", "b");
        if (size == 1) {
            batch[at] = (byte) value;
        } else {
            ByteBuffer.wrap(batch).putInt(at, value);
        }

        refused(checked(batch));
    }

    @ParameterizedTest
    @EnumSource(names = "NONE", mode = EnumSource.Mode.EXCLUDE)
    void recordsThatDoNotDecompressAreRefused(Codec codec) {
        byte[] batch = batch(codec, "some value", "some value", "some value");
        for (int i = RecordBatch.HEADER_BYTES; i < batch.length; i++) {
            batch[i] = (byte) 0x5a;
        }

        refused(checked(batch));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 11, 12, 60, 61, 62})
    void aCutBatchIsRefused(int length) {
        refused(java.util.Arrays.copyOf(batch(Codec.NONE, "a"), length));
    }

    @Test
    void nothingAndRubbishAreRefused() {
        refused(new byte[0]);
        refused(new byte[1000]);
        byte[] batch = batch(Codec.NONE, "a");
        refused(ByteBuffer.allocate(batch.length + 5).put(batch).array());
    }

    @ParameterizedTest
    @EnumSource(names = "NONE", mode = EnumSource.Mode.EXCLUDE)
    void aBombIsRefused(Codec codec) {
        RecordBatchBuilder builder = new RecordBatchBuilder(codec);
        ByteBuffer zeros = ByteBuffer.allocate(16 * 1024 * 1024);
        for (int i = 0; i < 16; i++) {
            builder.append(1, null, zeros, List.of());
        }

        refused(bytes(builder.build()));
    }

    @Test
    void aBatchOverTheTopicsLimitIsTooLarge() {
        api.post(partition, HttpApi.BATCH, batch(Codec.NONE, "x".repeat(1_100_000))).isError(413);
        assertThat(api.endOffset(topic, 0)).isZero();
    }

    private void refused(byte[] batch) {
        HttpApi.Answer answer = api.post(partition, HttpApi.BATCH, batch);

        assertThat(answer.status()).as(answer.body()).isIn(413, 422);
        answer.isError(answer.status());
        assertThat(api.endOffset(topic, 0)).isZero();
        api.assertServing();
    }

    private static byte[] batch(Codec codec, String... values) {
        RecordBatchBuilder builder = new RecordBatchBuilder(codec);
        for (String value : values) {
            builder.append(1, null, ByteBuffer.wrap(value.getBytes(StandardCharsets.UTF_8)), List.of());
        }
        return bytes(builder.build());
    }

    private static byte[] bytes(ByteBuffer batch) {
        byte[] bytes = new byte[batch.remaining()];
        batch.get(bytes);
        return bytes;
    }

    private static byte[] checked(byte[] batch) {
        CRC32C crc = new CRC32C();
        crc.update(batch, CHECKED_FROM, batch.length - CHECKED_FROM);
        ByteBuffer.wrap(batch).putInt(CRC_AT, (int) crc.getValue());
        return batch;
    }
}
