package io.millrace.broker;

import static io.millrace.broker.BrokerHarness.get;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.group.membership.Subscription;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.TopicPartition;
import io.millrace.rest.exchange.TopicsOnDemand;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TopicsOnDemandTest {
    @TempDir
    Path root;
    private BrokerHarness harness;
    private TopicsOnDemand onDemand;

    @BeforeEach
    void open() {
        harness = BrokerHarness.on(root);
        onDemand = new TopicsOnDemand(true, () -> harness.broker, Runnable::run);
    }

    @AfterEach
    void close() {
        harness.close();
    }

    private Set<String> topics() {
        return harness.broker.topics().all().keySet();
    }

    @Test
    void aTopicThatIsNotThereIsCreatedWithTheDefaultsAndOneThatIsThereStays() {
        harness.broker.topics().create("there", 3, 1, Map.of());

        onDemand.require("new", any -> true);
        onDemand.require("new", any -> true);
        onDemand.require("there", any -> true);

        assertThat(topics()).containsExactlyInAnyOrder("new", "there");
        assertThat(harness.broker.topics().get("there").partitions()).hasSize(3);
    }

    @Test
    void whatSomebodyWantsToReadIsCreatedUnlessItIsAPattern() {
        get(onDemand.require(new Subscription.Topics(new TreeSet<>(List.of("a", "b"))), any -> true));
        get(onDemand.require(new Subscription.Assigned(new TreeSet<>(List.of(new TopicPartition("c", 0)))), any -> true));
        get(onDemand.require(new Subscription.Matching(Subscription.TopicPattern.of("d.*")), any -> true));
        get(onDemand.require(new Subscription.None(), any -> true));

        assertThat(topics()).containsExactlyInAnyOrder("a", "b", "c");
    }

    @Test
    void thoseThatWantItAtTheSameTimeAreAllServed() {
        CompletableFuture.allOf(IntStream.range(0, 8)
                .mapToObj(each -> CompletableFuture.runAsync(() -> onDemand.require("new", any -> true)))
                .toArray(CompletableFuture[]::new)).join();

        assertThat(topics()).containsExactly("new");
    }

    @Test
    void whatNoTopicCanBeCalledIsRefusedAndTheClustersOwnAreLeftToIt() {
        Failures.assertFails(ErrorKind.INVALID_TOPIC_NAME, () -> onDemand.require("no/name", any -> true));
        onDemand.require("__consumer_offsets", any -> true);

        assertThat(topics()).isEmpty();
    }

    @Test
    void nothingIsCreatedWhereTheServerIsNotSetToDoSo() {
        TopicsOnDemand off = new TopicsOnDemand(false, () -> harness.broker, Runnable::run);
        off.require("new", any -> true);
        get(off.require(new Subscription.Topics(new TreeSet<>(List.of("new"))), any -> true));

        assertThat(topics()).isEmpty();
    }
}
