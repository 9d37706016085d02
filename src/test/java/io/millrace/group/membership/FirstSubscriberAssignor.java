package io.millrace.group.membership;

import io.millrace.metadata.TopicPartition;
import java.util.Comparator;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/** An application's assignor for tests, found by ServiceLoader: a topic's first subscriber gets all of it. */
public final class FirstSubscriberAssignor implements Assignor {
    @Override
    public String name() {
        return "first-subscriber";
    }

    @Override
    public Map<String, Set<TopicPartition>> assign(SortedMap<String, AssignorMember> members,
            SortedMap<String, Integer> topics) {
        Map<String, Set<TopicPartition>> owned = new TreeMap<>();
        topics.forEach((topic, partitions) -> {
            String first = members.keySet().stream().filter(id -> members.get(id).topics().contains(topic)).findFirst()
                    .orElseThrow();
            Set<TopicPartition> all = owned.computeIfAbsent(first,
                    id -> new TreeSet<>(Comparator.comparing(TopicPartition::toString)));
            for (int partition = 0; partition < partitions; partition++) {
                all.add(new TopicPartition(topic, partition));
            }
        });
        return owned;
    }
}
