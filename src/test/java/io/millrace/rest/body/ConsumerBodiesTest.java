package io.millrace.rest.body;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.millrace.group.membership.CommittedAs;
import io.millrace.group.membership.ConsumerConfig;
import io.millrace.group.membership.OffsetReset;
import io.millrace.group.membership.RecordForm;
import io.millrace.group.membership.Subscription;
import io.millrace.group.offsets.OffsetAndMetadata;
import io.millrace.log.IsolationLevel;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.TopicPartition;
import io.millrace.rest.dialect.RequestException;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonReader;
import java.io.StringReader;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConsumerBodiesTest {
    private static JsonObject json(String text) {
        try (JsonReader reader = Json.createReader(new StringReader(text.replace('\'', '"')))) {
            return reader.readObject();
        }
    }

    private static ConsumerBodies.NewConsumer consumer(JsonObject body) {
        return ConsumerBodies.consumer(body, OffsetReset.LATEST);
    }

    private static int status(org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
        return catchThrowableOfType(RequestException.class, call).status();
    }

    @Test
    void everyFieldOfAConsumerIsTaken() {
        ConsumerBodies.NewConsumer consumer = consumer(json("{'name':'n','format':'raw',"
                + "'auto.offset.reset':'none','enable.auto.commit':false,'isolation.level':'read_committed','fetch.min.bytes':5,"
                + "'consumer.request.timeout.ms':6,'max.poll.records':7,'session.timeout.ms':8000,'group.instance.id':'i',"
                + "'group.remote.assignor':'range'}"));
        assertThat(consumer.name()).isEqualTo("n");
        assertThat(consumer.config()).isEqualTo(
                new ConsumerConfig(RecordForm.RAW, OffsetReset.NONE, false, IsolationLevel.READ_COMMITTED, 5, 6, 7, 8000, "i", "range"));
    }

    @Test
    void whatIsLeftOutOrNullHasItsDefault() {
        assertThat(consumer(json("{}")))
                .isEqualTo(new ConsumerBodies.NewConsumer(null, ConsumerConfig.DEFAULT));
        assertThat(consumer(json("{'name':null,'fetch.min.bytes':null}")).config())
                .isEqualTo(ConsumerConfig.DEFAULT);
    }

    @Test
    void numbersAndFlagsMayBeStrings() {
        ConsumerConfig config = consumer(json("{'enable.auto.commit':'false','fetch.min.bytes':'12'}")).config();
        assertThat(config.autoCommit()).isFalse();
        assertThat(config.minBytes()).isEqualTo(12);
    }

    @Test
    void bothNamesOfAutomaticCommitsAreTakenAndTheServerSaysWhereToBegin() {
        assertThat(consumer(json("{'auto.commit.enable':'false'}")).config().autoCommit()).isFalse();
        assertThat(consumer(json("{'auto.commit.enable':false,'enable.auto.commit':null}")).config().autoCommit()).isFalse();
        assertThat(consumer(json("{'auto.commit.enable':'false','enable.auto.commit':false}")).config().autoCommit()).isFalse();
        assertThat(status(() -> consumer(json("{'auto.commit.enable':true,'enable.auto.commit':false}")))).isEqualTo(422);
        assertThat(ConsumerBodies.consumer(json("{}"), OffsetReset.EARLIEST).config().reset()).isEqualTo(OffsetReset.EARLIEST);
        assertThat(ConsumerBodies.consumer(json("{'auto.offset.reset':'none'}"), OffsetReset.EARLIEST).config().reset())
                .isEqualTo(OffsetReset.NONE);
        assertThat(consumer(json("{'commit.offsets':'consumed'}")).config().commits()).isEqualTo(CommittedAs.CONSUMED);
    }

    @ParameterizedTest
    @ValueSource(strings = {"{'format':7}", "{'auto.offset.reset':true}", "{'enable.auto.commit':1}", "{'enable.auto.commit':'foo'}",
        "{'isolation.level':[]}", "{'fetch.min.bytes':'foo'}", "{'max.poll.records':'1.5'}", "{'max.poll.records':1.5}",
        "{'session.timeout.ms':{}}", "{'name':5}", "{'group.instance.id':5}"})
    void valuesOfAnotherTypeAreBadRequestsAndTheMessageNamesThem(String body) {
        String field = body.substring(2, body.indexOf('\'', 2));
        assertThatThrownBy(() -> consumer(json(body))).isInstanceOf(RequestException.class)
                .hasMessageContaining(field).extracting(e -> ((RequestException) e).status()).isEqualTo(400);
    }

    @ParameterizedTest
    @ValueSource(strings = {"{'format':'xml'}", "{'auto.offset.reset':'EARLIEST'}", "{'isolation.level':'x'}",
        "{'fetch.min.bytes':1e400}", "{'session.timeout.ms':99999999999}", "{'session.timeout.ms':'99999999999'}"})
    void valuesThatAreNotAllowedAreUnprocessableAndTheMessageNamesThem(String body) {
        String field = body.substring(2, body.indexOf('\'', 2));
        assertThatThrownBy(() -> consumer(json(body))).isInstanceOf(RequestException.class)
                .hasMessageContaining(field).extracting(e -> ((RequestException) e).status()).isEqualTo(422);
    }

    @Test
    void numbersOutOfTheirBoundsAndUnknownFieldsAreRefused() {
        assertThatThrownBy(() -> consumer(json("{'session.timeout.ms':10}")))
                .isInstanceOf(BrokerException.class).hasMessageContaining("1000 to 1800000");
        assertThat(status(() -> consumer(json("{'session.timeout':10}")))).isEqualTo(400);
    }

    @Test
    void aSubscriptionIsTopicsOrAPattern() {
        assertThat(ConsumerBodies.subscription(json("{'topics':['b','a']}")))
                .isInstanceOfSatisfying(Subscription.Topics.class, topics -> assertThat(topics.names()).containsExactly("a", "b"));
        assertThat(ConsumerBodies.subscription(json("{'topic_pattern':'a.*'}"))).isInstanceOf(Subscription.Matching.class);
        assertThat(status(() -> ConsumerBodies.subscription(json("{}")))).isEqualTo(422);
        assertThat(ConsumerBodies.subscription(json("{'topics':[]}"))).isEqualTo(new Subscription.None());
        assertThat(status(() -> ConsumerBodies.subscription(json("{'topics':[],'topic_pattern':'a'}")))).isEqualTo(409);
        assertThat(status(() -> ConsumerBodies.subscription(json("{'topics':['a'],'topic_pattern':'a'}")))).isEqualTo(409);
        assertThat(status(() -> ConsumerBodies.subscription(json("{'topics':[7]}")))).isEqualTo(400);
        assertThatThrownBy(() -> ConsumerBodies.subscription(json("{'topic_pattern':'(?=a)'}")))
                .isInstanceOf(BrokerException.class).hasMessageContaining("RE2");
    }

    @Test
    void partitionsAndOffsetsAreTaken() {
        assertThat(ConsumerBodies.partitions(json("{'partitions':[{'topic':'t','partition':3}]}")))
                .containsExactly(new TopicPartition("t", 3));
        assertThat(ConsumerBodies.offsets(json("{'offsets':[{'topic':'t','partition':3,'offset':9223372036854775807}]}")))
                .containsExactly(Map.entry(new TopicPartition("t", 3), new OffsetAndMetadata(Long.MAX_VALUE, "")));
        assertThat(ConsumerBodies.offsets(json("{'offsets':[{'topic':'t','partition':3,'offset':1,'metadata':'m'}]}")))
                .containsExactly(Map.entry(new TopicPartition("t", 3), new OffsetAndMetadata(1, "m")));
        assertThat(ConsumerBodies.positions(json("{'offsets':[{'topic':'t','partition':3,'offset':1,'metadata':null}]}")))
                .containsExactly(Map.entry(new TopicPartition("t", 3), 1L));
        assertThat(status(() -> ConsumerBodies.partitions(json("{'partitions':[{'topic':'t'}]}")))).isEqualTo(400);
        assertThat(status(() -> ConsumerBodies.partitions(json("{'partitions':[{'topic':'t','partition':-1}]}")))).isEqualTo(422);
        assertThat(status(() -> ConsumerBodies.offsets(json("{'offsets':[{'topic':'t','partition':3,'offset':1.5}]}"))))
                .isEqualTo(400);
        assertThat(status(() -> ConsumerBodies.offsets(json("{'offsets':[{'topic':'t','partition':3,'offset':-1}]}"))))
                .isEqualTo(422);
        assertThat(status(() -> ConsumerBodies.offsets(json("{'offsets':[7]}")))).isEqualTo(400);
        assertThat(status(() -> ConsumerBodies.offsets(json("{'offsets':[{'topic':'t','partition':3,'offset':1},"
                + "{'topic':'t','partition':3,'offset':2}]}")))).isEqualTo(422);
    }

    @Test
    void aConsumerIsDescribedWithItsTopicsAndPartitions() {
        Set<TopicPartition> owned = new TreeSet<>(List.of(new TopicPartition("b", 1), new TopicPartition("a", 0),
                new TopicPartition("b", 0)));
        Map<String, Object> described = ConsumerBodies.described(new Subscription.Topics(new TreeSet<>(Set.of("z"))),
                owned);
        assertThat(described).containsEntry("topics", List.of("z"))
                .containsEntry("partitions", List.of(Map.of("a", List.of(0)), Map.of("b", List.of(0, 1))));
        assertThat(ConsumerBodies.described(new Subscription.None(), owned)).containsEntry("topics", List.of("a", "b"));
    }

    @Test
    void aPartitionThatIsNamedTwiceIsRefusedWhereverPartitionsAreNamed() {
        String twice = "{'topic':'t','partition':1},{'topic':'t','partition':2},{'topic':'t','partition':1}";
        assertThat(status(() -> ConsumerBodies.partitions(json("{'partitions':[" + twice + "]}")))).isEqualTo(422);
        assertThat(status(() -> ConsumerBodies.offsets(json("{'offsets':["
                + twice.replace("}", ",'offset':0}") + "]}")))).isEqualTo(422);
        assertThat(status(() -> OffsetsResetBody.of(json("{'to':'latest','partitions':[" + twice + "]}")))).isEqualTo(422);
    }
}
