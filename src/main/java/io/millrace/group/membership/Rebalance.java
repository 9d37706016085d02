package io.millrace.group.membership;

import io.millrace.group.membership.Membership.Revocation;
import io.millrace.metadata.TopicInfo;
import io.millrace.metadata.TopicPartition;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.Executor;
import java.util.function.Function;

/**
 * Shares one group's partitions out in steps. First it is made up which member is to have which partition in the end; then each
 * partition goes there by itself, once its present owner let go or lost it, while all others stay where they are. So a
 * partition never has two owners, and nobody waits for a partition that does not move.
 *
 * <p>Of what it remembers nothing must not be forgotten. Used by one thread at a time.
 */
public final class Rebalance {
    private static final long FNV_OFFSET = 0xcbf29ce484222325L;
    private static final long FNV_PRIME = 0x100000001b3L;

    private final Assignors assignors;
    private final String defaultAssignor;
    private final PendingAssignment assignment;
    private final MatchedTopics matched = new MatchedTopics();
    /** Of which it is known that there is nothing to do. */
    private Membership settled;
    private Map<String, TopicInfo> settledTopics;

    /**
     * @param defaultAssignor of members that ask for none
     * @param threads         run the applications' assignors
     * @param answered        is called when one of them has answered, so that another step is due
     */
    public Rebalance(Assignors assignors, String defaultAssignor, Executor threads, Runnable answered) {
        this.assignors = assignors;
        this.defaultAssignor = assignors.find(defaultAssignor).name();
        this.assignment = new PendingAssignment(threads, answered);
    }

    /**
     * One step: makes up who is to have what, when anything that this depends on has changed, takes what is gone, and what was let
     * go, from its owners, and gives what nobody owns to whom it is meant for.
     *
     * @param topics as they are now; another object when they have changed
     * @param letGo which of what is on its way its owners let go
     * @return the same when there is nothing to do
     */
    public Membership step(Membership group, Map<String, TopicInfo> topics,
                           Function<List<Revocation>, ? extends Collection<Revocation>> letGo) {
        if (group == settled && topics == settledTopics) {
            return group;
        }
        Membership retargeted = withoutGone(retargeted(group, topics), topics);
        List<Revocation> revoked = retargeted.revoked();
        Membership next = withIds(grant(release(retargeted, letGo.apply(revoked))), topics);
        boolean isOver = !assignment.isAwaited() && next.revoked().isEmpty();
        settled = isOver ? next : null;
        settledTopics = topics;
        return next;
    }

    /** How often the name of a topic was held against a pattern. */
    long matches() {
        return matched.matches();
    }

    // ---- what is to be

    private Membership retargeted(Membership state, Map<String, TopicInfo> topics) {
        SortedMap<String, AssignorMember> sharing = new TreeMap<>();
        TreeMap<String, Integer> partitions = new TreeMap<>();
        for (GroupMember member : state.members().values()) {
            if (member.takesPart() && member.subscription().isShared()) {
                SortedSet<String> read = matched.topics(member.subscription(), topics);
                read.forEach(topic -> partitions.put(topic, topics.get(topic).partitions()));
                sharing.put(member.name(), new AssignorMember(member.config().instanceId(), read, member.target()));
            }
        }
        matched.forgetOthers();
        String assignor = assignor(state.members().values());
        long inputs = fingerprint(state, sharing, topics, assignor);
        if (inputs == state.inputs()) {
            return state;
        }
        Map<String, Set<TopicPartition>> shared = sharing.isEmpty() ? Map.of()
                : assignment.of(inputs, assignors.find(assignor), sharing, partitions);
        Map<String, SortedSet<TopicPartition>> targets = new HashMap<>();
        state.members().forEach((name, member) -> targets.put(name, target(member, sharing.get(name), shared, topics)));
        TreeMap<String, GroupMember> members = new TreeMap<>(state.members());
        members.replaceAll((name, member) -> member.withTarget(targets.get(name)));
        Membership next = state.withMembers(members);
        return shared == null ? next : next.withAssignment(state.epoch() + 1, assignor, inputs);
    }

    /** @param shared what the assignor gives to whom; null: that is not known yet, so members keep what they still want of theirs */
    private static SortedSet<TopicPartition> target(GroupMember member, AssignorMember sharing,
                                                    Map<String, Set<TopicPartition>> shared, Map<String, TopicInfo> topics) {
        SortedSet<TopicPartition> target = new TreeSet<>();
        if (member.takesPart() && member.subscription() instanceof Subscription.Assigned own) {
            own.partitions().stream().filter(each -> exists(each, topics)).forEach(target::add);
        } else if (sharing != null && shared == null) {
            member.target().stream().filter(each -> exists(each, topics) && sharing.topics().contains(each.topic()))
                    .forEach(target::add);
        } else if (sharing != null) {
            target.addAll(shared.getOrDefault(member.name(), Set.of()));
        }
        return target;
    }

    /** The one that most members ask for. */
    private String assignor(Collection<GroupMember> members) {
        TreeMap<String, Integer> votes = new TreeMap<>();
        members.stream().filter(GroupMember::takesPart).map(member -> member.config().assignor())
                .filter(name -> name != null && assignors.names().contains(name))
                .forEach(name -> votes.merge(name, 1, Integer::sum));
        return votes.entrySet().stream().max(Map.Entry.<String, Integer>comparingByValue()
                .thenComparing(Map.Entry.<String, Integer>comparingByKey().reversed()))
                .map(Map.Entry::getKey).orElse(defaultAssignor);
    }

    /** Of all that an assignment depends on: FNV-1a over its text. */
    private static long fingerprint(Membership state, SortedMap<String, AssignorMember> sharing,
                                    Map<String, TopicInfo> topics, String assignor) {
        long[] hash = {FNV_OFFSET};
        mix(hash, assignor);
        sharing.forEach((name, member) -> {
            mix(hash, name);
            mix(hash, String.valueOf(member.instanceId()));
            member.topics().forEach(topic -> mix(hash, topic));
            mix(hash, "");
        });
        SortedSet<String> read = new TreeSet<>();
        sharing.values().forEach(member -> read.addAll(member.topics()));
        for (GroupMember member : state.members().values()) {
            if (member.takesPart() && member.subscription() instanceof Subscription.Assigned own) {
                mix(hash, member.name());
                own.partitions().forEach(partition -> {
                    mix(hash, partition.toString());
                    read.add(partition.topic());
                });
            }
        }
        read.forEach(topic -> {
            mix(hash, topic);
            mix(hash, String.valueOf(topics.get(topic))); // its id and size
        });
        return hash[0];
    }

    private static void mix(long[] hash, String text) {
        for (int i = 0; i < text.length(); i++) {
            hash[0] = (hash[0] ^ text.charAt(i)) * FNV_PRIME;
        }
        hash[0] = (hash[0] ^ '\0') * FNV_PRIME;
    }

    // ---- the way there

    private static boolean exists(TopicPartition partition, Map<String, TopicInfo> topics) {
        TopicInfo topic = topics.get(partition.topic());
        return topic != null && partition.partition() < topic.partitions();
    }

    /** Partitions of topics that were deleted are nobody's, whatever has their name now: that has an owner of its own. */
    private static Membership withoutGone(Membership state, Map<String, TopicInfo> topics) {
        Map<String, TreeMap<TopicPartition, Integer>> left = new HashMap<>();
        for (GroupMember member : state.members().values()) {
            TreeMap<TopicPartition, Integer> owned = new TreeMap<>(member.owned());
            owned.keySet().removeIf(each -> !exists(each, topics)
                    || !topics.get(each.topic()).id().equals(state.topicIds().get(each.topic())));
            if (owned.size() < member.owned().size()) {
                left.put(member.name(), owned);
            }
        }
        return withOwned(state, left);
    }

    /** All that is owned, or to be, is of the topics that there are now. */
    private static Membership withIds(Membership state, Map<String, TopicInfo> topics) {
        TreeMap<String, UUID> ids = new TreeMap<>();
        for (GroupMember member : state.members().values()) {
            member.owned().keySet().forEach(each -> ids.put(each.topic(), topics.get(each.topic()).id()));
            member.target().forEach(each -> ids.put(each.topic(), topics.get(each.topic()).id()));
        }
        return ids.equals(state.topicIds()) ? state : state.withTopicIds(ids);
    }

    private static Membership release(Membership state, Collection<Revocation> letGo) {
        Map<String, TreeMap<TopicPartition, Integer>> left = new HashMap<>();
        letGo.forEach(each -> left.computeIfAbsent(each.member().name(), name -> new TreeMap<>(each.member().owned()))
                .remove(each.partition().partition()));
        return withOwned(state, left);
    }

    private static Membership grant(Membership state) {
        Set<TopicPartition> taken = new HashSet<>();
        state.members().values().forEach(member -> taken.addAll(member.owned().keySet()));
        Map<String, TreeMap<TopicPartition, Integer>> granted = new HashMap<>();
        for (GroupMember member : state.members().values()) {
            for (TopicPartition partition : member.target()) {
                if (!member.owns(partition) && taken.add(partition)) {
                    granted.computeIfAbsent(member.name(), name -> new TreeMap<>(member.owned()))
                            .put(partition, state.epoch());
                }
            }
        }
        return withOwned(state, granted);
    }

    private static Membership withOwned(Membership state, Map<String, TreeMap<TopicPartition, Integer>> changed) {
        if (changed.isEmpty()) {
            return state;
        }
        TreeMap<String, GroupMember> members = new TreeMap<>(state.members());
        changed.forEach((name, owned) -> members.computeIfPresent(name, (same, member) -> member.withOwned(owned, state.epoch())));
        return state.withMembers(members);
    }
}
