package io.millrace.metadata.brokers;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.metadata.Topic.Assignment;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class ReplicaPlacementTest {
    private static KnownBroker broker(int id, String rack) {
        return new KnownBroker(id, "session-" + id, "http://" + id, rack, false);
    }

    @Test
    void replicasAndPreferredLeadersSpreadEvenly() {
        ReplicaPlacement placement = new ReplicaPlacement(
                List.of(broker(1, null), broker(2, null), broker(3, null), broker(4, null)), List.of());
        Map<Integer, Integer> leaders = new TreeMap<>();
        Map<Integer, Integer> replicas = new TreeMap<>();
        for (int partition = 0; partition < 12; partition++) {
            List<Integer> chosen = placement.place(3);
            assertThat(chosen).doesNotHaveDuplicates().hasSize(3);
            leaders.merge(chosen.get(0), 1, Integer::sum);
            chosen.forEach(broker -> replicas.merge(broker, 1, Integer::sum));
        }

        assertThat(leaders).containsOnlyKeys(1, 2, 3, 4).allSatisfy((id, count) -> assertThat(count).isEqualTo(3));
        assertThat(replicas).allSatisfy((id, count) -> assertThat(count).isEqualTo(9));
    }

    @Test
    void whatABrokerLedGoesToAllOthersInEqualPartsWhenItIsDown() {
        ReplicaPlacement placement = new ReplicaPlacement(List.of(broker(1, null), broker(2, null), broker(3, null)), List.of());
        Map<List<Integer>, Integer> heirs = new TreeMap<>(Comparator.comparing(List::toString));
        for (int partition = 0; partition < 60; partition++) {
            heirs.merge(placement.place(3).subList(0, 2), 1, Integer::sum);
        }

        assertThat(heirs).hasSize(6).allSatisfy((leaderAndHeir, count) -> assertThat(count).isEqualTo(10));
    }

    @Test
    void noTwoReplicasAreInOneRackWhileThereAreOthers() {
        List<KnownBroker> brokers = List.of(broker(1, "a"), broker(2, "a"), broker(3, "b"), broker(4, "b"), broker(5, "c"));
        ReplicaPlacement placement = new ReplicaPlacement(brokers, List.of());

        for (int partition = 0; partition < 10; partition++) {
            List<String> racks = new ArrayList<>(placement.place(3).stream().map(id -> brokers.get(id - 1).rack()).toList());
            assertThat(racks).containsExactlyInAnyOrder("a", "b", "c");
        }
    }

    @Test
    void whatIsThereAlreadyCounts() {
        ReplicaPlacement placement = new ReplicaPlacement(List.of(broker(1, null), broker(2, null), broker(3, null)),
                List.of(new Assignment(1, 0, List.of(1, 2), List.of(1, 2)), new Assignment(1, 0, List.of(1, 2), List.of(1))));

        assertThat(placement.place(1)).containsExactly(3);
    }

    @Test
    void moreReplicasThanBrokersAreNotPlaced() {
        assertThat(new ReplicaPlacement(List.of(broker(7, null)), List.of()).place(3)).containsExactly(7);
    }

    @Test
    void aBrokerThatLeavesIsReplacedByOneOfAnotherRackThanTheOthersHave() {
        ReplicaPlacement placement = new ReplicaPlacement(
                List.of(broker(1, "a"), broker(2, "b"), broker(4, "b"), broker(5, "c")), List.of());

        assertThat(placement.replace(List.of(1, 2, 3), 3)).containsExactly(1, 2, 5);
        assertThat(new ReplicaPlacement(List.of(broker(1, "a"), broker(2, "b")), List.of()).replace(List.of(1, 2), 2))
                .as("nobody is left").containsExactly(1, 2);
    }
}
