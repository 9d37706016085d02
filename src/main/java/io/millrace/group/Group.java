package io.millrace.group;

import io.millrace.group.delivery.Arrivals;
import io.millrace.group.delivery.GivenRecords;
import io.millrace.group.delivery.GroupLock;
import io.millrace.group.delivery.GroupSide;
import io.millrace.group.delivery.Polls;
import io.millrace.group.delivery.Releases;
import io.millrace.group.delivery.Relocation;
import io.millrace.group.delivery.Sessions;
import io.millrace.group.delivery.Standing;
import io.millrace.group.membership.ConsumerId;
import io.millrace.group.membership.GroupMember;
import io.millrace.group.membership.Membership;
import io.millrace.group.membership.MembershipChanges;
import io.millrace.group.membership.Rebalance;
import io.millrace.group.offsets.GroupOffsets;
import io.millrace.group.offsets.Position;
import io.millrace.metadata.BrokerErrors;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.ShownName;
import io.millrace.metadata.TopicIdPartition;
import io.millrace.metadata.TopicInfo;
import io.millrace.metadata.TopicPartition;
import java.lang.System.Logger.Level;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.UnaryOperator;

/**
 * A group at its coordinator. What must not be forgotten goes through {@link GroupWriter}, which gives it to the members'
 * sessions once it is written; those are guarded by the group's lock. What members ask for is in {@link MemberRequests} and
 * {@link OffsetRequests}.
 */
final class Group implements GroupWriter.Host, GroupSide {
    private static final System.Logger LOG = System.getLogger(Group.class.getName());
    /** How long a hand-over waits for answers that are on their way, in ms. */
    private static final long ANSWERS_MS = 1_000;

    private final String id;
    private final GroupContext context;
    private final LedGroups led;
    private final GroupWriter writer;
    private final Rebalance rebalance;
    private final Sessions sessions;
    private final Arrivals arrivals;
    private final MemberRequests members;
    private final OffsetRequests offsets;
    /** Whether somebody will look whether partitions can go on. */
    private final AtomicBoolean settling = new AtomicBoolean();
    private final BrokerException forgotten;
    /** Whether offsets of deleted topics are left, which were too many for the last write. */
    private volatile boolean unfinished;
    private volatile GroupState state;

    /** @param led in which it was read */
    Group(String id, GroupContext context, LedGroups led, GroupState read) {
        this.id = id;
        this.context = context;
        this.led = led;
        this.state = read;
        this.forgotten = new BrokerException(ErrorKind.NOT_COORDINATOR, "group '" + id + "' was just forgotten: try again");
        this.writer = new GroupWriter(id, led.ledger(id), read, context.workers(), this);
        this.rebalance = context.rebalances().apply(this::settle);
        this.sessions = new Sessions(id, new GroupLock(id), this, context.log(), context.nanoTime(), standing(read));
        this.arrivals = new Arrivals(id, sessions, context.deliveries(), context.coordination().self().brokerId(),
                context.coordination()::member);
        Polls polls = new Polls(sessions, arrivals, context.options().maxWaitMs(), led.polls()::incrementAndGet);
        GivenRecords given = new GivenRecords(sessions);
        this.members = new MemberRequests(this, context, writer, sessions, arrivals, polls, given);
        this.offsets = new OffsetRequests(this, context, led, writer, sessions, members, given);
    }

    private static Standing standing(GroupState state) {
        return new Standing(state.membership(), state.offsets(), state.kept(), state.pending(), state.resets());
    }

    String id() {
        return id;
    }

    /** The leadership in which it is here. */
    LedGroups led() {
        return led;
    }

    /** As it was last written. */
    GroupState state() {
        return state;
    }

    MemberRequests members() {
        return members;
    }

    OffsetRequests offsets() {
        return offsets;
    }

    Map<String, TopicInfo> topics() {
        return context.log().topics();
    }

    // ---- time

    /** Looks after sessions, polls and topics; often. */
    void tick() {
        sessions.tick();
        if (unfinished || writer.isOutdated()) {
            settle();
        }
    }

    @Override
    public void expire(GroupMember member, Map<TopicIdPartition, Position> done) {
        submitQuietly(before -> {
            GroupState read = AutomaticCommits.commit(before, member.id(), done, topics(), context.clock().millis());
            return read.withMembership(MembershipChanges.expire(read.membership(), member.id(), context.clock().millis()));
        });
    }

    /** Drops offsets and dormant members that nobody came back for; now and then. */
    void forget() {
        Membership now = state.membership();
        Set<String> used = new HashSet<>();
        state.pending().forEach(partition -> used.add(partition.topic()));
        now.members().values().stream().filter(GroupMember::takesPart).forEach(member -> {
            used.addAll(member.subscription().topics(topics().keySet()));
            member.owned().keySet().forEach(partition -> used.add(partition.topic()));
        });
        submitQuietly(before -> before
                .withMembership(MembershipChanges.withoutIdle(before.membership(), context.options().idleMs(),
                        context.clock().millis()))
                .withOffsets(before.offsets().withoutExpired(used, before.membership().emptySinceMs(),
                        context.options().offsetsRetentionMs(), context.clock().millis(), GroupOffsets.mostAtOnce(id))));
    }

    /** A transaction has ended in which an offset was to be committed. Returns at once. */
    void outdate(TopicPartition partition) {
        if (writer.outdate(partition)) {
            submitQuietly(before -> before);
        }
    }

    /** Looks whether partitions can go on to their next owners; one such look at a time. */
    @Override
    public void settle() {
        if (settling.compareAndSet(false, true)) {
            writer.submit(before -> {
                settling.set(false);
                return before;
            }).exceptionally(failure -> {
                settling.set(false);
                LOG.log(Level.DEBUG, "a step of the rebalance was not written, and is tried again", failure);
                return null;
            });
        }
    }

    // ---- what deliveries ask for

    @Override
    public void requireLeading() {
        led.requireLeading();
    }

    @Override
    public CompletableFuture<GroupState> begin(ConsumerId member, Map<TopicIdPartition, Position> positions) {
        return writer.submit(before -> GroupChanges.begin(before, member, positions, topics(), context.clock().millis()));
    }

    @Override
    public CompletableFuture<GroupState> relocate(ConsumerId member, Map<TopicIdPartition, Relocation> relocations) {
        return writer.submit(before -> GroupChanges.relocate(before, member, relocations, context.clock().millis()));
    }

    @Override
    public void commitRead(ConsumerId member, Map<TopicIdPartition, Position> read) {
        submitQuietly(before -> AutomaticCommits.commit(before, member, read, topics(), context.clock().millis()));
    }

    private void submitQuietly(UnaryOperator<GroupState> change) {
        writer.submit(change).exceptionally(failure -> {
            LOG.log(Level.DEBUG, "a change of group " + ShownName.of(id) + " that nobody waits for was not written", failure);
            return null;
        });
    }

    // ---- what the writer tells

    @Override
    public GroupState settle(GroupState before, GroupState changed) {
        Map<String, TopicInfo> topics = topics();
        Releases releases = new Releases(sessions, changed.offsets());
        Membership next = rebalance.step(changed.membership(), topics, releases::letGo);
        sessions.releasing(before.membership(), next);
        GroupOffsets committed = changed.offsets().committing(releases.commits(), context.clock().millis())
                .withoutDeleted(topics, !next.members().isEmpty(), GroupOffsets.mostAtOnce(id));
        GroupState settled = unsettled(before, changed.withMembership(next)).withOffsets(committed)
                .withoutDeletedPending(topics, GroupOffsets.mostAtOnce(id));
        unfinished = committed.areOfDeleted(topics) || settled.isPendingInDeleted(topics);
        return settled;
    }

    @Override
    public GroupState unsettled(GroupState before, GroupState changed) {
        boolean becameEmpty = changed.membership().isEmpty() && !before.membership().isEmpty();
        return becameEmpty ? changed.withMembership(changed.membership().emptySince(context.clock().millis())) : changed;
    }

    @Override
    public void written(GroupState now) {
        sessions.written(standing(now), context.workers());
        state = now; // whoever sees a member in it finds its session
    }

    @Override
    public void undecided() {
        sessions.undecided();
    }

    @Override
    public void idle() {
        if (endIfVacant()) {
            context.lost(this);
        }
    }

    @Override
    public void lost(BrokerException reason) {
        close(reason);
        context.lost(this);
    }

    // ---- requests of administrators

    CompletableFuture<GroupState> delete() {
        return writer.submit(before -> GroupChanges.delete(before, id))
                .thenCompose(now -> now.isVacant() ? CompletableFuture.completedFuture(now) : delete());
    }

    // ---- the end

    /**
     * Lets the group go to another coordinator, which goes on where this one was. From now on consumers are refused here.
     *
     * @return completes in any case
     */
    CompletableFuture<Void> handOver() {
        sessions.close(new BrokerException(ErrorKind.NOT_COORDINATOR, "group '" + id
                + "' goes to another coordinator: try again in a moment"));
        return answersKnown().thenCompose(done -> {
            Map<String, Arrivals.Read> read = arrivals.read();
            return writer.submit(before -> before.membership().members().isEmpty() ? before : GroupChanges.handOver(before, read));
        }).handle((done, failure) -> {
            if (failure != null) {
                notHandedOver(BrokerErrors.outcome(failure));
            }
            return null;
        });
    }

    /** @return completes when it is known which answers arrived, or that is not waited for any more */
    private CompletableFuture<Void> answersKnown() {
        CompletableFuture<Void> known = arrivals.settled();
        try {
            context.timers().schedule(() -> known.complete(null), ANSWERS_MS, TimeUnit.MILLISECONDS);
        } catch (RuntimeException refused) { // without an end it might be waited for ever
            return CompletableFuture.failedFuture(refused);
        }
        return known;
    }

    private void notHandedOver(Throwable failure) {
        String what = "group " + ShownName.of(id) + " could not be handed over, and is taken over";
        if (failure instanceof BrokerException) {
            LOG.log(Level.INFO, "{0}: {1}", what, failure.getMessage());
        } else {
            LOG.log(Level.ERROR, what, failure);
        }
    }

    /** Ends a group of which there is nothing to be kept, unless it is being changed. */
    boolean endIfVacant() {
        return state.isVacant() && writer.closeIfIdle(forgotten);
    }

    /** Whether that is what a request failed with. */
    boolean isForgotten(Throwable failure) {
        return BrokerErrors.outcome(failure) == forgotten;
    }

    /** Answers polls with nothing, so that their members ask whoever coordinates now; refuses the rest. */
    void close(BrokerException reason) {
        writer.close(reason);
        sessions.close(reason);
    }

    /** Answers polls with nothing. */
    void endPolls() {
        sessions.endPolls();
    }
}
