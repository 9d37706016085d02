package io.millrace.group.delivery;

import io.millrace.group.membership.ConsumerId;
import io.millrace.group.membership.GroupMember;
import io.millrace.group.offsets.Position;
import io.millrace.metadata.TopicIdPartition;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** What deliveries ask of the group around them, without its lock. Nothing of it blocks. */
public interface GroupSide {
    /**
     * What is in memory here may be told now.
     *
     * @throws io.millrace.metadata.BrokerException NOT_COORDINATOR when another broker coordinates the group, UNAVAILABLE
     *                                               when one may
     */
    void requireLeading();

    /** Records where the group begins in partitions of a member. @return completes once that is written */
    CompletableFuture<?> begin(ConsumerId member, Map<TopicIdPartition, Position> positions);

    /** Records where a member goes on now. @return completes once that is written */
    CompletableFuture<?> relocate(ConsumerId member, Map<TopicIdPartition, Relocation> relocations);

    /** Brings who owns what into line with the topics, and with what was let go. */
    void settle();

    /** A member is done with what it was given so far: nobody waits until that is written. */
    void commitRead(ConsumerId member, Map<TopicIdPartition, Position> read);

    /**
     * A member was not heard of for its session timeout.
     *
     * @param done what it is done with, to be committed with that
     */
    void expire(GroupMember member, Map<TopicIdPartition, Position> done);
}
