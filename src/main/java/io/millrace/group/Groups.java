package io.millrace.group;

import io.millrace.agreement.Member;
import io.millrace.broker.produce.TransactionVerifier;
import io.millrace.coordinator.CoordinatorStatus;
import io.millrace.group.delivery.PollRequest;
import io.millrace.group.delivery.Polled;
import io.millrace.group.membership.Assignors;
import io.millrace.group.membership.ConsumerConfig;
import io.millrace.group.membership.ConsumerId;
import io.millrace.group.membership.GroupMember;
import io.millrace.group.membership.GroupNames;
import io.millrace.group.membership.MembershipChanges;
import io.millrace.group.membership.OffsetReset;
import io.millrace.group.membership.Ownership;
import io.millrace.group.membership.Rebalance;
import io.millrace.group.membership.Subscription;
import io.millrace.group.offsets.CommittedOffset;
import io.millrace.group.offsets.GroupLag;
import io.millrace.group.offsets.Lags;
import io.millrace.group.offsets.OffsetAndMetadata;
import io.millrace.group.offsets.OffsetChange;
import io.millrace.group.offsets.OffsetResets;
import io.millrace.group.offsets.OffsetTarget;
import io.millrace.group.offsets.Position;
import io.millrace.log.Closing;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.TopicIdPartition;
import io.millrace.metadata.TopicPartition;
import io.millrace.record.EndTransactionMarker;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The consumer groups that this broker coordinates, behind one door. Thread-safe. Methods that return a future never throw
 * a {@link BrokerException}: the future fails with it. Besides what each names, all fail with NOT_COORDINATOR when another
 * broker coordinates the group, and UNAVAILABLE when registers cannot be written or another broker may coordinate it by now; and what a consumer asks for with
 * FENCED_INSTANCE_ID when another one took its name, or its place.
 */
public final class Groups implements AutoCloseable {
    /** Commits without this say nothing of the epoch in which they were read. */
    public static final int ANY_EPOCH = Ownership.ANY_EPOCH;

    private static final int FORGOTTEN_TRIES = 3;
    private final GroupContext context;
    private final Coordination coordination;
    private final Assignors assignors;
    private final FreshNames fresh;
    private final GroupTable groups = new GroupTable();
    private final CoordinatedGroups coordinated;
    private final GroupAdministration administration;
    private final GroupListing listing;
    private final OffsetResets resets;
    private final Lags lags;
    private final GroupUpkeep upkeep;
    private volatile TransactionVerifier transactions = Groups::notYet;
    private volatile boolean pollsEnded;

    private Groups(GroupOptions options, GroupParts parts) {
        this.coordination = parts.coordination();
        this.fresh = parts.fresh();
        this.assignors = Assignors.load();
        this.context = new GroupContext(parts.log(), coordination, parts.deliveries(),
                answered -> new Rebalance(assignors, options.defaultAssignor(), parts.assigning(), answered), options,
                parts.workers(), parts.timers(), parts.clock(), parts.nanoTime(), groups::remove,
                (id, producer, epoch, partition) -> transactions.verify(id, producer, epoch, partition));
        this.lags = new Lags(parts.log());
        this.resets = new OffsetResets(parts.log());
        this.administration = new GroupAdministration(context, lags);
        this.coordinated = new CoordinatedGroups(context, groups, new GroupRegisters(parts.registers()), parts::runtime);
        this.listing = new GroupListing(coordination, coordinated.runtime()::remotes, parts.peers(), this::listHere,
                parts.workers());
        this.upkeep = new GroupUpkeep(context, groups, coordinated);
    }

    /** @throws BrokerException INVALID_CONFIG when there is no such default assignor */
    public static Groups open(GroupOptions options, GroupParts parts) {
        return new Groups(options, parts);
    }

    /**
     * The broker that coordinates a group, when it is another one; empty: this one does.
     *
     * @throws BrokerException NOT_COORDINATOR when none does now; INVALID_CONSUMER when this cannot be a group's name
     */
    public Optional<Member> remoteCoordinator(String group) {
        return coordinated.runtime().remote(GroupNames.check("the group's name", group));
    }

    // ---- transactions

    private static CompletableFuture<?> notYet(String transactionalId, long producerId, short producerEpoch, TopicPartition id) {
        return CompletableFuture.failedFuture(new BrokerException(ErrorKind.UNAVAILABLE, "this broker is starting, and cannot ask"
                + " for transactions yet: try again in a moment"));
    }

    /** Until then offsets are committed in no transaction: UNAVAILABLE. */
    public void verifyTransactionsWith(TransactionVerifier verifier) {
        transactions = verifier;
    }

    /**
     * Commits offsets in a transaction: they are how far the group has come once that is committed. Until then whoever is given
     * one of these partitions anew is given no records of it (KIP-447), and the group's description shows what was committed.
     * The consumer itself is given what comes behind them, also where the transaction is aborted: then it seeks back.
     *
     * @param member      null: somebody who is no consumer, which is for a group in which none takes part
     * @param memberEpoch as for {@link #commit}; of no meaning without a member
     * @return completes when they are written, fails as {@link #commit} and the verification do, and with PRODUCER_FENCED when
     *         the transaction was ended meanwhile; INVALID_CONSUMER for a member with enable.auto.commit; GROUP_NOT_EMPTY,
     *         UNKNOWN_TOPIC, UNKNOWN_PARTITION and OVERLOADED without a member; INVALID_REQUEST when a text is too long;
     *         GROUP_TOO_LARGE when too many offsets of the group wait for the ends of transactions, OVERLOADED when those of all
     *         groups together do
     */
    public CompletableFuture<Void> commitInTransaction(String group, ConsumerId member, int memberEpoch,
                                       TransactionalProducer producer, Map<TopicPartition, OffsetAndMetadata> offsets) {
        return answer(group, of -> {
            offsets.values().forEach(OffsetAndMetadata::check);
            if (member != null) {
                return of.offsets().commitInTransaction(member, memberEpoch, producer, offsets).thenApply(done -> null);
            }
            GroupNames.checkNew("the group's name", group);
            requireRoom(of);
            return of.offsets().commitInTransaction(producer, offsets).thenApply(done -> null);
        });
    }

    /**
     * Ends a producer's transaction in a partition of the offsets topic.
     *
     * @param producerEpoch higher than the transaction's
     * @return completes when the marker, or a later one, is committed; fails with NOT_COORDINATOR when another broker leads the
     *         partition, and the others of {@link io.millrace.coordinator.CoordinatorRuntime}
     */
    public CompletableFuture<Void> endTransaction(int partition, long producerId, short producerEpoch,
                                                  EndTransactionMarker marker) {
        return coordinated.runtime().endTransaction(partition, producerId, producerEpoch, marker);
    }

    // ---- consumers

    /**
     * Creates a consumer instance.
     *
     * @param name null: one is made up
     * @return completes with its name and incarnation; fails with CONSUMER_EXISTS, INVALID_CONSUMER, OVERLOADED when the group is full
     */
    public CompletableFuture<ConsumerId> create(String group, String name, ConsumerConfig config) {
        return answer(group, of -> {
            GroupNames.checkNew("the group's name", group);
            requireRoom(of);
            String chosen = name == null ? fresh.consumers().get() : GroupNames.checkNew("name", name);
            if (config.assignor() != null && !assignors.names().contains(config.assignor())) {
                throw new BrokerException(ErrorKind.INVALID_CONSUMER, "there is no assignor '" + config.assignor()
                        + "', only " + String.join(", ", assignors.names()));
            }
            String token = fresh.incarnations().get();
            return of.members().create(chosen, token, config).thenApply(created -> new ConsumerId(chosen, token));
        });
    }

    private void requireRoom(Group group) {
        int most = context.options().maxGroups();
        if (group.state().isVacant() && groups.size() > most) {
            throw new BrokerException(ErrorKind.OVERLOADED, ("this broker coordinates %d groups, as many as it may"
                    + " (millrace.group.max.groups): delete groups that nobody needs any more, wait until their offsets expire"
                    + " (millrace.group.offsets.retention.ms), or raise that").formatted(most));
        }
    }

    /**
     * Says anew what a consumer wants to read; {@link Subscription.None}: nothing.
     *
     * @return fails with UNKNOWN_CONSUMER, ILLEGAL_SUBSCRIPTION; UNKNOWN_PARTITION for one that a topic does not have
     */
    public CompletableFuture<Void> subscribe(String group, ConsumerId id, Subscription wanted,
                                             PollRequest.Source source) {
        return answer(group, of -> of.members().subscribe(id, wanted, source).thenApply(done -> null));
    }

    /** Looks whether there is such a consumer, and does nothing to it. @return fails with UNKNOWN_CONSUMER */
    public CompletableFuture<Void> requireKnown(String group, ConsumerId id) {
        return answer(group, of -> of.members().known(id).thenApply(member -> null));
    }

    /** @return the consumer as it is; fails with UNKNOWN_CONSUMER. The consumer is heard of by that */
    public CompletableFuture<GroupMember> member(String group, ConsumerId id) {
        return look(group, of -> of.members().present(id));
    }

    /**
     * Records from where the consumer is. Holds no thread while it waits. A poll that comes while another one of the same
     * consumer waits answers that with nothing; one that comes while an answer is written waits for that, and goes on behind it.
     *
     * @return fails with UNKNOWN_CONSUMER, WRONG_FORMAT, NO_OFFSET, CORRUPT_LOG, LOG_DIRECTORY_OFFLINE; ILLEGAL_SUBSCRIPTION for
     *         one that said nothing of what it wants to read; FENCED for the next poll of a stream that another one ended
     */
    public CompletableFuture<Polled> poll(String group, ConsumerId id, PollRequest request) {
        return look(group, of -> of.members().poll(id, pollsEnded ? request.withoutWait() : request));
    }

    /** @return fails with UNKNOWN_CONSUMER, NOT_ASSIGNED; FENCED as for {@link #commit} */
    public CompletableFuture<Void> seek(String group, ConsumerId id, Map<TopicPartition, Long> offsets) {
        return answer(group, of -> of.offsets().seek(id, offsets).thenApply(done -> null));
    }

    /**
     * @param to EARLIEST or LATEST
     * @return fails with UNKNOWN_CONSUMER, NOT_ASSIGNED, NOT_LEADER
     */
    public CompletableFuture<Void> seekTo(String group, ConsumerId id, Collection<TopicPartition> partitions, OffsetReset to) {
        return answer(group, of -> of.offsets().seekTo(id, partitions, to).thenApply(done -> null));
    }

    /**
     * Commits offsets: of each partition, the one of the next record to read, or as {@link ConsumerConfig#commits} says.
     * @param epoch that the consumer read them in, or {@link #ANY_EPOCH}
     * @return fails with UNKNOWN_CONSUMER, OFFSET_OUT_OF_RANGE beyond the end of a partition; FENCED, also when a topic was
     *         deleted and created anew since the consumer was given records of it; INVALID_REQUEST when a text is too long
     */
    public CompletableFuture<Void> commit(String group, ConsumerId id, Map<TopicPartition, OffsetAndMetadata> offsets, int epoch) {
        return answer(group, of -> of.offsets().commit(id, offsets, epoch).thenApply(done -> null));
    }

    /** What is committed, sorted. @param in which partitions; null: those that the consumer reads. @return fails with UNKNOWN_CONSUMER */
    public CompletableFuture<Map<TopicPartition, CommittedOffset>> committed(String group, ConsumerId id, Collection<TopicPartition> in) {
        return look(group, of -> of.offsets().committed(id, in));
    }

    /** Commits all that the consumer was given so far. Else as {@link #commit}. */
    public CompletableFuture<Void> commitPolled(String group, ConsumerId id, int memberEpoch, PollRequest.Source source) {
        return answer(group, of -> of.offsets().commitPolled(id, memberEpoch, source).thenApply(done -> null));
    }

    /** Deletes a consumer; a static one may be back within its session timeout. @return fails with UNKNOWN_CONSUMER */
    public CompletableFuture<Void> leave(String group, ConsumerId id, PollRequest.Source source) {
        return answer(group, of -> of.members().leave(id, source).thenApply(done -> null));
    }

    // ---- administration

    /**
     * Every group of the cluster, sorted by id: asks the other brokers.
     *
     * @return fails with UNAVAILABLE while one that is up does not tell its own, and says which; with NOT_COORDINATOR while
     *         nobody coordinates some
     */
    public CompletableFuture<List<GroupSummary>> list() {
        try {
            checkOpen();
            return coordination.isInUse() ? listing.list() : CompletableFuture.completedFuture(List.of());
        } catch (BrokerException failure) {
            return CompletableFuture.failedFuture(failure);
        }
    }

    /** The groups that this broker coordinates, sorted by id. @return fails with COORDINATOR_LOADING */
    public CompletableFuture<List<GroupSummary>> listHere() {
        return coordination.isInUse() ? coordinated.list() : CompletableFuture.completedFuture(List.of());
    }

    /** @return fails with UNKNOWN_GROUP */
    public CompletableFuture<GroupDescription> describe(String group) {
        return look(group, of -> {
            requireKnown(of);
            return administration.describe(group, of.state());
        });
    }

    /**
     * Sets committed offsets while nobody takes part.
     *
     * @param topics     whose partitions are set, all of them
     * @param partitions further ones; neither: all in which the group has committed
     * @param dryRun     only says what would be done
     * @return what was set; fails with UNKNOWN_GROUP, GROUP_NOT_EMPTY, UNKNOWN_TOPIC, UNKNOWN_PARTITION, NOT_LEADER,
     *         UNKNOWN_TOPIC_ID when a topic is deleted meanwhile
     */
    public CompletableFuture<List<OffsetChange>> reset(String group, OffsetTarget target, Collection<String> topics,
                                                       Collection<TopicPartition> partitions, boolean dryRun) {
        return answer(group, of -> {
            requireKnown(of);
            MembershipChanges.requireEmpty(of.state().membership(), group);
            return resets.plan(of.state().offsets(), target, topics, partitions).thenCompose(changes -> {
                List<OffsetChange> told = List.copyOf(changes.values());
                TreeMap<TopicIdPartition, Position> offsets = new TreeMap<>();
                changes.forEach((partition, change) -> offsets.put(partition, Position.at(change.after())));
                return dryRun ? CompletableFuture.completedFuture(told) : of.offsets().reset(offsets).thenApply(done -> told);
            });
        });
    }

    /** @return fails with UNKNOWN_GROUP; GROUP_NOT_EMPTY, also while a transaction may yet commit offsets of the group */
    public CompletableFuture<Void> delete(String group) {
        return answer(group, of -> {
            requireKnown(of);
            return of.delete().thenApply(done -> null);
        });
    }

    /** Takes a consumer out of its group, as if its session were over for good. @return fails with UNKNOWN_CONSUMER */
    public CompletableFuture<Void> remove(String group, String name) {
        return answer(group, of -> of.members().remove(name).thenApply(done -> null));
    }

    private static void requireKnown(Group group) {
        if (group.state().isVacant()) {
            throw GroupAdministration.unknown(group.id());
        }
    }

    /** How far behind the groups are that this broker coordinates. */
    public CompletableFuture<List<GroupLag>> lags() {
        List<Group> mine = groups.loaded();
        return lags.of(mine.stream().collect(Collectors.toMap(Group::id, each -> each.state().offsets())));
    }

    /** What is not written is told only by who leads now: one that was halted must not answer from its old memory. */
    private <T> CompletableFuture<T> look(String id, Function<Group, CompletableFuture<T>> request) {
        return answer(id, group -> {
            group.requireLeading();
            return request.apply(group);
        });
    }

    private <T> CompletableFuture<T> answer(String id, Function<Group, CompletableFuture<T>> request) {
        try {
            checkOpen();
            GroupNames.check("the group's name", id);
            return answer(id, request, FORGOTTEN_TRIES);
        } catch (BrokerException failure) {
            return CompletableFuture.failedFuture(failure);
        }
    }

    /** @param tries how often, because groups that nobody made end with the request that asked for them, maybe this one too */
    private <T> CompletableFuture<T> answer(String id, Function<Group, CompletableFuture<T>> request, int tries) {
        return coordinated.group(id).thenCompose(group -> requested(group, request).handle((answer, failure) -> {
            if (group.endIfVacant() || failure != null && group.isForgotten(failure)) {
                groups.remove(group);
            }
            if (failure == null) {
                return CompletableFuture.completedFuture(answer);
            }
            return group.isForgotten(failure) && tries > 1 ? answer(id, request, tries - 1)
                    : CompletableFuture.<T>failedFuture(failure);
        }).thenCompose(outcome -> outcome));
    }

    private static <T> CompletableFuture<T> requested(Group group, Function<Group, CompletableFuture<T>> request) {
        try {
            return request.apply(group);
        } catch (RuntimeException refused) {
            return CompletableFuture.failedFuture(refused);
        }
    }

    // ---- the end

    private void checkOpen() {
        if (!coordinated.isOpen()) {
            throw new BrokerException(ErrorKind.NOT_COORDINATOR, "this broker is stopping: try another one, or again later");
        }
    }

    /** Answers the polls that wait with nothing, and lets none wait any more: this broker is about to stop. */
    public void endPolls() {
        pollsEnded = true;
        groups.loaded().forEach(Group::endPolls);
    }

    /**
     * Lets others go on where this broker is, which is about to give its leaderships up: polls are refused from now on.
     *
     * @return completes when that is written, or could not be
     */
    public CompletableFuture<Void> handOver() {
        return coordinated.handOver();
    }

    /** How the partitions of the offsets topic stand that this broker leads. */
    public List<CoordinatorStatus> coordinators() {
        return coordinated.status();
    }

    /** Answers the polls that wait. */
    @Override
    public void close() {
        coordinated.refuse();
        Closing.all(upkeep, coordinated);
    }
}
