package io.millrace.group;

import io.millrace.group.delivery.Arrivals;
import io.millrace.group.delivery.GivenRecords;
import io.millrace.group.delivery.PollRequest;
import io.millrace.group.delivery.Polled;
import io.millrace.group.delivery.Polls;
import io.millrace.group.delivery.Sessions;
import io.millrace.group.membership.ConsumerConfig;
import io.millrace.group.membership.GroupMember;
import io.millrace.group.membership.GroupMember.Status;
import io.millrace.group.membership.Membership;
import io.millrace.group.membership.MembershipChanges;
import io.millrace.group.membership.Subscription;
import io.millrace.group.offsets.Position;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.TopicIdPartition;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** What members of a group ask for, but for offsets: to come and go, to read, what to read. All fail with UNKNOWN_CONSUMER. */
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

    CompletableFuture<GroupState> create(String name, ConsumerConfig config) {
        return writer.submit(before -> before
                .withMembership(MembershipChanges.create(before.membership(), name, config, context.options().maxSize(),
                        context.clock().millis()))
                .withKept(before.kept().without(name)), context.options().maxBytes()).whenComplete((now, failure) -> {
                    if (failure == null) {
                        sessions.created(name, config);
                    }
                });
    }

    CompletableFuture<GroupState> subscribe(String name, Subscription wanted, PollRequest.Source source) {
        return confirmed(name, source).thenCompose(member -> {
            Map<TopicIdPartition, Position> read = given.toBeCommitted(name);
            return writer.submit(before -> {
                GroupState done = committing(before, name, read);
                return done.withMembership(MembershipChanges.subscribe(done.membership(), name, wanted, group.topics()));
            }, context.options().maxBytes());
        });
    }

    /** @return completes when it is gone */
    CompletableFuture<GroupState> leave(String name, PollRequest.Source source) {
        return confirmed(name, source).thenCompose(member -> {
            Map<TopicIdPartition, Position> read = given.toBeCommitted(name);
            return writer.submit(before -> {
                MembershipChanges.require(before.membership(), name);
                GroupState done = committing(before, name, read);
                return done.withMembership(MembershipChanges.leave(done.membership(), name, context.clock().millis()));
            });
        });
    }

    private GroupState committing(GroupState before, String name, Map<TopicIdPartition, Position> read) {
        return AutomaticCommits.commit(before, name, read, group.topics(), context.clock().millis());
    }

    CompletableFuture<GroupState> remove(String name) {
        return writer.submit(before -> before.withMembership(MembershipChanges.remove(before.membership(), name)));
    }

    /** A member, back in the group if it was dormant. It is heard of by that. */
    CompletableFuture<GroupMember> present(String name) {
        GroupMember member;
        try {
            sessions.requireOpen();
            member = MembershipChanges.require(group.state().membership(), name);
        } catch (BrokerException unknown) {
            return CompletableFuture.failedFuture(unknown);
        }
        sessions.heardOf(member);
        if (member.status() == Status.ACTIVE) {
            return CompletableFuture.completedFuture(member);
        }
        return writer.submit(before -> {
            Membership back = MembershipChanges.rejoin(before.membership(), name, context.clock().millis());
            return before.withMembership(back);
        }).thenApply(now -> MembershipChanges.require(now.membership(), name));
    }

    /**
     * A member whose session goes on. It is heard of by that.
     *
     * @return fails also with FENCED when its session is over: a commit brings nobody back, because what it commits may have been
     *         set by others since
     */
    CompletableFuture<GroupMember> active(String name) {
        GroupMember member = group.state().member(name);
        return member == null || member.status() != Status.DORMANT ? present(name)
                : CompletableFuture.failedFuture(new BrokerException(ErrorKind.FENCED, ("consumer '%s' was not heard of for its"
                + " session timeout, so its session is over, and nothing was committed: poll, which brings it back, and commit"
                + " what is its own then").formatted(name)));
    }

    CompletableFuture<Polled> poll(String name, PollRequest request) {
        return present(name).thenCompose(member -> polls.poll(member, request));
    }

    /** A member, when it is known whether the answer to its last poll arrived. */
    CompletableFuture<GroupMember> confirmed(String name, PollRequest.Source source) {
        return present(name).thenCompose(member -> whenConfirmed(member, source));
    }

    /** As above, of one whose session goes on; fails as {@link #active}. */
    CompletableFuture<GroupMember> activeConfirmed(String name, PollRequest.Source source) {
        return active(name).thenCompose(member -> whenConfirmed(member, source));
    }

    private CompletableFuture<GroupMember> whenConfirmed(GroupMember member, PollRequest.Source source) {
        return arrivals.confirmed(member.name(), source).thenApply(known -> member);
    }
}
