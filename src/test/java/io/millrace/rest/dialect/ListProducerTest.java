package io.millrace.rest.dialect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.millrace.broker.produce.RecordAccumulator;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntUnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Who a list of records says that it is of. */
class ListProducerTest {
    private static final int ANY = RecordAccumulator.ANY_PARTITION;
    private static final int PARTITIONS = 4;
    private static final String RECORDS = "\"records\":[{\"value\":\"AAAA\"}]";

    private static Optional<ListProducer> read(RecordFormat format, int partition, String body) {
        RecordListReader reader = new RecordListReader(format, partition, PARTITIONS);
        CollectedRecords sink = new CollectedRecords();
        assertThat(reader.read(body.getBytes(StandardCharsets.UTF_8), sink)).isEqualTo(1);
        assertThat(sink.records).hasSize(1);
        return reader.producer();
    }

    private static RequestException refused(int partition, String body) {
        RequestException refusal = catchThrowableOfType(RequestException.class, () -> read(RecordFormat.JSON, partition, body));
        assertThat(refusal).as("refusal of %s", body).isNotNull();
        return refusal;
    }

    @ParameterizedTest
    @EnumSource
    void itIsReadInEveryFormatWhereverItStands(RecordFormat format) {
        ListProducer expected = new ListProducer(Long.MAX_VALUE, Short.MAX_VALUE, Map.of(ANY, Integer.MAX_VALUE));
        String id = "\"producer_id\":9223372036854775807";
        String epoch = "\"producer_epoch\" : 32767";
        String sequence = "\"base_sequence\":2147483647";

        for (String body : List.of(String.join(",", RECORDS, id, epoch, sequence), String.join(",", id, epoch, sequence, RECORDS),
                String.join(" , ", sequence, RECORDS, epoch, id))) {
            assertThat(read(format, ANY, "{" + body + "}")).contains(expected);
            assertThat(read(format, 2, "{" + body + "}")).contains(expected);
        }
    }

    @Test
    void aListMayNameNone() {
        assertThat(read(RecordFormat.JSON, ANY, "{" + RECORDS + "}")).isEmpty();
    }

    @Test
    void sequencesMayBeGivenByPartition() {
        assertThat(read(RecordFormat.JSON, ANY, "{\"base_sequence\": { \"3\" : 0 , \"0\" : 17 },\"producer_id\":0,\"producer_epoch\":0,"
                + RECORDS + "}")).contains(new ListProducer(0, (short) 0, Map.of(0, 17, 3, 0)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"producer_id\":1", "\"producer_epoch\":1", "\"base_sequence\":1", "\"base_sequence\":{}",
        "\"producer_id\":1,\"producer_epoch\":1", "\"producer_id\":1,\"base_sequence\":1", "\"producer_epoch\":1,\"base_sequence\":1"})
    void partOfOneIsUnprocessable(String fields) {
        RequestException e = refused(ANY, "{" + fields + "," + RECORDS + "}");

        assertThat(e.status()).isEqualTo(422);
        assertThat(e).hasMessageContaining("producer_id").hasMessageContaining("producer_epoch").hasMessageContaining("base_sequence");
    }

    @ParameterizedTest
    @ValueSource(strings = {"-1", "\"1\"", "1.0", "1e3", "true", "[]", "[1]", "99999999999999999999"})
    void whatIsNoNumberThatAFieldCanHaveIsUnprocessable(String value) {
        for (String field : List.of("producer_id", "producer_epoch", "base_sequence")) {
            RequestException e = refused(ANY, "{\"" + field + "\":" + value + "," + RECORDS + "}");

            assertThat(e.status()).isEqualTo(422);
            assertThat(e).hasMessageContaining("\"" + field + "\" must be a whole number from 0 to ");
        }
    }

    @Test
    void eachFieldHasTheRangeOfTheBatchHeader() {
        assertThat(refused(ANY, "{\"producer_id\":9223372036854775808," + RECORDS + "}")).hasMessageContaining("9223372036854775807");
        assertThat(refused(ANY, "{\"producer_epoch\":32768," + RECORDS + "}")).hasMessageContaining("32767");
        assertThat(refused(ANY, "{\"base_sequence\":2147483648," + RECORDS + "}")).hasMessageContaining("2147483647");
        assertThat(refused(ANY, "{\"base_sequence\":{\"0\":2147483648}," + RECORDS + "}")).hasMessageContaining("2147483647")
                .hasMessageContaining("partition \"0\"");
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"4\":0}", "{\"-1\":0}", "{\"\":0}", "{\"a\":0}", "{\"0\":1,\"00\":1}", "{\"0\":1,\"0\":1}", "{\"0\":{}}",
        "{\"0\":\"1\"}", "{\"\\u0030\":1}", "{\"99999999999999999999\":1}"})
    void sequencesAreOfPartitionsThatTheTopicHasEachOnce(String sequences) {
        assertThat(refused(ANY, "{\"base_sequence\":" + sequences + "," + RECORDS + "}").status()).isEqualTo(422);
    }

    @Test
    void aPathThatNamesThePartitionTakesOneSequence() {
        assertThat(refused(0, "{\"producer_id\":1,\"producer_epoch\":0,\"base_sequence\":{\"0\":1}," + RECORDS + "}").status())
                .isEqualTo(422);
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"producer_id\":1,\"producer_id\":1", "\"base_sequence\":1,\"base_sequence\":{\"0\":1}",
        "\"producerId\":1", "\"producer_id\":", "\"base_sequence\":{\"0\":1]", "\"base_sequence\":{0:1}", "\"base_sequence\":{\"0\":1,}"})
    void whatIsNotOfTheContractsShapeIsABadRequest(String fields) {
        RequestException e = refused(ANY, "{" + fields + "," + RECORDS + "}");

        assertThat(e.status()).isEqualTo(400);
        assertThat(e.validationErrors()).hasSize(1);
    }

    @Test
    void oneSequenceIsOfTheOnlyPartition() {
        ListProducer producer = new ListProducer(1, (short) 0, Map.of(ANY, 7));

        assertThat(producer.sequencesIn(List.of(3)).applyAsInt(3)).isEqualTo(7);
        assertThatThrownBy(() -> producer.sequencesIn(List.of(3, 1))).isInstanceOfSatisfying(RequestException.class,
                e -> assertThat(e.status()).isEqualTo(422)).hasMessageContaining("[3, 1]");
    }

    @Test
    void sequencesByPartitionNameEachToWhichRecordsGoAndMayNameMore() {
        ListProducer producer = new ListProducer(1, (short) 0, Map.of(0, 7, 2, 9));

        IntUnaryOperator sequences = producer.sequencesIn(List.of(2, 0));
        assertThat(sequences.applyAsInt(0)).isEqualTo(7);
        assertThat(sequences.applyAsInt(2)).isEqualTo(9);
        assertThat(producer.sequencesIn(List.of(2)).applyAsInt(2)).isEqualTo(9);
        assertThatThrownBy(() -> producer.sequencesIn(List.of(0, 1))).isInstanceOfSatisfying(RequestException.class,
                e -> assertThat(e.status()).isEqualTo(422)).hasMessageContaining("partition 1");
    }
}
