package io.millrace.group.membership;

import io.millrace.metadata.TopicPartition;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;

/** Whether an assignor's answer may be used. */
final class AssignmentCheck {
    private AssignmentCheck() {
    }

    /** @return what is wrong with the answer; empty when it keeps the rules of {@link Assignor#assign} */
    static Optional<String> fault(Map<String, Set<TopicPartition>> answer, SortedMap<String, AssignorMember> members,
            SortedMap<String, Integer> topics) {
        if (answer == null) {
            return Optional.of("it answered null");
        }
        Map<TopicPartition, String> owners = new HashMap<>();
        for (Map.Entry<String, Set<TopicPartition>> entry : answer.entrySet()) {
            String id = entry.getKey();
            AssignorMember member = id == null ? null : members.get(id);
            if (member == null) {
                return Optional.of("there is no member " + id);
            }
            if (entry.getValue() == null) {
                return Optional.of("the partitions of member " + id + " are null");
            }
            for (TopicPartition partition : entry.getValue()) {
                if (partition == null || !exists(partition, topics)) {
                    return Optional.of("there is no partition " + partition + ", given to member " + id);
                }
                if (!member.topics().contains(partition.topic())) {
                    return Optional.of(partition + " is given to member " + id + ", which does not subscribe to it");
                }
                String other = owners.putIfAbsent(partition, id);
                if (other != null) {
                    return Optional.of(partition + " is given to members " + other + " and " + id);
                }
            }
        }
        return firstLeftOut(owners, members, topics);
    }

    private static boolean exists(TopicPartition partition, SortedMap<String, Integer> topics) {
        return partition.topic() != null && partition.partition() >= 0
                && partition.partition() < topics.getOrDefault(partition.topic(), 0);
    }

    private static Optional<String> firstLeftOut(Map<TopicPartition, String> owners,
            SortedMap<String, AssignorMember> members, SortedMap<String, Integer> topics) {
        for (Map.Entry<String, Integer> topic : topics.entrySet()) {
            if (members.values().stream().noneMatch(member -> member.topics().contains(topic.getKey()))) {
                continue;
            }
            for (int number = 0; number < topic.getValue(); number++) {
                TopicPartition partition = new TopicPartition(topic.getKey(), number);
                if (!owners.containsKey(partition)) {
                    return Optional.of(partition + " is given to nobody");
                }
            }
        }
        return Optional.empty();
    }
}
