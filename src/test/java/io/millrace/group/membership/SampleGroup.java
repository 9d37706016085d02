package io.millrace.group.membership;

import io.millrace.metadata.TopicPartition;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/** Members and topics as an assignor is given them; every change is a new one. */
record SampleGroup(SortedMap<String, AssignorMember> members, SortedMap<String, Integer> topics) {
    static SampleGroup empty() {
        return new SampleGroup(new TreeMap<>(), new TreeMap<>());
    }

    /** 1 to 16 members and 1 to 8 topics of up to 20 partitions, each with a subscriber. */
    static SampleGroup random(Random random, boolean equalSubscriptions) {
        SampleGroup group = empty();
        int topics = 1 + random.nextInt(8);
        for (int i = 0; i < topics; i++) {
            group = group.topic("t" + i, 1 + random.nextInt(20));
        }
        int members = 1 + random.nextInt(16);
        for (int i = 0; i < members; i++) {
            group = group.member("m" + i, random.nextInt(4) == 0 ? "i" + random.nextInt(1000) + "-" + i : null,
                    group.topics.keySet().stream().filter(topic -> equalSubscriptions || random.nextInt(3) == 0)
                            .toArray(String[]::new));
        }
        return group.read();
    }

    SampleGroup topic(String name, int partitions) {
        SortedMap<String, Integer> changed = new TreeMap<>(topics);
        changed.put(name, partitions);
        return new SampleGroup(members, changed);
    }

    SampleGroup member(String id, String instanceId, String... subscribed) {
        SortedMap<String, AssignorMember> changed = new TreeMap<>(members);
        changed.put(id, new AssignorMember(instanceId, new TreeSet<>(Arrays.asList(subscribed)), Set.of()));
        return new SampleGroup(changed, topics);
    }

    SampleGroup without(String id) {
        SortedMap<String, AssignorMember> changed = new TreeMap<>(members);
        changed.remove(id);
        return new SampleGroup(changed, topics).read();
    }

    SampleGroup assigned(Map<String, Set<TopicPartition>> assigned) {
        SortedMap<String, AssignorMember> changed = new TreeMap<>(members);
        changed.replaceAll((id, member) -> new AssignorMember(member.instanceId(), member.topics(),
                assigned.getOrDefault(id, Set.of())));
        return new SampleGroup(changed, topics);
    }

    Map<String, Set<TopicPartition>> by(Assignor assignor) {
        return assignor.assign(members, topics);
    }

    int partitions() {
        return topics.values().stream().mapToInt(Integer::intValue).sum();
    }

    /** With those topics only that somebody subscribes to, as an assignor is told of no others. */
    SampleGroup read() {
        SortedMap<String, Integer> read = new TreeMap<>(topics);
        read.keySet().removeIf(topic -> members.values().stream().noneMatch(
                member -> member.topics().contains(topic)));
        return new SampleGroup(members, read);
    }
}
