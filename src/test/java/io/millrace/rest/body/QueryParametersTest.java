package io.millrace.rest.body;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.millrace.log.IsolationLevel;
import io.millrace.metadata.TopicPartition;
import io.millrace.replica.hosting.Acks;
import io.millrace.replica.hosting.FetchPosition;
import io.millrace.rest.dialect.RequestException;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class QueryParametersTest {
    @Test
    void aFetchBeginsWhereItSays() {
        assertThat(position("0")).isEqualTo(new FetchPosition.AtOffset(0));
        assertThat(position("9223372036854775807")).isEqualTo(new FetchPosition.AtOffset(Long.MAX_VALUE));
        assertThat(position("earliest")).isEqualTo(new FetchPosition.Earliest());
        assertThat(position("latest")).isEqualTo(new FetchPosition.Latest());
        assertThat(position("timestamp:1591897790000")).isEqualTo(new FetchPosition.AtTimestamp(1591897790000L));
        assertThat(new QueryParameters(Map.of()).position("offset")).isEqualTo(new FetchPosition.Earliest());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-1", "+1", " 1", "1.5", "1e3", "0x10", "9223372036854775808",
        "99999999999999999999999", "Earliest",
        "end", "timestamp", "timestamp:", "timestamp:-1", "timestamp:now", "timestamp:9223372036854775808", "\u0661"})
    void anythingElseIsRefusedWithTheGrammar(String offset) {
        RequestException e = catchThrowableOfType(RequestException.class, () -> position(offset));

        assertThat(e.status()).isEqualTo(400);
        assertThat(e).hasMessageContaining("earliest, latest or timestamp:");
    }

    @Test
    void readersReadUncommittedUnlessTheySayOtherwise() {
        assertThat(new QueryParameters(Map.of()).isolation()).isEqualTo(IsolationLevel.READ_UNCOMMITTED);
        assertThat(query("isolation", "read_uncommitted").isolation()).isEqualTo(IsolationLevel.READ_UNCOMMITTED);
        assertThat(query("isolation", "read_committed").isolation()).isEqualTo(IsolationLevel.READ_COMMITTED);
        assertThatThrownBy(() -> query("isolation", "serializable").isolation())
                .isInstanceOf(RequestException.class).hasMessageContaining("read_committed");
    }

    @Test
    void abortedBatchesAreLeftOutForWhoReadsCommittedAndAsksForIt() {
        assertThat(query("isolation", "read_committed").leavesOutAborted()).isFalse();
        assertThat(new QueryParameters(Map.of("isolation", List.of("read_committed"), "filter", List.of("aborted")))
                .leavesOutAborted()).isTrue();
        assertThatThrownBy(() -> query("filter", "aborted").leavesOutAborted())
                .isInstanceOf(RequestException.class).hasMessageContaining("isolation=read_committed");
        assertThatThrownBy(() -> query("filter", "markers").leavesOutAborted())
                .isInstanceOf(RequestException.class).hasMessageContaining("filter must be aborted");
    }

    private static QueryParameters query(String name, String value) {
        return new QueryParameters(Map.of(name, List.of(value)));
    }

    @Test
    void aNameIsLeftOutOrSaid() {
        assertThat(new QueryParameters(Map.of()).name("xid")).isNull();
        assertThat(query("xid", "1.a.b").name("xid")).isEqualTo("1.a.b");
        assertThatThrownBy(() -> query("xid", "").name("xid"))
                .isInstanceOf(RequestException.class).hasMessageContaining("xid is empty");
    }

    @ParameterizedTest
    @CsvSource({"0,NONE", "1,LEADER", "all,ALL", "-1,ALL"})
    void acksAreThoseOfTheProtocol(String text, Acks acks) {
        assertThat(new QueryParameters(Map.of("acks", List.of(text))).acks()).isEqualTo(acks);
    }

    @Test
    void allAcksByDefaultAndNoneWhenAsync() {
        assertThat(new QueryParameters(Map.of()).acks()).isEqualTo(Acks.ALL);
        assertThat(new QueryParameters(Map.of("async", List.of("false"))).acks()).isEqualTo(Acks.ALL);
        assertThat(new QueryParameters(Map.of("async", List.of("true"))).acks()).isEqualTo(Acks.NONE);
        assertThat(new QueryParameters(Map.of("async", List.of("true"), "acks", List.of("0"))).acks()).isEqualTo(Acks.NONE);
        assertThat(new QueryParameters(Map.of("async", List.of("false"), "acks", List.of("1"))).acks()).isEqualTo(Acks.LEADER);
    }

    @ParameterizedTest
    @ValueSource(strings = {"1", "all", "-1"})
    void whoWaitsForNothingCannotWaitForAcks(String acks) {
        assertThatThrownBy(() -> new QueryParameters(Map.of("async", List.of("true"), "acks", List.of(acks))).acks())
                .isInstanceOf(RequestException.class).hasMessageContaining("async=true").hasMessageContaining("acks=" + acks);
    }

    @ParameterizedTest
    @CsvSource({"acks,2", "acks,''", "acks,ALL", "async,yes", "async,''"})
    void otherAcksAreRefused(String name, String value) {
        assertThatThrownBy(() -> new QueryParameters(Map.of(name, List.of(value))).acks())
                .isInstanceOf(RequestException.class).hasMessageContaining(name);
    }

    @Test
    void partitionsAreNamedInTheQueryOrInTheBody() {
        QueryParameters query = new QueryParameters(Map.of("partition", List.of("orders:0", "a.b-c:12")));
        JsonObject body = Json.createObjectBuilder().add("partitions", Json.createArrayBuilder()).build();

        assertThat(query.partitions(Optional.empty())).contains(List.of(new TopicPartition("orders", 0), new TopicPartition("a.b-c", 12)));
        assertThat(new QueryParameters(Map.of()).partitions(Optional.of(body))).contains(List.of());
        assertThat(new QueryParameters(Map.of()).partitions(Optional.empty())).isEmpty();
        assertThatThrownBy(() -> query.partitions(Optional.of(body))).isInstanceOf(RequestException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "orders", ":0", "orders:", "orders:-1", "orders:3000000000", "orders:x"})
    void whatNamesNoPartitionIsRefused(String text) {
        assertThatThrownBy(() -> new QueryParameters(Map.of("partition", List.of(text))).partitions(Optional.empty()))
                .isInstanceOf(RequestException.class).hasMessageContaining("orders:0");
    }

    @Test
    void aParameterMayBeThereOnce() {
        assertThatThrownBy(() -> new QueryParameters(Map.of("offset", List.of("1", "1"))).position("offset"))
                .isInstanceOf(RequestException.class).hasMessageContaining("2 times");
    }

    @Test
    void numbersHaveADefaultAndAMinimum() {
        assertThat(new QueryParameters(Map.of()).number("max_bytes", 1, 7)).isEqualTo(7);
        assertThat(new QueryParameters(Map.of("max_bytes", List.of("1"))).number("max_bytes", 1, 7)).isEqualTo(1);
        assertThatThrownBy(() -> new QueryParameters(Map.of("max_bytes", List.of("0"))).number("max_bytes", 1, 7))
                .isInstanceOf(RequestException.class).hasMessageContaining("max_bytes");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-1", "x", "1.0", "2147483648", "99999999999999999999"})
    void aPartitionIsANumberOf32Bits(String text) {
        assertThatThrownBy(() -> Numbers.partition(text)).isInstanceOf(RequestException.class)
                .hasMessageContaining("partition");
    }

    private static FetchPosition position(String offset) {
        return new QueryParameters(Map.of("offset", List.of(offset))).position("offset");
    }
}
