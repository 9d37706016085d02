package io.millrace.group.membership;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.group.membership.Subscription.TopicPattern;
import org.junit.jupiter.api.Test;

/** Which topics a pattern means. */
class TopicPatternTest {
    @Test
    void matchesWholeNamesAndNoTopicOfTheClustersOwn() {
        TopicPattern all = TopicPattern.of(".*");
        assertThat(all.matches("orders")).isTrue();
        assertThat(all.matches("_orders")).isTrue();
        assertThat(all.matches("__consumer_offsets")).isFalse();
        assertThat(TopicPattern.of("__consumer_offsets").matches("__consumer_offsets")).isFalse();
        assertThat(TopicPattern.of("order").matches("orders")).isFalse();
    }
}
