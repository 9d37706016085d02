package io.millrace.replica;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.agreement.registers.InMemoryRegisterStore;
import io.millrace.agreement.registers.RegisterStore;
import io.millrace.metadata.Topic;
import io.millrace.metadata.Topic.Assignment;
import io.millrace.metadata.TopicPartition;
import io.millrace.metadata.config.TopicConfig;
import io.millrace.metadata.registers.StoredTopic;
import io.millrace.metadata.registers.TopicCodec;
import io.millrace.metadata.registers.TopicStore;
import io.millrace.metadata.topics.CachedTopic;
import io.millrace.metadata.topics.StickyRoundRobin;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** What broker 1 changes in the registers before it opens its logs again. */
class RestartFencingTest {
    private static final List<Integer> ALL = List.of(1, 2, 3);

    private final RegisterStore registers = new InMemoryRegisterStore();
    private final TopicStore store = new TopicStore(registers, TopicStore.PARTITIONS_PER_PAGE);

    /** @param lacking partitions whose logs may lack what was not forced */
    private List<Assignment> comeBack(String flush, Set<Integer> lacking, Assignment... before) {
        return comeBack(flush, lacking, true, false, before);
    }

    private List<Assignment> comeBack(String flush, Set<Integer> lacking, boolean hasLogs, boolean neverHad, Assignment... before) {
        Map<String, String> overrides = Map.of("flush", flush);
        Topic topic = new Topic("orders", new UUID(1, 2), 0, overrides, List.of(before));
        registers.compareAndSet("topic/orders", RegisterStore.ABSENT, new TopicCodec().encode(topic)).orElseThrow();
        StoredTopic stored = store.read("orders").orElseThrow();
        new RestartFencing(1, store, new RestartFencing.OnDisk() {
            @Override
            public boolean has(TopicPartition id, UUID topicId) {
                return hasLogs;
            }

            @Override
            public boolean neverWas(TopicPartition id, UUID topicId) {
                return neverHad;
            }

            @Override
            public boolean mayLack(TopicPartition id) {
                return lacking.contains(id.partition());
            }
        }).run(List.of(new CachedTopic(stored, TopicConfig.of(Map.of(), overrides), null, new StickyRoundRobin())));
        return store.read("orders").orElseThrow().topic().partitions();
    }

    @Test
    void aLogThatMayLackWhatWasAcknowledgedLeavesTheIsrBeforeItMayLead() {
        List<Assignment> after = comeBack("os", Set.of(0, 1), new Assignment(1, 4, ALL, ALL),
                new Assignment(2, 4, ALL, ALL));

        assertThat(after.get(0)).as("it led").isEqualTo(new Assignment(2, 5, ALL, List.of(2, 3)));
        assertThat(after.get(1)).as("it followed").isEqualTo(new Assignment(2, 4, ALL, List.of(2, 3)));
    }

    @Test
    void theOnlyReplicaInSyncStaysSoWhateverItLacks() {
        assertThat(comeBack("interval", Set.of(0), new Assignment(1, 4, ALL, List.of(1))))
                .containsExactly(new Assignment(1, 5, ALL, List.of(1)));
    }

    @Test
    void whatForcesEachAcknowledgedWriteOrWasOnlyKilledLeadsOn() {
        assertThat(comeBack("commit", Set.of(0, 1), new Assignment(1, 4, ALL, ALL), new Assignment(2, 4, ALL, ALL)))
                .containsExactly(new Assignment(1, 5, ALL, ALL), new Assignment(2, 4, ALL, ALL));
    }

    @Test
    void aKillOfTheProcessAloneTakesNobodyOutOfAnIsr() {
        assertThat(comeBack("os", Set.of(), new Assignment(1, 4, ALL, ALL), new Assignment(2, 4, ALL, ALL)))
                .containsExactly(new Assignment(1, 5, ALL, ALL), new Assignment(2, 4, ALL, ALL));
    }

    @Test
    void theOnlyReplicaInSyncWhoseLogIsGoneLeavesThePartitionWithoutALeader() {
        assertThat(comeBack("commit", Set.of(), false, false, new Assignment(1, 4, ALL, List.of(1)), new Assignment(1, 4, ALL, ALL)))
                .containsExactly(new Assignment(-1, 5, ALL, List.of()), new Assignment(2, 5, ALL, List.of(2, 3)));
    }

    @Test
    void theOnlyReplicaInSyncWhoseLogWasNeverMadeLeadsBecauseThereAreNoRecords() {
        assertThat(comeBack("commit", Set.of(), false, true, new Assignment(1, 4, ALL, List.of(1)),
                new Assignment(-1, 4, ALL, List.of(1)), new Assignment(1, 4, ALL, ALL)))
                .containsExactly(new Assignment(1, 5, ALL, List.of(1)), new Assignment(-1, 4, ALL, List.of(1)),
                        new Assignment(2, 5, ALL, List.of(2, 3)));
    }
}
