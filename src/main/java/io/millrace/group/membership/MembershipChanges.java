package io.millrace.group.membership;

import io.millrace.group.membership.GroupMember.Status;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.TopicInfo;
import io.millrace.metadata.TopicPartition;
import java.util.Collection;
import java.util.Comparator;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The changes of who is in a group and wants what, each a function from one membership to the next. None of them shares
 * partitions out: that is {@link Rebalance}'s, after each.
 */
public final class MembershipChanges {
    /** Of all subscriptions of a group: a rebalance may write all of them at once. */
    private static final int MAX_SUBSCRIPTION_CHARACTERS = 1 << 20;

    private MembershipChanges() {
    }

    private static Membership withoutLongestDormant(Membership group) {
        return group.members().values().stream().filter(member -> member.status() == Status.DORMANT)
                .min(Comparator.comparingLong(GroupMember::sinceMs)).map(member -> group.withoutMember(member.name()))
                .orElse(group);
    }

    /**
     * A new consumer. One of that name whose session is over makes room, or, in a full group, the one whose session has been
     * over for the longest; a static one takes the place of the one with its group.instance.id, partitions included, in a new
     * epoch.
     *
     * @param token no other consumer has it
     * @throws BrokerException CONSUMER_EXISTS; OVERLOADED when {@code maxSize} have sessions already
     */
    public static Membership create(Membership group, String name, String token, ConsumerConfig config, int maxSize, long nowMs) {
        GroupMember sameName = group.member(name);
        GroupMember sameInstance = config.isStatic() ? group.members().values().stream()
                .filter(member -> config.instanceId().equals(member.config().instanceId())).findFirst().orElse(null) : null;
        if (sameName != null && sameName.status() == Status.ACTIVE && sameName != sameInstance) {
            throw new BrokerException(ErrorKind.CONSUMER_EXISTS, ("a consumer '%s' exists in this group already: choose"
                    + " another name, or delete it").formatted(name));
        }
        if (sameInstance != null && sameInstance.config().owner() != null
                && !sameInstance.config().owner().equals(config.owner())) {
            throw new BrokerException(ErrorKind.NOT_PERMITTED, ("the group.instance.id '%s' is that of a consumer that somebody else"
                    + " created: choose another one").formatted(config.instanceId()));
        }
        // One that was deleted does not come back under its old name.
        boolean onlyOne = sameName == null || sameName.status() == Status.AWAY && sameName.incarnation().onlyOne();
        Membership room = sameName == null ? group : group.withoutMember(name);
        if (sameInstance != null) {
            String replaced = sameInstance.name().equals(name) ? null : sameInstance.name();
            int epoch = group.epoch() + 1;
            return room.withoutMember(sameInstance.name()).inEpoch(epoch).withMember(
                    sameInstance.takenBy(name, new Incarnation(token, onlyOne, replaced), config, epoch, nowMs));
        }
        if (room.members().size() >= maxSize) {
            room = withoutLongestDormant(room);
        }
        if (room.members().size() >= maxSize) {
            throw new BrokerException(ErrorKind.OVERLOADED, ("the group has %d consumers, as many as it may"
                    + " (millrace.group.max.size): delete some").formatted(maxSize));
        }
        return room.withMember(GroupMember.created(name, new Incarnation(token, onlyOne, null), config, nowMs));
    }

    /**
     * Says anew what a consumer wants to read.
     *
     * @throws BrokerException as {@link #require}; INVALID_CONSUMER for names that no topic can have; ILLEGAL_SUBSCRIPTION from shared topics to partitions of one's own or back,
     *                         and when another consumer has one of those partitions; UNKNOWN_PARTITION;
     *                         GROUP_TOO_LARGE when the subscriptions of all consumers would have more than a million characters
     */
    public static Membership subscribe(Membership group, ConsumerId id, Subscription wanted, Map<String, TopicInfo> topics) {
        GroupMember member = require(group, id);
        String name = id.name();
        wanted.requirePossible();
        if (wanted.isEmpty()) {
            return group.withMember(member.withSubscription(new Subscription.None()));
        }
        Subscription before = member.subscription();
        boolean changesKind = !before.isEmpty() && before.isShared() != wanted.isShared();
        if (changesKind) {
            throw new BrokerException(ErrorKind.ILLEGAL_SUBSCRIPTION, "subscriptions to topics, partitions, and patterns are"
                    + " mutually exclusive: delete the subscription of consumer '" + name + "' first");
        }
        if (wanted instanceof Subscription.Assigned assigned) {
            requireFree(group, name, assigned.partitions(), topics);
        }
        requireRoom(group, member, wanted);
        return group.withMember(member.withSubscription(wanted));
    }

    private static void requireRoom(Membership group, GroupMember member, Subscription wanted) {
        long others = group.members().values().stream().filter(each -> each != member)
                .mapToLong(each -> each.subscription().characters()).sum();
        if (others + wanted.characters() > MAX_SUBSCRIPTION_CHARACTERS) {
            throw new BrokerException(ErrorKind.GROUP_TOO_LARGE, ("the subscriptions of a group's consumers may have %d characters in"
                    + " all; the others have %d, and this one has %d: send topic_pattern, or read fewer topics in one group")
                    .formatted(MAX_SUBSCRIPTION_CHARACTERS, others, wanted.characters()));
        }
    }

    /** Partitions of a topic that does not exist yet are waited for, as a topic is that is subscribed to. */
    private static void requireFree(Membership group, String name, Collection<TopicPartition> partitions,
                                    Map<String, TopicInfo> topics) {
        for (TopicPartition partition : partitions) {
            TopicInfo topic = topics.get(partition.topic());
            if (topic != null && partition.partition() >= topic.partitions()) {
                throw new BrokerException(ErrorKind.UNKNOWN_PARTITION, "topic '%s' has no partition %d: it has %d"
                        .formatted(partition.topic(), partition.partition(), topic.partitions()));
            }
            for (GroupMember other : group.members().values()) {
                if (!other.name().equals(name) && has(other, partition)) {
                    throw new BrokerException(ErrorKind.ILLEGAL_SUBSCRIPTION, ("partition %s has an owner in this group"
                            + " already, consumer '%s'; use another group, or wait until it is gone")
                            .formatted(partition, other.name()));
                }
            }
        }
    }

    private static boolean has(GroupMember member, TopicPartition partition) {
        return member.owns(partition) || member.target().contains(partition) || member.takesPart()
                && member.subscription() instanceof Subscription.Assigned own && own.partitions().contains(partition);
    }

    /** A consumer that goes for good, or a static one that may be back: its place is kept. None: nothing changes. */
    public static Membership leave(Membership group, String name, long nowMs) {
        GroupMember member = group.member(name);
        if (member == null) {
            return group;
        }
        boolean mayBeBack = member.config().isStatic() && member.status() == Status.ACTIVE;
        return mayBeBack ? group.withMember(member.withStatus(Status.AWAY, nowMs)) : group.withoutMember(name);
    }

    /** A consumer that was not heard of for its session timeout. */
    public static Membership expire(Membership group, ConsumerId id, long nowMs) {
        GroupMember member = group.member(id.name());
        if (member == null || member.status() == Status.DORMANT || !member.incarnation().is(id.incarnation())) {
            return group;
        }
        return member.status() == Status.AWAY ? group.withoutMember(id.name())
                : group.withMember(member.withStatus(Status.DORMANT, nowMs)
                        .withTarget(new TreeSet<>()).withOwned(new TreeMap<>(), group.epoch()));
    }

    /** A consumer that is heard of again. @throws BrokerException as {@link #require} */
    public static Membership rejoin(Membership group, ConsumerId id, long nowMs) {
        GroupMember member = require(group, id);
        return member.status() == Status.ACTIVE ? group : group.withMember(member.withStatus(Status.ACTIVE, nowMs));
    }

    /** @throws BrokerException UNKNOWN_CONSUMER */
    public static Membership remove(Membership group, String name) {
        if (group.member(name) == null) {
            throw unknown(name);
        }
        return group.withoutMember(name);
    }

    /** Without the dormant members that nobody heard of for so long, in ms. */
    public static Membership withoutIdle(Membership group, long idleMs, long nowMs) {
        Membership next = group;
        for (GroupMember member : group.members().values()) {
            if (member.status() == Status.DORMANT && nowMs - member.sinceMs() > idleMs) {
                next = next.withoutMember(member.name());
            }
        }
        return next;
    }

    /** @throws BrokerException GROUP_NOT_EMPTY */
    public static void requireEmpty(Membership members, String group) {
        if (!members.isEmpty()) {
            throw new BrokerException(ErrorKind.GROUP_NOT_EMPTY, ("group '%s' has consumers that take part, such as '%s': stop"
                    + " them, or delete them from the group, first").formatted(group, members.members().values().stream()
                    .filter(GroupMember::takesPart).findFirst().orElseThrow().name()));
        }
    }

    /**
     * @throws BrokerException UNKNOWN_CONSUMER; FENCED_INSTANCE_ID when another consumer has its name, or its place, by now, or it
     *                         does not say which one of that name it is and there were several; NOT_PERMITTED when it is
     *                         somebody else's
     */
    public static GroupMember require(Membership group, ConsumerId id) {
        GroupMember member = group.member(id.name());
        if (member == null || member.status() == Status.AWAY) {
            boolean replaced = group.members().values().stream().anyMatch(each -> id.name().equals(each.incarnation().replaced()));
            throw replaced ? fenced(id.name()) : unknown(id.name());
        } else if (!member.incarnation().is(id.incarnation())) {
            throw id.incarnation() == null ? unnamed(id.name()) : fenced(id.name());
        } else if (!id.mayBeOf(member.config().owner())) {
            throw new BrokerException(ErrorKind.NOT_PERMITTED, ("the consumer '%s' is used by whoever created it only: create one of"
                    + " your own").formatted(id.name()));
        }
        return member;
    }

    private static BrokerException unnamed(String name) {
        return new BrokerException(ErrorKind.FENCED_INSTANCE_ID, ("several consumers were created as '%s', and this path does not"
                + " say which one asks: ask at the base_uri that the creation was answered with, or send its last part in the"
                + " header Millrace-Incarnation; a consumer that was not created last has lost its place, and stops. Where no"
                + " client can do that, delete the consumer from the group as an administrator, or choose another name")
                .formatted(name));
    }

    private static BrokerException fenced(String name) {
        return new BrokerException(ErrorKind.FENCED_INSTANCE_ID, ("another consumer was created with the name, or the"
                + " group.instance.id, of '%s': this one has lost its place, and stops; the one that was created last goes on, and"
                + " asks at the base_uri that its creation was answered with").formatted(name));
    }

    private static BrokerException unknown(String name) {
        return new BrokerException(ErrorKind.UNKNOWN_CONSUMER,
                "there is no consumer '%s' in this group: create it first".formatted(name));
    }
}
