package io.millrace.group.membership;

import io.millrace.metadata.TopicPartition;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;

/** {@code uniform}: all partitions of all topics as evenly as subscriptions allow, whoever had them before. */
final class UniformAssignor implements Assignor {
    @Override
    public String name() {
        return "uniform";
    }

    @Override
    public Map<String, Set<TopicPartition>> assign(SortedMap<String, AssignorMember> members,
            SortedMap<String, Integer> topics) {
        EvenSpread spread = new EvenSpread(members, topics);
        spread.placeRest();
        spread.evenOut();
        return spread.owned();
    }
}
