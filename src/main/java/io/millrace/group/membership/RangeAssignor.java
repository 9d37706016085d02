package io.millrace.group.membership;

import io.millrace.metadata.TopicPartition;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * {@code range}: each topic is cut into as many ranges as it has subscribers, the first ones longer by one. Topics with
 * as many partitions and the same subscribers are cut alike, so that a member gets the same numbers of all of them.
 */
final class RangeAssignor implements Assignor {
    @Override
    public String name() {
        return "range";
    }

    @Override
    public Map<String, Set<TopicPartition>> assign(SortedMap<String, AssignorMember> members,
            SortedMap<String, Integer> topics) {
        Map<String, Set<TopicPartition>> owned = new TreeMap<>();
        members.keySet().forEach(id -> owned.put(id, new LinkedHashSet<>()));
        List<String> inOrder = members.keySet().stream().sorted(order(members)).toList();
        topics.forEach((topic, partitions) -> cut(topic, partitions,
                inOrder.stream().filter(id -> members.get(id).topics().contains(topic)).toList(), owned));
        return owned;
    }

    /** A member that has an instance id keeps its place, and so its ranges, when it returns with a new member id. */
    private static Comparator<String> order(Map<String, AssignorMember> members) {
        return Comparator.comparing((String id) -> members.get(id).instanceId(),
                Comparator.nullsLast(Comparator.naturalOrder())).thenComparing(Comparator.naturalOrder());
    }

    private static void cut(String topic, int partitions, List<String> subscribers,
            Map<String, Set<TopicPartition>> owned) {
        int next = 0;
        for (int i = 0; i < subscribers.size(); i++) {
            int end = next + partitions / subscribers.size() + (i < partitions % subscribers.size() ? 1 : 0);
            for (; next < end; next++) {
                owned.get(subscribers.get(i)).add(new TopicPartition(topic, next));
            }
        }
    }
}
