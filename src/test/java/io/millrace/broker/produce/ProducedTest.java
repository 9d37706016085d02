package io.millrace.broker.produce;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.Topic;
import io.millrace.metadata.config.TopicConfig;
import io.millrace.metadata.registers.StoredTopic;
import io.millrace.metadata.topics.CachedTopic;
import java.nio.ByteBuffer;
import java.time.Clock;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ProducedTest {
    private static final Topic.Assignment HERE = new Topic.Assignment(1, 0, List.of(1), List.of(1));

    /** Of one record for each partition. */
    private static Produced produced(int partitions) {
        CachedTopic topic = new CachedTopic(StoredTopic.whole(new Topic("orders", new UUID(1, 2), 0, Map.of(),
                Collections.nCopies(partitions, HERE)), 1), TopicConfig.of(Map.of(), Map.of()), null, null);
        RecordAccumulator records = new RecordAccumulator(topic, new PartitionSelector(topic, Optional.empty(), partition -> true),
                Clock.systemUTC());
        for (int partition = 0; partition < partitions; partition++) {
            records.append(partition, RecordAccumulator.NO_TIMESTAMP, null, ByteBuffer.allocate(1), List.of());
        }
        return new Produced(records);
    }

    private static BrokerException error(ErrorKind kind) {
        return new BrokerException(kind, kind.name());
    }

    @ParameterizedTest
    @EnumSource(value = ErrorKind.class, names = {"NOT_COMMITTED", "UNAVAILABLE", "LOG_DIRECTORY_OFFLINE"})
    void whatMayHaveBeenWrittenIsToldWhereverElseNothingWas(ErrorKind unknown) {
        for (int slot = 0; slot < 3; slot++) {
            Produced produced = produced(3);
            for (int each = 0; each < 3; each++) {
                produced.failed(each, error(each == slot ? unknown : ErrorKind.NOT_ENOUGH_REPLICAS));
            }
            assertThat(produced.totalFailure().kind()).as("in slot " + slot).isEqualTo(unknown);
        }
    }

    @Test
    void theFirstErrorIsToldWhereNothingWasWritten() {
        Produced produced = produced(2);
        produced.failed(1, error(ErrorKind.NOT_LEADER));
        produced.failed(0, error(ErrorKind.NOT_ENOUGH_REPLICAS));
        assertThat(produced.totalFailure().kind()).isEqualTo(ErrorKind.NOT_ENOUGH_REPLICAS);
    }

    @Test
    void itDidNotFailWhereSomethingWasAppended() {
        Produced produced = produced(2);
        produced.failed(0, error(ErrorKind.NOT_COMMITTED));
        assertThat(produced.appended(1, 7)).as("the last").isTrue();
        assertThat(produced.totalFailure()).isNull();
        assertThat(produced.error(0)).hasMessage("NOT_COMMITTED");
        assertThat(produced.offset(1)).isEqualTo(7);
    }
}
