package io.millrace.rest.dialect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.millrace.broker.produce.RecordAccumulator;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RecordListReaderTest {
    @Test
    void recordsComeInOrderWithAllTheirFields() {
        List<CollectedRecords.Collected> records = read(RecordFormat.TEXT, """
                {"records":[
                  {"key":"k1","value":"v1","partition":3,"timestamp":1591897790000,
                   "headers":[{"key":"a","value":"AQID"},{"key":"a","value":""}]},
                  {"value":"v2"}]}""");

        assertThat(records).hasSize(2);
        CollectedRecords.Collected first = records.get(0);
        assertThat(first.keyText()).isEqualTo("k1");
        assertThat(first.valueText()).isEqualTo("v1");
        assertThat(first.partition()).isEqualTo(3);
        assertThat(first.timestamp()).isEqualTo(1591897790000L);
        assertThat(first.headers()).extracting(header -> header.key()).containsExactly("a", "a");
        assertThat(first.headers().get(0).value().array()).containsExactly(1, 2, 3);
        assertThat(first.headers().get(1).value().remaining()).isZero();
        CollectedRecords.Collected second = records.get(1);
        assertThat(second.key()).isNull();
        assertThat(second.partition()).isEqualTo(RecordAccumulator.ANY_PARTITION);
        assertThat(second.timestamp()).isEqualTo(RecordAccumulator.NO_TIMESTAMP);
        assertThat(second.headers()).isEmpty();
    }

    @Test
    void theOrderOfFieldsDoesNotMatter() {
        List<CollectedRecords.Collected> records = read(RecordFormat.TEXT, """
                {"records":[{"headers":[],"value":"v","timestamp":5,"key":"k","partition":1},
                 {"value":"w","partition":2}]}""");

        assertThat(records).extracting(each -> each.keyText()).containsExactly("k", null);
        assertThat(records).extracting(each -> each.valueText()).containsExactly("v", "w");
        assertThat(records).extracting(each -> each.partition()).containsExactly(1, 2);
    }

    @Test
    void jsonIsStoredCompactWithNumbersAsTheyWereWritten() {
        String value = " { \"a\" : [ 1.10 , -0.0 , 1e400, 123456789012345678901234567890 ] , \"b\" : { } , \"c\":[],"
                + "\"d\" : [ [ ] , { \"x\" : null , \"y\" : true } , false ] , \"\" : \"\" } ";

        assertThat(json(value)).isEqualTo("{\"a\":[1.10,-0.0,1e400,123456789012345678901234567890],\"b\":{},\"c\":[],"
                + "\"d\":[[],{\"x\":null,\"y\":true},false],\"\":\"\"}");
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"text\"", "1", "-12.50", "true", "false", "{}", "[]", "\"\"", "[null]"})
    void anyJsonValueIsStoredAsItsText(String value) {
        assertThat(json(value)).isEqualTo(value);
    }

    @Test
    void jsonKeysAreStoredLikeValues() {
        List<CollectedRecords.Collected> records = read(RecordFormat.JSON, """
                {"records":[{"key":"k1","value":1},{"key":{"id" : 1},"value":1},{"key":null,"value":1}]}""");

        assertThat(records).extracting(each -> each.keyText()).containsExactly("\"k1\"", "{\"id\":1}", null);
    }

    @Test
    void nullMakesATombstoneInEveryFormat() {
        for (RecordFormat format : RecordFormat.values()) {
            assertThat(read(format, "{\"records\":[{\"key\":null,\"value\":null}]}").get(0))
                    .satisfies(each -> assertThat(each.key()).isNull())
                    .satisfies(each -> assertThat(each.value()).isNull());
        }
    }

    @Test
    void stringsComeOutOfTheirEscapes() {
        assertThat(json("\"\\u00e9\\ud83d\\ude00\\/\\n\\u0001\\\"\\\\\"")).isEqualTo("\"é😀/\\n\\u0001\\\"\\\\\"");
        assertThat(read(RecordFormat.TEXT, "{\"records\":[{\"value\":\"\\u00e9\\ud83d\\ude00\\n\\u0000\"}]}")
                .get(0).valueText()).isEqualTo("é😀\n\0");
    }

    @Test
    void equalKeysAreStoredAlikeHoweverTheyWereWritten() {
        List<CollectedRecords.Collected> records = read(RecordFormat.JSON, """
                {"records":[{"key":"caf\\u00e9/\\ud83d\\ude00","value":1},{"key":"café\\/😀","value":1},
                 {"key":{ "a" : "\\u0041\\u000a" },"value":1},{"key":{"a":"A\\n"},"value":1}]}""");

        assertThat(records.get(0).keyText()).isEqualTo("\"café/😀\"").isEqualTo(records.get(1).keyText());
        assertThat(records.get(2).keyText()).isEqualTo("{\"a\":\"A\\n\"}").isEqualTo(records.get(3).keyText());
    }

    @Test
    void aFieldsNameMayBeWrittenWithEscapes() {
        assertThat(read(RecordFormat.JSON, "{\"\\u0072ecords\":[{\"v\\u0061lue\":7}]}").get(0).valueText())
                .isEqualTo("7");
        assertThat(refused(RecordFormat.JSON, "{\"records\":[{\"value\\ud800\":7}]}").status()).isEqualTo(400);
    }

    @Test
    void aLoneSurrogateStaysAnEscapeInJsonAndIsRefusedAsText() {
        assertThat(json("\"\\ud800x\"")).isEqualTo("\"\\ud800x\"");
        assertThat(refused(RecordFormat.TEXT, "{\"records\":[{\"value\":\"\\ud800x\"}]}").status()).isEqualTo(422);
    }

    @Test
    void binaryIsDecoded() {
        byte[] bytes = new byte[256];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) i;
        }
        String base64 = Base64.getEncoder().encodeToString(bytes).replace("/", "\\/");

        CollectedRecords.Collected record = read(RecordFormat.BINARY,
                "{\"records\":[{\"key\":\"\",\"value\":\"" + base64 + "\"}]}").get(0);

        assertThat(record.value()).isEqualTo(bytes);
        assertThat(record.key()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"A", "AA", "AAA", "AA=", "A===", "====", "AA==AAAA", "A-_A", "AA A", "AAAA\\n", "ÄAAA"})
    void badBase64IsUnprocessableAndNamesTheRecord(String base64) {
        RequestException e = refused(RecordFormat.BINARY,
                "{\"records\":[{\"value\":\"AAAA\"},{\"value\":\"" + base64 + "\"}]}");

        assertThat(e.status()).isEqualTo(422);
        assertThat(e).hasMessageContaining("records[1].value").hasMessageContaining("base64");
    }

    @ParameterizedTest
    @ValueSource(strings = {"1", "{}", "[\"a\"]", "true"})
    void textAndBinaryTakeStringsOnly(String value) {
        String body = "{\"records\":[{\"value\":" + value + "}]}";

        assertThat(refused(RecordFormat.TEXT, body).status()).isEqualTo(422);
        assertThat(refused(RecordFormat.BINARY, body).status()).isEqualTo(422);
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", "{\"records\":[]}"})
    void aListWithoutRecordsIsUnprocessable(String body) {
        RequestException e = refused(RecordFormat.JSON, body);

        assertThat(e.status()).isEqualTo(422);
        assertThat(e).hasMessageContaining("records");
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "", " ", "[]", "null", "\"records\"", "{", "{\"records\"", "{\"records\":[{\"value\":1}",
        "{\"records\":[{\"value\":1}]",
        "{\"records\":null}", "{\"records\":{}}", "{\"records\":[1]}", "{\"records\":[null]}", "{\"records\":[[]]}",
        "{\"records\":[{}]}", "{\"records\":[{\"key\":1}]}", "{\"records\":[{\"value\":1,\"valeu\":2}]}",
        "{\"records\":[{\"value\":1}],\"more\":1}", "{\"Records\":[{\"value\":1}]}",
        "{\"records\":[{\"value\":1}],\"records\":[{\"value\":1}]}", "{\"records\":[{\"value\":1,\"value\":2}]}",
        "{\"records\":[{\"key\":1,\"key\":1,\"value\":2}]}", "{\"records\":[{\"value\":1}]} x",
        "{\"records\":[{\"value\":1}]}{}",
        "{\"records\":[{\"value\":1},]}", "{\"records\":[{\"value\":01}]}", "{\"records\":[{\"value\":NaN}]}",
        "{\"records\":[{'value':1}]}", "{\"records\":[{\"value\":1 /* no */}]}", "{\"records\":[{\"value\":\"a\nb\"}]}",
        "{\"records\":[{\"value\":\"\\x\"}]}", "{\"records\":[{\"value\":1,\"partition\":\"1\"}]}",
        "{\"records\":[{\"value\":1,\"partition\":1.5}]}", "{\"records\":[{\"value\":1,\"partition\":-1}]}",
        "{\"records\":[{\"value\":1,\"partition\":2147483648}]}",
        "{\"records\":[{\"value\":1,\"partition\":99999999999999999999}]}",
        "{\"records\":[{\"value\":1,\"timestamp\":-1}]}",
        "{\"records\":[{\"value\":1,\"timestamp\":\"1\"}]}", "{\"records\":[{\"value\":1,\"headers\":{}}]}",
        "{\"records\":[{\"value\":1,\"headers\":[1]}]}", "{\"records\":[{\"value\":1,\"headers\":[{\"key\":\"a\"}]}]}",
        "{\"records\":[{\"value\":1,\"headers\":[{\"value\":\"AA==\"}]}]}",
        "{\"records\":[{\"value\":1,\"headers\":[{\"key\":1,\"value\":\"AA==\"}]}]}",
        "{\"records\":[{\"value\":1,\"headers\":[{\"key\":\"a\",\"key\":\"a\",\"value\":\"AA==\"}]}]}",
        "{\"records\":[{\"value\":1,\"headers\":[{\"key\":\"a\",\"value\":5}]}]}"})
    void whatIsNotOfTheContractsShapeIsABadRequestWithValidationErrors(String body) {
        RequestException e = refused(RecordFormat.JSON, body);

        assertThat(e.status()).isEqualTo(400);
        assertThat(e.validationErrors()).hasSize(1);
    }

    @Test
    void aMessageNamesTheRecordAndTheField() {
        assertThat(refused(RecordFormat.JSON, "{\"records\":[{\"value\":1},{\"value\":1,\"foo\":2}]}"))
                .hasMessageContaining("records[1]").hasMessageContaining("\"foo\"");
        assertThat(refused(RecordFormat.JSON, "{\"records\":[\n{\"value\":}]}")).hasMessageContaining("line 2");
    }

    @Test
    void anotherHeaderFieldIsPassedOver() {
        assertThat(read(RecordFormat.JSON,
                "{\"records\":[{\"value\":1,\"headers\":[{\"key\":\"a\",\"more\":{\"x\":[1]},\"value\":\"AA==\"}]}]}")
                .get(0).headers()).hasSize(1);
    }

    @Test
    void badBase64InAHeaderIsUnprocessable() {
        assertThat(refused(RecordFormat.JSON,
                "{\"records\":[{\"value\":1,\"headers\":[{\"key\":\"a\",\"value\":\"?\"}]}]}")
                .status()).isEqualTo(422);
    }

    @Test
    void recordsSentToAPartitionNameNoneAndMayHaveATimestamp() {
        RecordListReader reader = new RecordListReader(RecordFormat.JSON, 0, 1);
        CollectedRecords sink = new CollectedRecords();

        assertThatThrownBy(() -> reader.read(bytes("{\"records\":[{\"value\":1,\"partition\":0}]}"), new CollectedRecords()))
                .isInstanceOf(RequestException.class).hasMessageContaining("partition");
        new RecordListReader(RecordFormat.JSON, 3, 4)
                .read(bytes("{\"records\":[{\"value\":1,\"timestamp\":5,\"partition\":null}]}"), sink);

        assertThat(sink.records.get(0).timestamp()).isEqualTo(5);
        assertThat(sink.records.get(0).partition()).isEqualTo(3);
    }

    @Test
    void aFieldThatMayBeLeftOutMayBeNull() {
        List<CollectedRecords.Collected> records = read(RecordFormat.JSON, """
                {"producer_id":null,"producer_epoch":null,"base_sequence":null,
                 "records":[{"key":null,"value":1,"partition":null,"timestamp": null,"headers":null }]}""");

        assertThat(records.get(0).partition()).isEqualTo(RecordAccumulator.ANY_PARTITION);
        assertThat(records.get(0).timestamp()).isEqualTo(RecordAccumulator.NO_TIMESTAMP);
        assertThat(records.get(0).headers()).isEmpty();
        assertThat(refused(RecordFormat.JSON, "{\"records\":[{\"value\":1,\"headers\":nil}]}").status()).isEqualTo(400);
    }

    @Test
    void aBodyThatIsNoUtf8OrNothingIsCalledThat() {
        String body = "{\"records\":[]}";
        assertThat(refused(RecordFormat.JSON, "")).hasMessageContaining("empty");
        assertThat(refused(RecordFormat.JSON, " \n")).hasMessageContaining("empty");
        assertThat(refused(RecordFormat.JSON, "\ufeff" + body)).hasMessageContaining("byte order mark");
        for (String charset : List.of("UTF-16", "UTF-16BE", "UTF-16LE", "x-UTF-16LE-BOM")) {
            assertThat(refused(RecordFormat.JSON, body.getBytes(Charset.forName(charset)))).hasMessageContaining("UTF-16");
        }
        for (String charset : List.of("UTF-32", "UTF-32LE", "X-UTF-32BE-BOM", "X-UTF-32LE-BOM")) {
            assertThat(refused(RecordFormat.JSON, body.getBytes(Charset.forName(charset)))).hasMessageContaining("UTF-32");
        }
    }

    @Test
    void recordsSentToAPartitionGoThere() {
        CollectedRecords sink = new CollectedRecords();

        new RecordListReader(RecordFormat.JSON, 7, 8)
                .read(bytes("{\"records\":[{\"value\":1}]}"), sink);

        assertThat(sink.records.get(0).partition()).isEqualTo(7);
    }

    @Test
    void onlyUtf8WithoutByteOrderMarkIsRead() {
        String body = "{\"records\":[{\"value\":\"x\"}]}";
        for (Charset charset : List.of(StandardCharsets.UTF_16, StandardCharsets.UTF_16BE, StandardCharsets.UTF_16LE)) {
            assertThat(refused(RecordFormat.JSON, body.getBytes(charset)).status()).isEqualTo(400);
        }
        assertThat(refused(RecordFormat.JSON, ("\ufeff" + body).getBytes(StandardCharsets.UTF_8)).status())
                .isEqualTo(400);
    }

    @Test
    void brokenUtf8IsABadRequest() {
        for (byte[] broken : new byte[][] {{(byte) 0xff}, {(byte) 0xc3, '('}, {(byte) 0xe2, (byte) 0x82}, {(byte) 0x80},
            {(byte) 0xf0, (byte) 0x9f, (byte) 0x98}, {(byte) 0xf8, (byte) 0x88, (byte) 0x80, (byte) 0x80, (byte) 0x80},
            {(byte) 0xc0, (byte) 0xaf},
            {(byte) 0xed, (byte) 0xa0, (byte) 0x80}}) {
            ReusedBytes body = new ReusedBytes(64);
            body.put("{\"records\":[{\"value\":\"".getBytes(StandardCharsets.US_ASCII));
            body.put(broken);
            body.put("\"}]}".getBytes(StandardCharsets.US_ASCII));

            assertThat(refused(RecordFormat.JSON, body.toByteArray()).status()).isEqualTo(400);
        }
    }

    @Test
    void deepNestingIsABadRequest() {
        String deep = "[".repeat(100_000) + "]".repeat(100_000);

        assertThat(refused(RecordFormat.JSON, "{\"records\":[{\"value\":" + deep + "}]}").status()).isEqualTo(400);
    }

    @Test
    void nestingUpToTheLimitIsStored() {
        String nested = "[".repeat(400) + "]".repeat(400);

        assertThat(json(nested)).isEqualTo(nested);
    }

    @Test
    void aLongStringIsStoredWhole() {
        String text = "aé😀\\n".repeat(100_000);

        assertThat(read(RecordFormat.TEXT, "{\"records\":[{\"value\":\"" + text + "\"}]}").get(0).valueText())
                .isEqualTo(text.replace("\\n", "\n"));
    }

    @Test
    void whatTheSinkRefusesIsToldAsItIs() {
        RecordSink refusing = (partition, timestamp, key, value, headers) -> {
            if (partition == 9) {
                throw new BrokerException(ErrorKind.UNKNOWN_PARTITION, "no partition 9");
            }
        };
        RecordListReader reader = reader(RecordFormat.JSON);

        assertThatThrownBy(() -> reader.read(
                bytes("{\"records\":[{\"value\":1},{\"value\":1,\"partition\":9}]}"), refusing))
                .isInstanceOf(BrokerException.class).hasMessage("no partition 9");
    }

    private String json(String value) {
        return read(RecordFormat.JSON, "{\"records\":[{\"value\":" + value + "}]}").get(0).valueText();
    }

    private List<CollectedRecords.Collected> read(RecordFormat format, String body) {
        CollectedRecords sink = new CollectedRecords();
        int count = reader(format).read(bytes(body), sink);
        assertThat(count).isEqualTo(sink.records.size());
        return sink.records;
    }

    private RequestException refused(RecordFormat format, String body) {
        return refused(format, body.getBytes(StandardCharsets.UTF_8));
    }

    private RequestException refused(RecordFormat format, byte[] body) {
        RequestException refusal = catchThrowableOfType(RequestException.class,
                () -> reader(format).read(body, new CollectedRecords()));
        assertThat(refusal).as("refusal of %s", new String(body, StandardCharsets.UTF_8)).isNotNull();
        return refusal;
    }

    private RecordListReader reader(RecordFormat format) {
        return new RecordListReader(format, RecordAccumulator.ANY_PARTITION, 10);
    }

    private static byte[] bytes(String body) {
        return body.getBytes(StandardCharsets.UTF_8);
    }
}
