package io.millrace.group;

import io.millrace.broker.fetch.FetchAllResult;
import io.millrace.group.delivery.GivenRecords;
import io.millrace.group.delivery.PollRequest;
import io.millrace.group.delivery.Sessions;
import io.millrace.group.membership.OffsetReset;
import io.millrace.group.membership.Ownership;
import io.millrace.group.offsets.PartitionEnds;
import io.millrace.group.offsets.Position;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.TopicIdPartition;
import io.millrace.metadata.TopicPartition;
import io.millrace.replica.hosting.FetchPosition;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;

/** What members, and administrators, say about how far a group has come. */
final class OffsetRequests {
    private final Group group;
    private final GroupContext context;
    private final GroupWriter writer;
    private final Sessions sessions;
    private final MemberRequests members;
    private final GivenRecords given;
    private final PartitionEnds ends;

    OffsetRequests(Group group, GroupContext context, GroupWriter writer, Sessions sessions, MemberRequests members,
                   GivenRecords given) {
        this.group = group;
        this.context = context;
        this.writer = writer;
        this.sessions = sessions;
        this.members = members;
        this.given = given;
        this.ends = new PartitionEnds(context.log());
    }

    /** Commits what the consumer says. */
    CompletableFuture<GroupState> commit(String name, Map<TopicPartition, Long> offsets, int memberEpoch) {
        return members.active(name).thenCompose(member -> {
            SortedMap<TopicIdPartition, Position> meant = given.meant(name, offsets, false);
            Set<TopicIdPartition> unproven = memberEpoch == Ownership.ANY_EPOCH ? given.unproven(name, meant.keySet()) : Set.of();
            return within(name, meant).thenCompose(done -> writer.submit(before -> {
                GroupState next = commit(before, name, meant, memberEpoch);
                GroupChanges.requireBegun(before, name, meant.keySet(), unproven);
                return next;
            })).whenComplete((now, failure) -> {
                if (failure == null) {
                    given.proven(name, meant.keySet());
                }
            });
        });
    }

    private GroupState commit(GroupState before, String name, Map<TopicIdPartition, Position> positions, int memberEpoch) {
        return GroupChanges.commit(before, name, positions, memberEpoch, group.topics(), context.clock().millis());
    }

    /**
     * An offset beyond the end would be a mistake that hides all lag, and could not be taken back by a lower one. Only what is
     * beyond all that the consumer was given needs to be looked up.
     */
    private CompletableFuture<Void> within(String name, Map<TopicIdPartition, Position> positions) {
        return ends.resolve(given.beyond(name, positions), new FetchPosition.Latest()).thenAccept(found ->
                found.forEach((partition, end) -> {
                    long offset = positions.get(partition).offset();
                    if (end.result() != null && offset > end.result().offset()) { // else its leader is away
                        throw new BrokerException(ErrorKind.OFFSET_OUT_OF_RANGE, "offset %d of %s is beyond the end, which is %d"
                                .formatted(offset, end.id(), end.result().offset()));
                    }
                }));
    }

    /** Commits what the consumer was given. */
    CompletableFuture<GroupState> commitPolled(String name, int memberEpoch, PollRequest.Source source) {
        return members.activeConfirmed(name, source).thenCompose(member -> {
            SortedMap<TopicIdPartition, Position> read = given.polled(member, source.received());
            return writer.submit(before -> commit(before, name, read, memberEpoch));
        });
    }

    CompletableFuture<GroupState> seek(String name, Map<TopicPartition, Long> offsets) {
        return members.present(name).thenCompose(member -> {
            offsets.keySet().forEach(partition -> Ownership.requireAssigned(member, partition));
            return moveTo(name, given.meant(name, offsets, true));
        });
    }

    /** @param to EARLIEST or LATEST */
    CompletableFuture<GroupState> seekTo(String name, Collection<TopicPartition> partitions, OffsetReset to) {
        return members.present(name).thenCompose(member -> {
            partitions.forEach(partition -> Ownership.requireAssigned(member, partition));
            FetchPosition which = to == OffsetReset.EARLIEST ? new FetchPosition.Earliest() : new FetchPosition.Latest();
            return ends.resolve(group.state().membership().assigned(partitions), which)
                    .thenCompose(found -> moveTo(name, resolved(found)));
        });
    }

    private static Map<TopicIdPartition, Position> resolved(SortedMap<TopicIdPartition, FetchAllResult.Part> found) {
        TreeMap<TopicIdPartition, Position> positions = new TreeMap<>();
        found.forEach((partition, part) -> {
            if (part.failure() != null) {
                throw part.failure();
            }
            positions.put(partition, Position.at(part.result().offset()));
        });
        return positions;
    }

    private CompletableFuture<GroupState> moveTo(String name, Map<TopicIdPartition, Position> positions) {
        return writer.submit(before -> GroupChanges.seek(before, name, positions)).whenComplete((done, failure) -> {
            if (failure == null) {
                sessions.moved(name, positions);
            }
        });
    }

    /** Sets offsets from outside. */
    CompletableFuture<GroupState> reset(Map<TopicIdPartition, Position> positions) {
        return writer.submit(before -> GroupChanges.reset(before, group.id(), positions, group.topics(), context.clock().millis()),
                context.options().maxBytes()).whenComplete((done, failure) -> {
                    if (failure == null) {
                        sessions.forgetAll();
                    }
                });
    }
}
