package io.millrace.group;

import io.millrace.broker.fetch.FetchAllResult;
import io.millrace.coordinator.VerificationGuard;
import io.millrace.group.delivery.GivenRecords;
import io.millrace.group.delivery.PollRequest;
import io.millrace.group.delivery.Sessions;
import io.millrace.group.membership.ConsumerId;
import io.millrace.group.membership.OffsetReset;
import io.millrace.group.membership.Ownership;
import io.millrace.group.offsets.CommittedOffset;
import io.millrace.group.offsets.OffsetAndMetadata;
import io.millrace.group.offsets.PartitionEnds;
import io.millrace.group.offsets.Position;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.TopicIdPartition;
import io.millrace.metadata.TopicInfo;
import io.millrace.metadata.TopicPartition;
import io.millrace.replica.hosting.FetchPosition;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;

/** What members, and administrators, say about how far a group has come. */
final class OffsetRequests {
    private final Group group;
    private final GroupContext context;
    private final LedGroups led;
    private final GroupWriter writer;
    private final Sessions sessions;
    private final MemberRequests members;
    private final GivenRecords given;
    private final PartitionEnds ends;

    OffsetRequests(Group group, GroupContext context, LedGroups led, GroupWriter writer, Sessions sessions,
                   MemberRequests members, GivenRecords given) {
        this.group = group;
        this.context = context;
        this.led = led;
        this.writer = writer;
        this.sessions = sessions;
        this.members = members;
        this.given = given;
        this.ends = new PartitionEnds(context.log());
    }

    /** Commits what the consumer says. */
    CompletableFuture<GroupState> commit(ConsumerId id, Map<TopicPartition, OffsetAndMetadata> offsets, int memberEpoch) {
        offsets.values().forEach(OffsetAndMetadata::check);
        return members.active(id).thenCompose(member -> {
            TreeMap<TopicPartition, Long> said = new TreeMap<>();
            offsets.forEach((partition, offset) -> said.put(partition, member.config().commits().next(offset.offset())));
            SortedMap<TopicIdPartition, Position> meant = given.meant(member.id(), said, false);
            Set<TopicIdPartition> unproven = memberEpoch == Ownership.ANY_EPOCH ? given.unproven(member.id(), meant.keySet()) : Set.of();
            return within(given.beyond(member.id(), meant), meant).thenCompose(done -> writer.submit(before -> {
                GroupState next = GroupChanges.commit(before, member.id(), committed(meant, offsets), memberEpoch, group.topics());
                GroupChanges.requireBegun(before, member.id(), meant.keySet(), unproven);
                return next;
            })).whenComplete((now, failure) -> {
                if (failure == null) {
                    given.proven(member.id(), meant.keySet());
                }
            });
        });
    }

    private GroupState commit(GroupState before, ConsumerId id, Map<TopicIdPartition, Position> positions, int memberEpoch) {
        return GroupChanges.commit(before, id, positions, memberEpoch, group.topics(), context.clock().millis());
    }

    private TreeMap<TopicIdPartition, CommittedOffset> committed(Map<TopicIdPartition, Position> positions,
                                                                 Map<TopicPartition, OffsetAndMetadata> said) {
        long now = context.clock().millis();
        TreeMap<TopicIdPartition, CommittedOffset> offsets = new TreeMap<>();
        positions.forEach((partition, position) -> offsets.put(partition,
                new CommittedOffset(position, now, said.get(partition.partition()).metadata())));
        return offsets;
    }

    /** What is committed in these partitions, sorted, of topics that there are; null: in those that the consumer reads. */
    CompletableFuture<Map<TopicPartition, CommittedOffset>> committed(ConsumerId id, Collection<TopicPartition> asked) {
        return members.present(id).thenApply(member -> {
            TreeMap<TopicPartition, CommittedOffset> committed = new TreeMap<>();
            Map<String, TopicInfo> topics = group.topics();
            for (TopicPartition partition : asked == null ? member.reads() : asked) {
                TopicInfo topic = topics.get(partition.topic());
                CommittedOffset offset = topic == null ? null
                        : group.state().offsets().of(new TopicIdPartition(topic.id(), partition));
                if (offset != null) {
                    committed.put(partition, offset);
                }
            }
            return committed;
        });
    }

    /**
     * An offset beyond the end would be a mistake that hides all lag, and could not be taken back by a lower one. Only what is
     * beyond all that the consumer was given needs to be looked up.
     */
    private CompletableFuture<Void> within(Collection<TopicIdPartition> beyond, Map<TopicIdPartition, Position> positions) {
        return ends.resolve(beyond, new FetchPosition.Latest()).thenAccept(found ->
                found.forEach((partition, end) -> {
                    long offset = positions.get(partition).offset();
                    if (end.result() != null && offset > end.result().offset()) { // else its leader is away
                        throw new BrokerException(ErrorKind.OFFSET_OUT_OF_RANGE, "offset %d of %s is beyond the end, which is %d"
                                .formatted(offset, end.id(), end.result().offset()));
                    }
                }));
    }

    // ---- in transactions

    /** Commits what the consumer says when the transaction is committed. */
    CompletableFuture<GroupState> commitInTransaction(ConsumerId id, int memberEpoch, TransactionalProducer producer,
                                                      Map<TopicPartition, OffsetAndMetadata> offsets) {
        return members.active(id).thenCompose(member -> {
            if (member.config().autoCommit()) { // else a poll would commit what the transaction does not
                throw new BrokerException(ErrorKind.INVALID_CONSUMER, ("what consumer '%s' reads is committed automatically, with or"
                        + " without the transaction: nothing was committed; create the consumer with enable.auto.commit=false")
                        .formatted(id.name()));
            }
            TreeMap<TopicPartition, Long> said = new TreeMap<>();
            offsets.forEach((partition, offset) -> said.put(partition, offset.offset()));
            SortedMap<TopicIdPartition, Position> meant = given.meant(member.id(), said, false);
            Set<TopicIdPartition> unproven = memberEpoch == Ownership.ANY_EPOCH ? given.unproven(member.id(), meant.keySet()) : Set.of();
            return within(given.beyond(member.id(), meant), meant).thenCompose(done -> written(producer, meant, offsets, before -> {
                GroupState next = GroupChanges.commitInTransaction(before, group.id(), member.id(), meant, memberEpoch,
                        group.topics());
                GroupChanges.requireBegun(before, member.id(), meant.keySet(), unproven);
                return next;
            })).whenComplete((now, failure) -> {
                if (failure == null) {
                    given.proven(member.id(), meant.keySet());
                    given.done(member.id(), meant);
                }
            });
        });
    }

    /** As above, by somebody who reads without being a consumer of the group. */
    CompletableFuture<GroupState> commitInTransaction(TransactionalProducer producer,
                                                      Map<TopicPartition, OffsetAndMetadata> offsets) {
        Map<String, TopicInfo> topics = group.topics();
        TreeMap<TopicIdPartition, Position> meant = new TreeMap<>();
        offsets.forEach((partition, offset) -> meant.put(existing(partition, topics), Position.at(offset.offset())));
        return within(meant.keySet(), meant).thenCompose(done -> written(producer, meant, offsets, before ->
                GroupChanges.commitInTransaction(before, group.id(), meant.keySet(), group.topics())));
    }

    private static TopicIdPartition existing(TopicPartition partition, Map<String, TopicInfo> topics) {
        TopicInfo topic = topics.get(partition.topic());
        if (topic == null) {
            throw new BrokerException(ErrorKind.UNKNOWN_TOPIC, "there is no topic '" + partition.topic() + "'");
        } else if (partition.partition() >= topic.partitions()) {
            throw new BrokerException(ErrorKind.UNKNOWN_PARTITION, "topic '" + partition.topic() + "' has no partition "
                    + partition.partition());
        }
        return new TopicIdPartition(topic.id(), partition);
    }

    /** Has the transaction verified, and writes in it what is not refused by then. */
    private CompletableFuture<GroupState> written(TransactionalProducer producer, Map<TopicIdPartition, Position> positions,
                                                  Map<TopicPartition, OffsetAndMetadata> said, UnaryOperator<GroupState> change) {
        VerificationGuard guard = led.guard(producer);
        return verified(producer).thenCompose(done -> {
            return writer.submit(change, new OffsetsInTransaction(guard, committed(positions, said)));
        }).whenComplete((done, failure) -> guard.close());
    }

    private CompletableFuture<?> verified(TransactionalProducer producer) {
        try {
            return CompletableFuture.supplyAsync(() -> context.transactions().verify(producer.transactionalId(), producer.id(),
                    producer.epoch(), led.id()), context.workers()).thenCompose(verification -> verification);
        } catch (RuntimeException | OutOfMemoryError refused) { // no thread can be had
            return CompletableFuture.failedFuture(refused);
        }
    }

    /** Commits what the consumer was given. */
    CompletableFuture<GroupState> commitPolled(ConsumerId id, int memberEpoch, PollRequest.Source source) {
        return members.activeConfirmed(id, source).thenCompose(member -> {
            SortedMap<TopicIdPartition, Position> read = given.polled(member, source.received());
            return writer.submit(before -> commit(before, member.id(), read, memberEpoch));
        });
    }

    CompletableFuture<GroupState> seek(ConsumerId id, Map<TopicPartition, Long> offsets) {
        return members.present(id).thenCompose(member -> {
            offsets.keySet().forEach(partition -> Ownership.requireAssigned(member, partition));
            return moveTo(member.id(), given.meant(member.id(), offsets, true));
        });
    }

    /** @param to EARLIEST or LATEST */
    CompletableFuture<GroupState> seekTo(ConsumerId id, Collection<TopicPartition> partitions, OffsetReset to) {
        return members.present(id).thenCompose(member -> {
            partitions.forEach(partition -> Ownership.requireAssigned(member, partition));
            FetchPosition which = to == OffsetReset.EARLIEST ? new FetchPosition.Earliest() : new FetchPosition.Latest();
            return ends.resolve(group.state().membership().assigned(partitions), which, member.config().isolation())
                    .thenCompose(found -> moveTo(member.id(), resolved(found)));
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

    private CompletableFuture<GroupState> moveTo(ConsumerId id, Map<TopicIdPartition, Position> positions) {
        return writer.submit(before -> GroupChanges.seek(before, id, positions)).whenComplete((done, failure) -> {
            if (failure == null) {
                sessions.moved(id, positions);
            }
        });
    }

    /** Sets offsets from outside. */
    CompletableFuture<GroupState> reset(Map<TopicIdPartition, Position> positions) {
        return writer.submit(before -> GroupChanges.reset(before, group.id(), positions, group.topics(), context.clock().millis()));
    }
}
