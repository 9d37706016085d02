package io.millrace.broker;

import static io.millrace.broker.BrokerHarness.values;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.agreement.registers.Register;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.Topic;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Logs whose folder does not say whose they are, and logs that are not there. */
class LogIdentificationTest {
    private static final int RECORDS = 6;

    @TempDir
    Path root;
    private BrokerHarness harness;
    private Topic topic;

    @BeforeEach
    void fill() {
        harness = BrokerHarness.on(root);
        topic = harness.broker.topics().create("orders", 1, 1, Map.of());
        for (int i = 0; i < RECORDS; i++) {
            harness.produce("orders", 0, "v" + i);
        }
    }

    @AfterEach
    void close() {
        harness.close();
    }

    private interface Act {
        void run() throws IOException;
    }

    private void restartAfter(Act act) throws IOException {
        harness.close();
        act.run();
        harness = BrokerHarness.restarted(harness.registers, root);
    }

    private Path metadata() {
        return root.resolve("orders-0/partition.metadata");
    }

    private void assertWhole(String what) {
        assertThat(values(harness.fetch("orders", 0, 0))).as(what).containsExactly("v0", "v1", "v2", "v3", "v4", "v5");
        assertThat(harness.broker.strayLogs()).as(what).isEmpty();
    }

    @Test
    void aLogWhoseMetadataIsGoneOrDamagedIsTakenForTheOneThatTheRegisterKnows() throws IOException {
        restartAfter(() -> Files.delete(metadata()));
        assertWhole("deleted");
        for (String garbage : new String[] {"", "version: 0\n", "\u0000\u0001\u0002", "version: 7\ntopic_id: x\n"}) {
            restartAfter(() -> Files.writeString(metadata(), garbage));
            assertWhole(garbage);
        }
        assertThat(harness.produce("orders", 0, "more")).isEqualTo(RECORDS);
        assertThat(metadata()).content().contains(topic.id().toString());
    }

    @Test
    void aSingleDamagedByteOfTheIdIsMendedWhereverItIs() throws IOException {
        String id = topic.id().toString();
        for (int at : new int[] {0, 9, 14, 35}) {
            char wrong = id.charAt(at) == '0' ? '1' : '0';
            String damaged = id.substring(0, at) + wrong + id.substring(at + 1);
            restartAfter(() -> Files.writeString(metadata(), "version: 0\ntopic_id: " + damaged + "\n"));
            assertWhole(damaged);
        }
    }

    @Test
    void aLogOfAnotherTopicIsSetAsideWhateverItsNameAndTheOneThatIsMissingIsNotMadeAnew() throws IOException {
        UUID other = new UUID(8, 8);
        restartAfter(() -> Files.writeString(metadata(), "version: 0\ntopic_id: " + other + "\n"));

        assertThat(root.resolve("orders-0.0-stray/00000000000000000000.log")).isNotEmptyFile();
        assertThat(harness.broker.strayLogs()).singleElement().asString().contains(other.toString());
        assertLost();
        // Its owner finds out what happened.
        restartAfter(() -> Files.writeString(root.resolve("orders-0.0-stray/partition.metadata"),
                "version: 0\ntopic_id: " + topic.id() + "\n"));
        assertWhole("taken back");
        assertThat(harness.broker.lostPartitions()).isEmpty();
        assertThat(harness.produce("orders", 0, "more")).isEqualTo(RECORDS);
    }

    private void assertLost() {
        assertThat(harness.broker.lostPartitions()).singleElement().asString()
                .contains("partition 0 of topic 'orders'", "bring it back", "or delete the topic");
        Failures.assertFails(ErrorKind.LOG_DIRECTORY_OFFLINE, () -> harness.produce("orders", 0, "x"))
                .hasMessageContaining("a second time");
        Failures.assertFails(ErrorKind.LOG_DIRECTORY_OFFLINE, () -> harness.broker.offsets("orders", 0));
    }

    @Test
    void aMissingOnlyLogIsLostAndItsOffsetsAreNotUsedAgainUntilItIsBackOrItsTopicDeleted() throws IOException {
        restartAfter(() -> Files.move(root.resolve("orders-0"), root.resolve("elsewhere")));
        assertLost();
        restartAfter(() -> { });
        assertLost();
        restartAfter(() -> Files.move(root.resolve("elsewhere"), root.resolve("orders-0")));
        assertWhole("brought back");

        restartAfter(() -> BrokenDisk.remove(root.resolve("orders-0")));
        harness.broker.topics().delete("orders");
        assertThat(harness.broker.lostPartitions()).isEmpty();
        harness.broker.topics().create("orders", 1, 1, Map.of());
        assertThat(harness.produce("orders", 0, "anew")).isZero();
        restartAfter(() -> { });
        assertThat(values(harness.fetch("orders", 0, 0))).containsExactly("anew");
    }

    @Test
    void aLogWithoutMetadataWhoseTopicIsNotKnownIsSetAsideAndTakenBackWhenItIs() throws IOException {
        Register register = harness.registers.read("topic/orders").orElseThrow();
        restartAfter(() -> {
            Files.delete(metadata());
            harness.registers.compareAndDelete("topic/orders", register.version());
        });
        assertThat(root.resolve("orders-0.0-stray")).exists();
        assertThat(harness.broker.strayLogs()).singleElement().asString().contains("id cannot be read");

        restartAfter(() -> harness.registers.compareAndSet("topic/orders", 0, register.value()));
        assertWhole("taken back");
        assertThat(harness.produce("orders", 0, "more")).isEqualTo(RECORDS);
    }

    @Test
    void batchesOfLeaderEpochsThatThePartitionNeverHadAreNotItsOwn() throws IOException {
        restartAfter(() -> {
            Files.delete(metadata());
            Path segment = root.resolve("orders-0/00000000000000000000.log");
            byte[] bytes = Files.readAllBytes(segment);
            int size = bytes.length / RECORDS;
            for (int batch = 0; batch < RECORDS; batch++) {
                bytes[batch * size + 15] = 9;
            }
            Files.write(segment, bytes);
        });
        assertThat(root.resolve("orders-0.0-stray")).exists();
        assertLost();
    }
}
