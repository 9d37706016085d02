package io.millrace.ops;

import io.millrace.broker.Broker;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.Topic;
import io.millrace.replica.hosting.PartitionStatus;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Finds the partitions that belong to this broker but do not work, the log of one not being readable for example. */
final class UnavailablePartitions {
    private record Id(String topic, int partition) {
    }

    private UnavailablePartitions() {
    }

    /** @return why each of them does not work; at most {@code limit} */
    static List<String> reasons(Broker broker, int brokerId, int limit) {
        Set<Id> working = new HashSet<>();
        for (PartitionStatus status : broker.partitions()) {
            working.add(new Id(status.topic(), status.partition()));
        }
        List<String> reasons = new ArrayList<>();
        for (String name : broker.topics().allNames()) {
            for (int partition : hostedHere(broker, name, brokerId)) {
                if (reasons.size() < limit && !working.contains(new Id(name, partition))) {
                    reason(broker, name, partition, reasons);
                }
            }
        }
        return reasons;
    }

    private static List<Integer> hostedHere(Broker broker, String name, int brokerId) {
        List<Integer> here = new ArrayList<>();
        try {
            List<Topic.Assignment> partitions = broker.topics().get(name).partitions();
            for (int partition = 0; partition < partitions.size(); partition++) {
                if (partitions.get(partition).replicas().contains(brokerId)) {
                    here.add(partition);
                }
            }
        } catch (BrokerException deletedMeanwhile) {
            return List.of();
        }
        return here;
    }

    private static void reason(Broker broker, String name, int partition, List<String> reasons) {
        try {
            broker.offsets(name, partition);
        } catch (BrokerException e) {
            if (e.kind() != ErrorKind.UNKNOWN_TOPIC) { // it was deleted meanwhile
                reasons.add(e.getMessage());
            }
        }
    }
}
