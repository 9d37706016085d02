package io.millrace.group.membership;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class OwnedConsumerTest {
    private static final ConsumerConfig STATIC = new ConsumerConfig(RecordForm.JSON, OffsetReset.LATEST, true,
            ConsumerConfig.DEFAULT.isolation(), 1, 30_000, 500, 45_000, "instance", null);

    private static Membership with(ConsumerConfig config) {
        return MembershipChanges.create(Membership.empty(0), "c", "t", config, 10, 0);
    }

    @Test
    void aConsumerIsUsedByWhoCreatedItOnly() {
        Membership group = with(ConsumerConfig.DEFAULT.ownedBy("alice"));

        assertThat(MembershipChanges.require(group, ConsumerId.of("c").askedBy("alice")).name()).isEqualTo("c");
        assertRefused(() -> MembershipChanges.require(group, ConsumerId.of("c").askedBy("bob")));
        assertRefused(() -> MembershipChanges.require(group, ConsumerId.of("c").askedBy("")));
        assertThat(MembershipChanges.require(group, ConsumerId.of("c")).name()).as("nobody asks who it is").isEqualTo("c");
    }

    @Test
    void oneThatNobodyOwnsIsUsedByAnybody() {
        assertThat(MembershipChanges.require(with(ConsumerConfig.DEFAULT), ConsumerId.of("c").askedBy("bob")).name()).isEqualTo("c");
    }

    @Test
    void nobodyTakesThePlaceOfSomebodyElsesStaticConsumer() {
        Membership group = with(STATIC.ownedBy("alice"));

        assertRefused(() -> MembershipChanges.create(group, "d", "u", STATIC.ownedBy("bob"), 10, 1));
        assertThat(MembershipChanges.create(group, "d", "u", STATIC.ownedBy("alice"), 10, 1).member("d")).isNotNull();
    }

    private static void assertRefused(ThrowingCallable call) {
        assertThatThrownBy(call).isInstanceOfSatisfying(BrokerException.class,
                refused -> assertThat(refused.kind()).isEqualTo(ErrorKind.NOT_PERMITTED));
    }
}
