package io.millrace.group.membership;

import io.millrace.metadata.TopicPartition;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;

/**
 * {@code sticky}: as even as {@code uniform}, but members keep what they had. When all subscribe to the same topics, no
 * even assignment moves fewer partitions.
 */
final class StickyAssignor implements Assignor {
    @Override
    public String name() {
        return "sticky";
    }

    @Override
    public Map<String, Set<TopicPartition>> assign(SortedMap<String, AssignorMember> members,
            SortedMap<String, Integer> topics) {
        EvenSpread spread = new EvenSpread(members, topics);
        spread.keepAssigned();
        spread.placeRest();
        spread.evenOut();
        return spread.owned();
    }
}
