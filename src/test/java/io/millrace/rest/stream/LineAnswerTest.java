package io.millrace.rest.stream;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.broker.produce.ProduceResult;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.rest.dialect.ErrorBody;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class LineAnswerTest {
    private record Result(int[] partitions, long[] offsets, BrokerException[] errors) implements ProduceResult {
        @Override
        public int recordCount() {
            return offsets.length;
        }

        @Override
        public int partition(int record) {
            return partitions[record];
        }

        @Override
        public long offset(int record) {
            return offsets[record];
        }

        @Override
        public BrokerException error(int record) {
            return errors[record];
        }
    }

    private static Result result(BrokerException error) {
        return new Result(new int[] {1, 0, 1}, new long[] {7, -1, 8}, new BrokerException[] {null, error, null});
    }

    private final LineAnswer answer = new LineAnswer();

    @Test
    void theSumHasWhatWasWrittenOfEachPartitionAndTheFirstError() {
        answer.add(result(new BrokerException(ErrorKind.UNKNOWN_PARTITION, "no partition 9")), List.of(1L, 3L, 4L));
        answer.add(new Result(new int[] {0}, new long[] {2}, new BrokerException[1]), List.of(5L));
        assertThat(new String(answer.sum(), StandardCharsets.UTF_8)).isEqualTo("{\"records\":3,\"errors\":1,"
                + "\"first_error\":{\"error_code\":404,\"message\":\"line 3: no partition 9\"},\"partitions\":["
                + "{\"partition\":0,\"count\":1,\"first_offset\":2,\"last_offset\":2},"
                + "{\"partition\":1,\"count\":2,\"first_offset\":7,\"last_offset\":8}]}");
        assertThat(answer.ending()).as("the others go on").isNull();
    }

    @Test
    void anAppendThatFailedEndsTheBody() {
        answer.add(result(new BrokerException(ErrorKind.NOT_ENOUGH_REPLICAS, "too few")), List.of(10L, 11L, 12L));
        assertThat(answer.ending()).hasMessage("line 11: too few");
        assertThat(answer.written()).isEqualTo(2);
        assertThat(answer.firstError()).isEqualTo(new ErrorBody(503, "line 11: too few"));
    }

    @Test
    void nothingIsASumToo() {
        assertThat(new String(answer.sum(), StandardCharsets.UTF_8)).isEqualTo("{\"records\":0,\"errors\":0,\"partitions\":[]}");
    }

    @Test
    void eachRecordHasALine() {
        assertThat(new String(LineAnswer.lines(result(new BrokerException(ErrorKind.UNKNOWN_PARTITION, "no"))), StandardCharsets.UTF_8))
                .isEqualTo("{\"partition\":1,\"offset\":7}\n{\"error_code\":404,\"message\":\"no\"}\n{\"partition\":1,\"offset\":8}\n");
    }
}
