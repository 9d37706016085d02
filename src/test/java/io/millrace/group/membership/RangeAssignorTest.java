package io.millrace.group.membership;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.metadata.TopicPartition;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class RangeAssignorTest {
    private final Assignor range = new RangeAssignor();

    @Test
    void rangesAreContiguousAndTheFirstGetOneMore() {
        SampleGroup group = SampleGroup.empty().topic("a", 11).member("m1", null, "a").member("m2", null, "a")
                .member("m3", null, "a");

        assertThat(group.by(range)).isEqualTo(
                Map.of("m1", span("a", 0, 4), "m2", span("a", 4, 8), "m3", span("a", 8, 11)));
    }

    @Test
    void topicsAlikeAreCutAlike() {
        SampleGroup group = SampleGroup.empty().topic("orders", 3).topic("payments", 3).member("m1", null, "orders",
                "payments").member("m2", null, "orders", "payments");

        assertThat(group.by(range)).isEqualTo(Map.of(
                "m1", both(span("orders", 0, 2), span("payments", 0, 2)),
                "m2", both(span("orders", 2, 3), span("payments", 2, 3))));
    }

    @Test
    void onlyATopicsSubscribersShareIt() {
        SampleGroup group = SampleGroup.empty().topic("a", 3).topic("b", 4).member("m1", null, "a").member("m2", null,
                "a", "b").member("m3", null, "b");

        assertThat(group.by(range)).isEqualTo(Map.of("m1", span("a", 0, 2),
                "m2", both(span("a", 2, 3), span("b", 0, 2)), "m3", span("b", 2, 4)));
    }

    @Test
    void moreMembersThanPartitionsLeaveTheLastWithout() {
        SampleGroup group = SampleGroup.empty().topic("a", 1).member("m1", null, "a").member("m2", null, "a");

        assertThat(group.by(range)).isEqualTo(Map.of("m1", span("a", 0, 1), "m2", Set.of()));
    }

    @Test
    void thoseWithAnInstanceIdComeFirstInItsOrder() {
        SampleGroup group = SampleGroup.empty().topic("a", 4).member("m1", null, "a").member("m2", "y", "a")
                .member("m3", null, "a").member("m4", "x", "a");

        assertThat(group.by(range)).isEqualTo(Map.of("m4", span("a", 0, 1), "m2", span("a", 1, 2),
                "m1", span("a", 2, 3), "m3", span("a", 3, 4)));
    }

    @Test
    void anInstanceThatReturnsUnderAnotherMemberIdHasItsRangeAgain() {
        SampleGroup group = SampleGroup.empty().topic("a", 6).member("m1", "x", "a").member("m2", "y", "a");
        SampleGroup later = group.without("m1").member("m9", "x", "a");

        assertThat(later.by(range).get("m9")).isEqualTo(group.by(range).get("m1"));
    }

    private static Set<TopicPartition> span(String topic, int from, int to) {
        return IntStream.range(from, to).mapToObj(partition -> new TopicPartition(topic, partition))
                .collect(Collectors.toSet());
    }

    private static Set<TopicPartition> both(Set<TopicPartition> one, Set<TopicPartition> other) {
        return Stream.concat(one.stream(), other.stream()).collect(Collectors.toSet());
    }
}
