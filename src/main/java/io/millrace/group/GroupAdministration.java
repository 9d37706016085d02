package io.millrace.group;

import io.millrace.group.GroupDescription.MemberState;
import io.millrace.group.GroupDescription.PartitionProgress;
import io.millrace.group.GroupDescription.State;
import io.millrace.group.membership.GroupMember;
import io.millrace.group.membership.Membership;
import io.millrace.group.offsets.Lags;
import io.millrace.group.offsets.PartitionEnds;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.TopicIdPartition;
import io.millrace.metadata.TopicPartition;
import io.millrace.replica.hosting.FetchResult;
import java.util.List;
import java.util.OptionalLong;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;

/** What operators are told of groups. Reads the log; changes nothing. */
final class GroupAdministration {
    private final GroupContext context;
    private final PartitionEnds ends;
    private final Lags lags;

    GroupAdministration(GroupContext context, Lags lags) {
        this.context = context;
        this.ends = new PartitionEnds(context.log());
        this.lags = lags;
    }

    static BrokerException unknown(String group) {
        return new BrokerException(ErrorKind.UNKNOWN_GROUP, "there is no group '" + group + "'");
    }

    static GroupSummary summary(String id, Membership group) {
        return new GroupSummary(id, state(group), (int) group.members().values().stream().filter(GroupMember::takesPart).count());
    }

    private static State state(Membership group) {
        boolean moving = group.members().values().stream()
                .anyMatch(member -> !member.owned().keySet().equals(member.target()));
        return group.isEmpty() ? State.EMPTY : moving ? State.RECONCILING : State.STABLE;
    }

    CompletableFuture<GroupDescription> describe(String id, GroupState group) {
        Membership membership = group.membership();
        TreeMap<TopicIdPartition, String> owners = new TreeMap<>();
        SortedSet<TopicIdPartition> all = new TreeSet<>(group.offsets().in(context.log().topics()).keySet());
        membership.members().values().forEach(member -> {
            all.addAll(membership.assigned(member.target()));
            membership.assigned(member.owned().keySet()).forEach(partition -> owners.put(partition, member.name()));
        });
        all.addAll(owners.keySet());
        return ends.known(all).thenCompose(found -> lags.oldestUnread(group.offsets(), found).thenApply(oldest -> {
            List<PartitionProgress> partitions = all.stream().map(each -> progress(each.partition(), owners.get(each),
                    group.offsets().committed(each), found.get(each), oldest.get(each))).toList();
            List<MemberState> members = membership.members().values().stream().map(member -> new MemberState(member.name(),
                    member.config().instanceId(), member.status(), member.epoch(), member.subscription(),
                    new TreeSet<>(member.owned().keySet()), member.target())).toList();
            return new GroupDescription(id, state(membership), context.coordination().self().brokerId(), membership.epoch(),
                    membership.assignor(), members, partitions);
        }));
    }

    private PartitionProgress progress(TopicPartition id, String owner, OptionalLong committed, FetchResult end,
                                       Long oldestTimestamp) {
        Long offset = committed.isPresent() ? committed.getAsLong() : null;
        Long endOffset = end == null ? null : end.offset();
        Long lag = offset == null || endOffset == null ? null : Lags.lag(offset, end);
        Long age = lag == null ? null : lag == 0 ? Long.valueOf(0)
                : oldestTimestamp == null ? null : Long.valueOf(Math.max(0, context.clock().millis() - oldestTimestamp));
        return new PartitionProgress(id, owner, offset, endOffset, lag, age);
    }
}
