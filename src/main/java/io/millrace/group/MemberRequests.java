package io.millrace.group;

import io.millrace.group.delivery.Arrivals;
import io.millrace.group.delivery.GivenRecords;
import io.millrace.group.delivery.PollRequest;
import io.millrace.group.delivery.Polled;
import io.millrace.group.delivery.Polls;
import io.millrace.group.delivery.Sessions;
import io.millrace.group.membership.ConsumerConfig;
import io.millrace.group.membership.ConsumerId;
import io.millrace.group.membership.GroupMember.Status;
import io.millrace.group.membership.GroupMember;
import io.millrace.group.membership.Membership;
import io.millrace.group.membership.MembershipChanges;
import io.millrace.group.membership.Subscription;
import io.millrace.group.offsets.Position;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.TopicIdPartition;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** What members of a group ask for, but for offsets: to come and go, to read, what to read. All fail with UNKNOWN_CONSUMER and FENCED_INSTANCE_ID. */
final class MemberRequests {
    private final Group group;
    private final GroupContext context;
    private final GroupWriter writer;
    private final Sessions sessions;
    private final Arrivals arrivals;
    private final Polls polls;
    private final GivenRecords given;

    MemberRequests(Group group, GroupContext context, GroupWriter writer, Sessions sessions, Arrivals arrivals, Polls polls,
                   GivenRecords given) {
        this.group = group;
        this.context = context;
        this.writer = writer;
        this.sessions = sessions;
        this.arrivals = arrivals;
        this.polls = polls;
        this.given = given;
    }

    /** @param token no other consumer has it */
    CompletableFuture<GroupState> create(String name, String token, ConsumerConfig config) {
        return writer.submit(before -> before
                .withMembership(MembershipChanges.create(before.membership(), name, token, config, context.options().maxSize(),
                        context.clock().millis()))
                .withKept(before.kept().without(name)));
    }

    CompletableFuture<GroupState> subscribe(ConsumerId id, Subscription wanted, PollRequest.Source source) {
        return confirmed(id, source).thenCompose(member -> {
            Map<TopicIdPartition, Position> read = given.toBeCommitted(member);
            return writer.submit(before -> {
                GroupState done = committing(before, member, read);
                return done.withMembership(MembershipChanges.subscribe(done.membership(), member.id(), wanted, group.topics()));
            });
        });
    }

    /** @return completes when it is gone */
    CompletableFuture<GroupState> leave(ConsumerId id, PollRequest.Source source) {
        return confirmed(id, source).thenCompose(member -> {
            Map<TopicIdPartition, Position> read = given.toBeCommitted(member);
            return writer.submit(before -> {
                MembershipChanges.require(before.membership(), member.id());
                GroupState done = committing(before, member, read);
                return done.withMembership(MembershipChanges.leave(done.membership(), id.name(), context.clock().millis()));
            });
        });
    }

    private GroupState committing(GroupState before, GroupMember member, Map<TopicIdPartition, Position> read) {
        return AutomaticCommits.commit(before, member.id(), read, group.topics(), context.clock().millis());
    }

    CompletableFuture<GroupState> remove(String name) {
        return writer.submit(before -> before.withMembership(MembershipChanges.remove(before.membership(), name)));
    }

    /** A member as it is, which is not heard of by that. */
    CompletableFuture<GroupMember> known(ConsumerId id) {
        try {
            sessions.requireOpen();
            return CompletableFuture.completedFuture(MembershipChanges.require(group.state().membership(), id));
        } catch (BrokerException unknown) {
            return CompletableFuture.failedFuture(unknown);
        }
    }

    /** A member, back in the group if it was dormant. It is heard of by that. */
    CompletableFuture<GroupMember> present(ConsumerId id) {
        return known(id).thenCompose(this::back);
    }

    private CompletableFuture<GroupMember> back(GroupMember member) {
        sessions.heardOf(member);
        if (member.status() == Status.ACTIVE) {
            return CompletableFuture.completedFuture(member);
        }
        return writer.submit(before -> {
            Membership back = MembershipChanges.rejoin(before.membership(), member.id(), context.clock().millis());
            return before.withMembership(back);
        }).thenApply(now -> MembershipChanges.require(now.membership(), member.id()));
    }

    /**
     * A member whose session goes on. It is heard of by that.
     *
     * @return fails also with FENCED when its session is over: a commit brings nobody back, because what it commits may have been
     *         set by others since
     */
    CompletableFuture<GroupMember> active(ConsumerId id) {
        GroupMember member = group.state().member(id.name());
        return member == null || member.status() != Status.DORMANT || !member.incarnation().is(id.incarnation()) ? present(id)
                : CompletableFuture.failedFuture(new BrokerException(ErrorKind.FENCED, ("consumer '%s' was not heard of for its"
                + " session timeout, so its session is over, and nothing was committed: poll, which brings it back, and commit"
                + " what is its own then").formatted(id.name())));
    }

    CompletableFuture<Polled> poll(ConsumerId id, PollRequest request) {
        return present(id).thenCompose(member -> polls.poll(member, request));
    }

    /** A member, when it is known whether the answer to its last poll arrived. */
    CompletableFuture<GroupMember> confirmed(ConsumerId id, PollRequest.Source source) {
        return present(id).thenCompose(member -> whenConfirmed(member, source));
    }

    /** As above, of one whose session goes on; fails as {@link #active}. */
    CompletableFuture<GroupMember> activeConfirmed(ConsumerId id, PollRequest.Source source) {
        return active(id).thenCompose(member -> whenConfirmed(member, source));
    }

    private CompletableFuture<GroupMember> whenConfirmed(GroupMember member, PollRequest.Source source) {
        return arrivals.confirmed(member.id(), source).thenApply(known -> member);
    }
}
