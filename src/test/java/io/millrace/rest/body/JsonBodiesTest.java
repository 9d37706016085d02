package io.millrace.rest.body;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.millrace.metadata.Topic;
import io.millrace.metadata.TopicPartition;
import io.millrace.metadata.controller.ClusterDescription;
import io.millrace.metadata.controller.Reassignment;
import io.millrace.rest.dialect.RequestException;
import io.millrace.rest.model.BridgeInfo;
import io.millrace.rest.model.ClusterState;
import io.millrace.rest.model.Configs;
import io.millrace.rest.model.NewReassignment;
import io.millrace.rest.model.NewTopic;
import io.millrace.rest.model.OffsetsSummary;
import io.millrace.rest.model.ReassignmentState;
import io.millrace.rest.model.TimestampOffsets;
import io.millrace.rest.model.TopicMetadata;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonBodiesTest {
    private final JsonBodies json = new JsonBodies();

    @Test
    void aTopicIsRead() {
        assertThat(read("""
                {"topic_name":"orders","partitions_count":3,"replication_factor":null,"configs":{"flush":"os"}}""",
                NewTopic.class)).isEqualTo(new NewTopic("orders", 3, null, Map.of("flush", "os")));
        assertThat(read("{\"topic_name\":\"orders\"}", NewTopic.class)).isEqualTo(new NewTopic("orders", null, null,
                null));
    }

    @Test
    void aListOfIntegersIsRead() {
        assertThat(read("{\"topic_name\":\"orders\",\"partition\":0,\"replicas\":[2,0,1]}", NewReassignment.class))
                .isEqualTo(new NewReassignment("orders", 0, List.of(2, 0, 1)));
        assertThat(read("{\"replicas\":[]}", NewReassignment.class).replicas()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"replicas\":1}", "{\"replicas\":{}}", "{\"replicas\":[\"1\"]}", "{\"replicas\":[null]}",
        "{\"replicas\":[1.5]}", "{\"replicas\":[2147483648]}", "{\"replicas\":[[1]]}"})
    void whatIsNoListOfIntegersIsABadRequest(String body) {
        assertThat(catchThrowableOfType(RequestException.class, () -> read(body, NewReassignment.class)).status())
                .isEqualTo(400);
    }

    @Test
    void nullsInAMapStay() {
        assertThat(read("{\"configs\":{\"flush\":null}}", Configs.class).configs()).containsEntry("flush", null);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "[]", "null", "\"x\"", "{", "{\"topic_name\":\"a\"}}", "{\"topic_name\":\"a\"} x",
        "{\"topic_name\":\"a\",\"cleanup\":1}", "{\"topicName\":\"a\"}", "{\"topic_name\":1}",
        "{\"topic_name\":[\"a\"]}",
        "{\"topic_name\":\"a\",\"topic_name\":\"b\"}",
        "{\"partitions_count\":\"3\"}", "{\"partitions_count\":1.5}", "{\"partitions_count\":2147483648}",
        "{\"partitions_count\":1e999999999}", "{\"configs\":[]}", "{\"configs\":{\"retention.ms\":1}}"})
    void unknownNamesWrongTypesAndBrokenJsonAreBadRequests(String body) {
        RequestException e = catchThrowableOfType(RequestException.class, () -> read(body, NewTopic.class));

        assertThat(e).as(body).isNotNull();
        assertThat(e.status()).isEqualTo(400);
        assertThat(e.validationErrors()).hasSize(1);
    }

    @Test
    void deepNestingIsABadRequest() {
        assertThat(catchThrowableOfType(RequestException.class,
                () -> read("{\"configs\":" + "[".repeat(100_000), NewTopic.class)).status()).isEqualTo(400);
    }

    @ParameterizedTest
    @ValueSource(ints = {1_000, 1_100, 1_101, 5_000, 100_000})
    void aNumberOfAnyLengthWhereNoneBelongsIsABadRequest(int digits) {
        for (String name : List.of("partitions_count", "unknown", "configs")) {
            assertThat(catchThrowableOfType(RequestException.class,
                    () -> read("{\"" + name + "\":" + "1".repeat(digits) + "}", NewTopic.class)).status()).isEqualTo(400);
        }
    }

    @Test
    void aBodyBeyondAllReasonIsTooLarge() {
        assertThat(catchThrowableOfType(RequestException.class,
                () -> read(" ".repeat(300_000), NewTopic.class)).status()).isEqualTo(413);
    }

    @Test
    void namesAreUnderscoredAndInOrder() {
        Topic topic = new Topic("orders", new UUID(1, 2), 0, Map.of("flush", "os"),
                List.of(new Topic.Assignment(1, 0, List.of(1, 2), List.of(1))));

        assertThat(written(TopicMetadata.of(topic))).isEqualTo("{\"name\":\"orders\",\"configs\":{\"flush\":\"os\"},"
                + "\"partitions\":[{\"partition\":0,\"leader\":1,\"replicas\":["
                + "{\"broker\":1,\"leader\":true,\"in_sync\":true},"
                + "{\"broker\":2,\"leader\":false,\"in_sync\":false}]}]}");
        assertThat(written(new OffsetsSummary(10, 50))).isEqualTo("{\"beginning_offset\":10,\"end_offset\":50}");
        assertThat(written(new TimestampOffsets(10, 50, 50, null)))
                .isEqualTo("{\"beginning_offset\":10,\"end_offset\":50,\"offset\":50,\"timestamp\":null}");
        assertThat(written(new BridgeInfo("1.0"))).isEqualTo("{\"bridge_version\":\"1.0\"}");
        assertThat(written(ClusterState.of(new ClusterDescription(-1, 3, 2, false, "no majority",
                List.of(new ClusterDescription.BrokerState(1, "http://a:1", null, true, true, 2, 3)),
                List.of(new ClusterDescription.UnderReplicated(new TopicPartition("orders", 0), 1, List.of(1, 2),
                        List.of(1))), List.of(new TopicPartition("clicks", 4))))))
                .isEqualTo("{\"controller\":null,\"controller_epoch\":3,\"incarnation\":2,\"agreement\":false,"
                        + "\"agreement_problem\":\"no majority\",\"brokers\":[{\"broker_id\":1,"
                        + "\"url\":\"http://a:1\",\"rack\":null,\"live\":true,\"cp_member\":true,\"leaders\":2,"
                        + "\"replicas\":3}],\"under_replicated\":[{\"topic_name\":\"orders\",\"partition\":0,"
                        + "\"leader\":1,\"replicas\":[1,2],\"isr\":[1]}],"
                        + "\"offline\":[{\"topic_name\":\"clicks\",\"partition\":4}]}");
        assertThat(written(ReassignmentState.of(new Reassignment(new TopicPartition("orders", 1), List.of(1, 2, 3),
                List.of(2, 3), List.of(1, 2))))).isEqualTo("{\"topic_name\":\"orders\",\"partition\":1,"
                + "\"replicas\":[1,2,3],\"target\":[2,3],\"isr\":[1,2]}");
        assertThat(written(List.of("a", "b"))).isEqualTo("[\"a\",\"b\"]");
    }

    private <T extends Record> T read(String body, Class<T> type) {
        return json.read(new ByteArrayInputStream(body.getBytes(StandardCharsets.UTF_8)), type);
    }

    private String written(Object value) {
        return new String(json.write(value), StandardCharsets.UTF_8);
    }
}
