package io.millrace.broker;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.agreement.registers.InMemoryRegisterStore;
import io.millrace.agreement.registers.Register;
import io.millrace.agreement.registers.RegisterStore;
import io.millrace.log.write.LogDirectory;
import io.millrace.metadata.Topic;
import io.millrace.metadata.registers.TopicCodec;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A broker whose topics have two partitions a page. */
class TopicPagesTest {
    @TempDir
    Path root;
    private final InMemoryRegisterStore registers = new InMemoryRegisterStore();
    private BrokerHarness harness;

    private BrokerHarness open() {
        harness = new BrokerHarness(registers);
        harness.partitionsPerPage = 2;
        harness.writers().execute(harness.directory(root, new LogDirectory.Options(1 << 20, 100, 1000)));
        harness.open();
        return harness;
    }

    @AfterEach
    void close() {
        harness.close();
    }

    @Test
    void aTopicIsCreatedEnlargedConfiguredServedAfterARestartAndDeleted() {
        open();
        harness.broker.topics().create("orders", 5, 1, Map.of());
        assertThat(harness.produce("orders", 4, "before")).isZero();
        assertThat(harness.broker.topics().addPartitions("orders", 8).partitions()).hasSize(8);
        assertThat(harness.produce("orders", 7, "added")).isZero();
        assertThat(harness.broker.topics().alterConfig("orders", Map.of("flush", "os")).partitions()).hasSize(8);
        assertThat(registers.keys("topic")).containsExactly("topic-page-readers", "topic-page/orders/1", "topic-page/orders/2",
                "topic-page/orders/3", "topic/orders");
        harness.close();

        open();
        assertThat(harness.broker.topics().get("orders").overrides()).isEqualTo(Map.of("flush", "os"));
        assertThat(BrokerHarness.values(harness.fetch("orders", 4, 0))).containsExactly("before");
        assertThat(harness.produce("orders", 7, "after")).isEqualTo(1);

        harness.broker.topics().delete("orders");
        assertThat(harness.broker.topics().names()).isEmpty();
        assertThat(registers.keys("topic/")).isEmpty();
        assertThat(registers.keys("topic-page/")).isEmpty();
        harness.broker.topics().create("orders", 3, 1, Map.of());
        assertThat(harness.produce("orders", 2, "of another topic")).isZero();
    }

    @Test
    void anotherBrokerLearnsOfAPageThatChangedByTheDoorbell() {
        open();
        harness.broker.topics().create("orders", 5, 1, Map.of());
        Register page = registers.read("topic-page/orders/2").orElseThrow();
        registers.compareAndSet(page.key(), page.version(), page.value().replace("\"leaderEpoch\":0", "\"leaderEpoch\":7"));

        Awaiting.until(() -> harness.broker.topics().get("orders").partitions().get(4).leaderEpoch() == 7);
        assertThat(harness.broker.topics().get("orders").partitions()).filteredOn(now -> now.leaderEpoch() == 7).hasSize(1);
        assertThat(harness.produce("orders", 4, "x")).isZero();
    }

    @Test
    void aTopicOfAnEarlierVersionIsServedAndComesIntoPages() {
        Topic earlier = new Topic("orders", UUID.randomUUID(), 0, Map.of(), Collections.nCopies(5,
                new Topic.Assignment(1, 0, List.of(1), List.of(1))));
        registers.compareAndSet("topic/orders", RegisterStore.ABSENT, new TopicCodec().encode(earlier));
        open();
        assertThat(harness.produce("orders", 4, "x")).isZero();

        Awaiting.until(() -> {
            harness.timers.advanceMillis(500);
            return registers.keys("topic-page/").size() == 2;
        });
        Awaiting.until(() -> registers.read("topic/orders").orElseThrow().value().contains("partitionCount"));
        assertThat(harness.produce("orders", 4, "y")).isEqualTo(1);
    }

    @Test
    void whatABrokenDeletionLeftIsRemovedByTheController() {
        open();
        harness.broker.topics().create("orders", 5, 1, Map.of());
        Register register = registers.read("topic/orders").orElseThrow();
        registers.compareAndSet("topic/orders", register.version(),
                "{\"claimedPages\":3,\"id\":\"" + harness.broker.topics().get("orders").id() + "\"}");

        Awaiting.until(() -> {
            harness.timers.advanceMillis(1_000);
            return registers.keys("topic/").isEmpty() && registers.keys("topic-page/").isEmpty();
        });
        assertThat(harness.broker.topics().names()).isEmpty();
    }
}
