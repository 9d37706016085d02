package io.millrace.rest.dialect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.broker.produce.ProduceResult;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class ProduceResultWriterTest {
    private static final BrokerException OFFLINE = new BrokerException(ErrorKind.LOG_DIRECTORY_OFFLINE, "disk is gone");

    /** One record; an error when its offset is -1. */
    private record Sent(int partition, long offset) {
    }

    @Test
    void eachRecordHasItsPlaceInTheOrderOfTheRequest() {
        assertThat(json(new Sent(2, 0), new Sent(1, 1), new Sent(2, Long.MAX_VALUE))).isEqualTo(
                "{\"offsets\":[{\"partition\":2,\"offset\":0},{\"partition\":1,\"offset\":1},"
                        + "{\"partition\":2,\"offset\":9223372036854775807}]}");
    }

    @Test
    void aFailedPartitionsRecordsHaveTheErrorInTheirPlace() {
        assertThat(json(new Sent(0, 5), new Sent(1, -1))).isEqualTo("{\"offsets\":[{\"partition\":0,\"offset\":5},"
                + "{\"error_code\":503,\"message\":\"disk is gone\"}]}");
    }

    @Test
    void whenEveryRecordFailedTheRequestFails() {
        assertThatThrownBy(() -> json(new Sent(0, -1), new Sent(1, -1))).isSameAs(OFFLINE);
    }

    private static String json(Sent... records) {
        List<Sent> sent = List.of(records);
        ProduceResult result = new ProduceResult() {
            @Override
            public int recordCount() {
                return sent.size();
            }

            @Override
            public int partition(int record) {
                return sent.get(record).partition();
            }

            @Override
            public long offset(int record) {
                return sent.get(record).offset();
            }

            @Override
            public BrokerException error(int record) {
                return offset(record) < 0 ? OFFLINE : null;
            }
        };
        return new String(ProduceResultWriter.toJson(result), StandardCharsets.UTF_8);
    }
}
