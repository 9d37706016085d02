package io.millrace.rest.dialect;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.broker.produce.RecordAccumulator;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Whatever comes, the reader gives records on or refuses with one of its own statuses; from fixed seeds. */
class RecordListReaderFuzzTest {
    private static final int ROUNDS = 20_000;
    private static final String[] SEEDS = {
        "{\"records\":[{\"key\":\"a2V5\",\"value\":\"dmFsdWU=\",\"partition\":1,\"timestamp\":12,\"headers\":"
                + "[{\"key\":\"h\",\"value\":\"AQ==\"}]},{\"value\":null}]}",
        "{\"records\":[{\"value\":{\"a\":[1,2.5e-3,true,null,{\"b\":\"\\u00e9\\ud83d\\ude00\"}]},\"key\":[]}]}",
        "{\"producer_id\":7,\"records\":[{\"value\":\"AAAA\"}],\"base_sequence\":{\"0\":5,\"2\":0},\"producer_epoch\":0}",
        "{ \"records\" : [ { \"value\" : \"é😀\\n\" } , { \"value\" : \"AAAA\" , \"key\" : \"\" } ] }",
    };
    private static final byte[] TOKENS = "{}[]\",:\\u0dE+-.=/\0\u0001 nulltrue".getBytes(StandardCharsets.UTF_8);

    @ParameterizedTest
    @EnumSource
    void mutatedDocumentsAreTakenOrRefused(RecordFormat format) {
        Random random = new Random(20261123 + format.ordinal());
        int taken = 0;
        for (int round = 0; round < ROUNDS; round++) {
            byte[] body = mutate(SEEDS[random.nextInt(SEEDS.length)].getBytes(StandardCharsets.UTF_8), random);
            taken += takenOrRefused(format, body) ? 1 : 0;
        }
        assertThat(taken).as("documents that were still valid").isBetween(1, ROUNDS - 1);
    }

    @ParameterizedTest
    @EnumSource
    void randomBytesAreRefused(RecordFormat format) {
        Random random = new Random(4711 + format.ordinal());
        for (int round = 0; round < ROUNDS; round++) {
            byte[] body = new byte[random.nextInt(200)];
            random.nextBytes(body);
            assertThat(takenOrRefused(format, body)).isFalse();
        }
    }

    private boolean takenOrRefused(RecordFormat format, byte[] body) {
        CollectedRecords sink = new CollectedRecords();
        try {
            new RecordListReader(format, RecordAccumulator.ANY_PARTITION, 3).read(body, sink);
        } catch (RequestException e) {
            assertThat(e.status()).isIn(400, 422);
            assertThat(e.getMessage()).isNotBlank();
            assertThat(e.validationErrors().isEmpty()).isEqualTo(e.status() != 400);
            return false;
        } catch (RuntimeException | Error e) {
            throw new AssertionError("reading " + Arrays.toString(body), e);
        }
        if (format == RecordFormat.JSON) {
            JsonCursor cursor = new JsonCursor();
            assertThat(sink.records).allMatch(each -> each.value() == null
                    || cursor.isValue(each.value(), 0, each.value().length));
        }
        return true;
    }

    private static byte[] mutate(byte[] original, Random random) {
        byte[] bytes = original.clone();
        for (int changes = random.nextInt(4); changes >= 0; changes--) {
            int at = random.nextInt(bytes.length);
            switch (random.nextInt(5)) {
                case 0 -> bytes[at] = (byte) random.nextInt();
                case 1 -> bytes[at] = TOKENS[random.nextInt(TOKENS.length)];
                case 2 -> bytes = splice(bytes, at, at + 1 + random.nextInt(Math.min(8, bytes.length - at)),
                        new byte[0]);
                case 3 -> bytes = splice(bytes, at, at, new byte[] {TOKENS[random.nextInt(TOKENS.length)]});
                default -> bytes = splice(bytes, at, at,
                        Arrays.copyOfRange(bytes, at, Math.min(bytes.length, at + random.nextInt(40))));
            }
            if (bytes.length == 0) {
                return bytes;
            }
        }
        return bytes;
    }

    private static byte[] splice(byte[] bytes, int from, int to, byte[] with) {
        ReusedBytes out = new ReusedBytes(bytes.length + with.length);
        out.put(bytes, 0, from);
        out.put(with);
        out.put(bytes, to, bytes.length - to);
        return out.toByteArray();
    }
}
