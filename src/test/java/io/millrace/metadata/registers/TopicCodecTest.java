package io.millrace.metadata.registers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.millrace.metadata.Topic;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TopicCodecTest {
    private static final UUID ID = UUID.fromString("6d1f0a5e-52e6-4c3b-9d57-0a4a3f1c8e21");
    private final TopicCodec codec = new TopicCodec();

    private static Topic topic(Map<String, String> overrides) {
        return new Topic("orders", ID, 3, overrides, List.of(new Topic.Assignment(1, 0, List.of(1), List.of(1)),
                new Topic.Assignment(2, 7, List.of(2, 1), List.of(2))));
    }

    @Test
    void aTopicIsReadBackAsItWasWritten() {
        Topic topic = topic(Map.of("flush", "os", "retention.ms", "1"));

        assertThat(codec.decode(codec.encode(topic))).isEqualTo(TopicRegister.Entry.whole(topic));
    }

    @Test
    void thatAnElectionWasUncleanIsKept() {
        Topic unclean = topic(Map.of()).withPartitions(List.of(new Topic.Assignment(1, 7, List.of(1, 2), List.of(1), null,
                6)));

        assertThat(codec.decode(codec.encode(unclean))).isEqualTo(TopicRegister.Entry.whole(unclean));
    }

    @Test
    void theTextIsForPeopleAndInAFixedOrder() {
        Map<String, String> oneOrder = new LinkedHashMap<>(Map.of("flush", "os"));
        oneOrder.put("a", "1");
        Map<String, String> otherOrder = new HashMap<>(Map.of("a", "1"));
        otherOrder.put("flush", "os");

        assertThat(codec.encode(topic(oneOrder))).isEqualTo(codec.encode(topic(otherOrder)))
                .isEqualTo("""
                        {"controllerEpoch":3,"id":"6d1f0a5e-52e6-4c3b-9d57-0a4a3f1c8e21","name":"orders",\
                        "overrides":{"a":"1","flush":"os"},\
                        "partitions":[{"isr":[1],"leader":1,"leaderEpoch":0,"replicas":[1]},\
                        {"isr":[2],"leader":2,"leaderEpoch":7,"replicas":[2,1]}]}""");
    }

    @Test
    void aTopicInPagesDoesNotLookLikeOneToAnEarlierVersion() {
        TopicRegister.Entry entry = new TopicRegister.Entry(topic(Map.of()), 5, 2);
        String json = codec.encode(entry);

        assertThat(codec.decode(json)).isEqualTo(entry);
        assertThat(json).contains("\"partitionCount\":5").contains("\"pageSize\":2").doesNotContain("\"partitions\"");
    }

    @Test
    void aPageAndAClaimAreReadBackAsTheyWereWritten() {
        PageRegister page = new PageRegister(ID, 4, 17, List.of(new Topic.Assignment(1, 2, List.of(1, 2), List.of(1),
                new Topic.Move(List.of(1), List.of(2)))));
        TopicRegister.Claim claim = new TopicRegister.Claim(ID, 3);

        assertThat(codec.decodePage(codec.encode(page))).isEqualTo(page);
        assertThat(codec.decode(codec.encode(claim))).isEqualTo(claim);
        assertThatIllegalStateException().isThrownBy(() -> codec.decodePage("{}")).withMessageContaining("page");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{", "[]", "{}", "{\"name\":\"a\",\"id\":\"x\",\"overrides\":{},\"partitions\":[]}"})
    void otherTextIsNoTopic(String text) {
        assertThatIllegalStateException().isThrownBy(() -> codec.decode(text)).withMessageContaining("not a topic");
    }
}
