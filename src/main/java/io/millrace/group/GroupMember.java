package io.millrace.group;

import io.millrace.metadata.TopicPartition;
import java.util.Collections;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * A consumer instance as its group's register holds it.
 *
 * @param name      unique in the group
 * @param status    whether it takes part
 * @param sinceMs   when it got this status, in ms since the epoch
 * @param epoch     of the group when its partitions last changed
 * @param owned     the partitions that it may read and commit, each with the group's epoch when it got it
 * @param target    the partitions that it is to have in the end
 * @param positions where it goes on although nothing is committed there: after a seek, or a move of the coordinator
 * @param lastPoll  number of the last poll that gave it records, when a coordinator handed the group over
 */
public record GroupMember(String name, ConsumerConfig config, Subscription subscription, Status status, long sinceMs,
                          int epoch, SortedMap<TopicPartition, Integer> owned, SortedSet<TopicPartition> target,
                          SortedMap<TopicPartition, Long> positions, long lastPoll) {
    /** It was given nothing, or by a coordinator that could not hand over. */
    static final long NO_POLL = -1;

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
        positions = Collections.unmodifiableSortedMap(new TreeMap<>(positions));
    }

    static GroupMember created(String name, ConsumerConfig config, long nowMs) {
        return new GroupMember(name, config, new Subscription.None(), Status.ACTIVE, nowMs, 0, new TreeMap<>(),
                new TreeSet<>(), new TreeMap<>(), NO_POLL);
    }

    /** Whether its partitions are kept for it: all but dormant ones. */
    boolean takesPart() {
        return status != Status.DORMANT;
    }

    boolean owns(TopicPartition partition) {
        return owned.containsKey(partition);
    }

    GroupMember withStatus(Status now, long nowMs) {
        return new GroupMember(name, config, subscription, now, nowMs, epoch, owned, target, positions, lastPoll);
    }

    GroupMember withSubscription(Subscription now) {
        return new GroupMember(name, config, now, status, sinceMs, epoch, owned, target, positions, lastPoll);
    }

    GroupMember withTarget(SortedSet<TopicPartition> now) {
        return new GroupMember(name, config, subscription, status, sinceMs, epoch, owned, now, positions, lastPoll);
    }

    GroupMember withOwned(SortedMap<TopicPartition, Integer> now, int atEpoch) {
        SortedMap<TopicPartition, Long> kept = new TreeMap<>(positions);
        kept.keySet().retainAll(now.keySet());
        return new GroupMember(name, config, subscription, status, sinceMs, atEpoch, now, target, kept, lastPoll);
    }

    GroupMember withPositions(SortedMap<TopicPartition, Long> now) {
        return new GroupMember(name, config, subscription, status, sinceMs, epoch, owned, target, now, lastPoll);
    }

    GroupMember withLastPoll(long number) {
        return new GroupMember(name, config, subscription, status, sinceMs, epoch, owned, target, positions, number);
    }

    /** The same place in the group, taken by another. */
    GroupMember takenBy(String newName, ConsumerConfig newConfig, long nowMs) {
        return new GroupMember(newName, newConfig, subscription, Status.ACTIVE, nowMs, epoch, owned, target,
                new TreeMap<>(), NO_POLL);
    }
}
