package io.millrace.rest;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.group.GroupDescription.MemberState;
import io.millrace.group.GroupDescription.PartitionProgress;
import io.millrace.group.GroupDescription.State;
import io.millrace.group.GroupDescription;
import io.millrace.group.GroupSummary;
import io.millrace.group.membership.GroupMember.Status;
import io.millrace.group.membership.Subscription;
import io.millrace.group.offsets.OffsetChange;
import io.millrace.metadata.TopicPartition;
import io.millrace.rest.body.JsonBodies;
import io.millrace.rest.model.GroupDetails;
import io.millrace.rest.model.GroupEntry;
import io.millrace.rest.model.ResetOffsets;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** What operators are told of groups, as it goes out. */
class GroupModelsTest {
    private static final TopicPartition A0 = new TopicPartition("a", 0);
    private static final TopicPartition A1 = new TopicPartition("a", 1);

    private final JsonBodies json = new JsonBodies();

    private String written(Object value) {
        return new String(json.write(value), StandardCharsets.UTF_8);
    }

    private static SortedSet<TopicPartition> set(TopicPartition... partitions) {
        return new TreeSet<>(Arrays.asList(partitions));
    }

    private static GroupDescription group(List<MemberState> members, List<PartitionProgress> partitions) {
        return new GroupDescription("g", State.RECONCILING, 3, 7, "sticky", members, partitions);
    }

    private static MemberState member(Subscription subscription) {
        return new MemberState("c", null, Status.ACTIVE, 1, subscription, set(), set());
    }

    @Test
    void aListedGroupHasItsState() {
        assertThat(Arrays.stream(State.values()).map(state -> GroupEntry.of(new GroupSummary("g", state, 2)).state()))
                .containsExactly("empty", "reconciling", "stable");
        assertThat(written(List.of(GroupEntry.of(new GroupSummary("g", State.STABLE, 2)))))
                .isEqualTo("[{\"group\":\"g\",\"state\":\"stable\",\"members\":2}]");
    }

    @Test
    void aMemberHasATargetOnlyWhereItDiffers() {
        Subscription topics = new Subscription.Topics(new TreeSet<>(List.of("a")));
        GroupDetails details = GroupDetails.of(group(List.of(
                new MemberState("c1", "i1", Status.ACTIVE, 6, topics, set(A0, A1), set(A0)),
                new MemberState("c2", null, Status.DORMANT, 7, topics, set(), set())), List.of()));

        assertThat(written(details.members())).isEqualTo("[{\"name\":\"c1\",\"group_instance_id\":\"i1\","
                + "\"status\":\"active\",\"epoch\":6,"
                + "\"subscription\":{\"topics\":[\"a\"],\"topic_pattern\":null,\"partitions\":null},"
                + "\"partitions\":[{\"topic\":\"a\",\"partition\":0},{\"topic\":\"a\",\"partition\":1}],"
                + "\"target\":[{\"topic\":\"a\",\"partition\":0}]},"
                + "{\"name\":\"c2\",\"group_instance_id\":null,\"status\":\"dormant\",\"epoch\":7,"
                + "\"subscription\":{\"topics\":[\"a\"],\"topic_pattern\":null,\"partitions\":null},"
                + "\"partitions\":[],\"target\":null}]");
    }

    @Test
    void aSubscriptionIsTopicsOrAPatternOrPartitionsOrNothing() {
        List<GroupDetails.Subscription> shown = GroupDetails.of(group(List.of(
                member(new Subscription.Matching(Subscription.TopicPattern.of("a.*"))),
                member(new Subscription.Assigned(set(A1))), member(new Subscription.None())), List.of()))
                .members().stream().map(GroupDetails.Member::subscription).toList();

        assertThat(shown.stream().map(this::written)).containsExactly(
                "{\"topics\":null,\"topic_pattern\":\"a.*\",\"partitions\":null}",
                "{\"topics\":null,\"topic_pattern\":null,\"partitions\":[{\"topic\":\"a\",\"partition\":1}]}",
                "{\"topics\":null,\"topic_pattern\":null,\"partitions\":null}");
    }

    @Test
    void whatIsNotKnownIsNullAndTheSumIsOfTheRest() {
        GroupDetails details = GroupDetails.of(group(List.of(), List.of(
                new PartitionProgress(A0, "c1", 42L, 50L, 8L, 1200L),
                new PartitionProgress(A1, null, null, null, null, null),
                new PartitionProgress(new TopicPartition("b", 0), null, 1L, 3L, 2L, 0L))));

        assertThat(details.lag()).isEqualTo(10);
        assertThat(written(details)).startsWith("{\"group\":\"g\",\"state\":\"reconciling\","
                + "\"coordinator\":3,\"epoch\":7,"
                + "\"assignor\":\"sticky\",\"lag\":10,\"members\":[],\"partitions\":["
                + "{\"topic\":\"a\",\"partition\":0,\"owner\":\"c1\",\"committed_offset\":42,\"end_offset\":50,"
                + "\"lag\":8,\"oldest_unread_age_ms\":1200},"
                + "{\"topic\":\"a\",\"partition\":1,\"owner\":null,\"committed_offset\":null,\"end_offset\":null,"
                + "\"lag\":null,\"oldest_unread_age_ms\":null},");
    }

    @Test
    void aGroupOfWhichNothingIsKnownHasNoLagAndNoCoordinator() {
        GroupDetails details = GroupDetails.of(new GroupDescription("g", State.EMPTY, -1, 0, "sticky", List.of(),
                List.of(new PartitionProgress(A0, null, null, null, null, null))));

        assertThat(details.lag()).isNull();
        assertThat(details.coordinator()).isNull();
        assertThat(details.state()).isEqualTo("empty");
    }

    @Test
    void aResetTellsWhatWasBefore() {
        assertThat(written(ResetOffsets.of(true, List.of(new OffsetChange(A0, 42L, 0), new OffsetChange(A1, null, 5)))))
                .isEqualTo("{\"dry_run\":true,\"offsets\":["
                        + "{\"topic\":\"a\",\"partition\":0,\"before\":42,\"after\":0},"
                        + "{\"topic\":\"a\",\"partition\":1,\"before\":null,\"after\":5}]}");
    }
}
