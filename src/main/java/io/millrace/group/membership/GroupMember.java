package io.millrace.group.membership;

import io.millrace.metadata.TopicPartition;
import java.util.Collections;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * A consumer instance, as far as its group must not forget it.
 *
 * @param name        unique in the group
 * @param incarnation tells it from others of that name
 * @param status      whether it takes part
 * @param sinceMs     when it got this status, in ms since the epoch
 * @param epoch       of the group when its partitions last changed
 * @param owned       the partitions that it may read and commit, each with the group's epoch when it got it
 * @param target      the partitions that it is to have in the end
 */
public record GroupMember(String name, Incarnation incarnation, ConsumerConfig config, Subscription subscription, Status status, long sinceMs,
                          int epoch, SortedMap<TopicPartition, Integer> owned, SortedSet<TopicPartition> target) {
    /** Whether a member takes part in its group. */
    public enum Status {
        ACTIVE,
        /** Its session ended: it has no partitions, and is back with its next request. */
        DORMANT,
        /** A static one that left: its place is kept for a while for whoever brings its group.instance.id. */
        AWAY
    }

    public GroupMember {
        owned = Collections.unmodifiableSortedMap(new TreeMap<>(owned));
        target = Collections.unmodifiableSortedSet(new TreeSet<>(target));
    }

    public static GroupMember created(String name, Incarnation incarnation, ConsumerConfig config, long nowMs) {
        return new GroupMember(name, incarnation, config, new Subscription.None(), Status.ACTIVE, nowMs, 0, new TreeMap<>(),
                new TreeSet<>());
    }

    /** Whether its partitions are kept for it: all but dormant ones. */
    public boolean takesPart() {
        return status != Status.DORMANT;
    }

    public boolean owns(TopicPartition partition) {
        return owned.containsKey(partition);
    }

    /** The partitions that it assigned to itself, or else those that it was given. */
    public Set<TopicPartition> reads() {
        return subscription instanceof Subscription.Assigned own ? own.partitions() : owned.keySet();
    }

    GroupMember withStatus(Status now, long nowMs) {
        return new GroupMember(name, incarnation, config, subscription, now, nowMs, epoch, owned, target);
    }

    public GroupMember withSubscription(Subscription now) {
        return new GroupMember(name, incarnation, config, now, status, sinceMs, epoch, owned, target);
    }

    GroupMember withTarget(SortedSet<TopicPartition> now) {
        return new GroupMember(name, incarnation, config, subscription, status, sinceMs, epoch, owned, now);
    }

    GroupMember withOwned(SortedMap<TopicPartition, Integer> now, int atEpoch) {
        return new GroupMember(name, incarnation, config, subscription, status, sinceMs, atEpoch, now, target);
    }

    /** The same place in the group, taken by another: what it owns it was given in a new epoch. */
    GroupMember takenBy(String newName, Incarnation by, ConsumerConfig newConfig, int inEpoch, long nowMs) {
        TreeMap<TopicPartition, Integer> anew = new TreeMap<>(owned);
        anew.replaceAll((partition, before) -> inEpoch);
        return new GroupMember(newName, by, newConfig, subscription, Status.ACTIVE, nowMs, inEpoch, anew, target);
    }

    public ConsumerId id() {
        return new ConsumerId(name, incarnation.token());
    }
}
