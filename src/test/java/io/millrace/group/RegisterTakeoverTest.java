package io.millrace.group;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.agreement.registers.RegisterStore;
import io.millrace.group.membership.ConsumerId;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.TopicPartition;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Groups that an earlier version kept in registers go on in the log. */
class RegisterTakeoverTest {
    private static final TopicPartition FIRST = new TopicPartition("orders", 0);
    private static final TopicPartition SECOND = new TopicPartition("orders", 1);
    private static final String KEY = "group/" + GroupHarness.GROUP;

    private final GroupHarness harness = new GroupHarness();

    @BeforeEach
    void register() {
        harness.log.create("orders", 2);
        harness.log.append(FIRST, 20);
        harness.log.append(SECOND, 20);
        harness.registers.compareAndSet(KEY, RegisterStore.ABSENT, register(7, 9));
    }

    private String register(long first, long second) {
        return ("{'claimEpoch':3,'broker':2,'session':'s','released':false,'epoch':1,'assignor':'','inputs':'0','emptySince':5,"
                + "'topicIds':{},'members':[],'offsets':{'orders':{'topicId':'" + harness.log.topics().get("orders").id()
                + "','anew':false,'committed':[[0," + first + ",77,-1],[1," + second + ",78,4]]}}}").replace('\'', '"');
    }

    private void assertTakenOver() {
        assertThat(harness.committed()).isEqualTo(Map.of(FIRST, 7L, SECOND, 9L));
        assertThat(harness.registers.read(KEY)).isEmpty();
        assertThat(harness.registers.keys("group/")).isEmpty();
    }

    @Test
    void aGroupThatNobodyAsksForIsTakenOverWhenItsPartitionComesHere() {
        harness.restart();
        harness.pass(100);
        assertTakenOver();
    }

    @Test
    void whoAsksForItGoesOnWhereTheGroupWas() {
        harness.restart();
        harness.create("c", GroupHarness.manual(), "orders");
        assertThat(harness.read("c", 13 + 11)).isEqualTo(24);
        assertTakenOver();
        harness.commit("c", Map.of(FIRST, 20L));
        harness.restart();
        harness.pass(100);
        assertThat(harness.committed()).containsEntry(FIRST, 20L);
    }

    @Test
    void whatIsOnlyHalfDoneIsDoneAgain() {
        harness.restart();
        harness.pass(100);
        harness.registers.compareAndSet(KEY, RegisterStore.ABSENT, register(7, 9)); // as if it had been killed before it ended the register
        harness.restart();
        harness.pass(100);
        assertTakenOver();
    }

    @Test
    void aRegisterThatAServerOfAnEarlierVersionMadeAnewDoesNotOverwriteTheLog() {
        harness.restart();
        harness.create("c", GroupHarness.manual(), "orders");
        harness.read("c", 13 + 11);
        harness.commit("c", Map.of(FIRST, 20L));
        harness.registers.compareAndSet(KEY, RegisterStore.ABSENT, register(3, 3));
        harness.restart();
        harness.pass(100);
        assertThat(harness.committed()).containsEntry(FIRST, 20L);
        assertThat(harness.registers.read(KEY)).isEmpty();
    }

    // ---- a server of an earlier version goes on, and this one has looked already

    private static final String LATE = "late";

    private void writeLate(long first) {
        harness.registers.compareAndSet("group/" + LATE, RegisterStore.ABSENT, register(first, 9));
    }

    private long committedLate() {
        return harness.offsets.state().state(LATE, 0).offsets().byTopic().get("orders").byPartition().get(0).offset();
    }

    @Test
    void aGroupThatIsInARegisterOnlySinceIsTakenOverByWhoAsksForIt() {
        harness.restart();
        harness.pass(100);
        writeLate(7);
        harness.get(harness.groups.create(LATE, "c", GroupHarness.manual()));
        assertThat(committedLate()).isEqualTo(7);
        assertThat(harness.registers.keys("group/")).isEmpty();
    }

    @Test
    void oneThatNobodyAsksForIsTakenOverAfterAWhile() {
        harness.restart();
        harness.pass(100);
        writeLate(7);
        harness.pass(60_000);
        assertThat(committedLate()).isEqualTo(7);
        assertThat(harness.registers.keys("group/")).isEmpty();
    }

    @Test
    void aRegisterThatIsWrittenWhenTheLogHasTheGroupEndsWithTheNextLeadership() {
        harness.restart();
        harness.pass(100);
        writeLate(7);
        harness.get(harness.groups.create(LATE, "c", GroupHarness.manual()));
        writeLate(3);
        harness.pass(60_000);
        harness.moveAway();
        harness.pass(2_000);
        harness.comeBack();
        harness.pass(100);
        assertThat(committedLate()).isEqualTo(7);
        assertThat(harness.registers.keys("group/")).isEmpty();
    }

    @Test
    void whatIsInTheLogGoesOnWhileNobodyCanLookAgain() {
        harness.restart();
        harness.create("c", GroupHarness.config(false, 600_000, null), "orders");
        harness.registers.setAvailable(false);
        harness.pass(60_000);
        harness.moveAway();
        harness.pass(2_000);
        harness.comeBack();
        harness.commit("c", Map.of(FIRST, 20L));
        assertThat(harness.committed()).containsEntry(FIRST, 20L);
        assertThatThrownBy(() -> harness.get(harness.groups.create("new", "c", GroupHarness.manual())))
                .isInstanceOfSatisfying(BrokerException.class, refused -> assertThat(refused.kind()).isEqualTo(ErrorKind.UNAVAILABLE));
    }

    @Test
    void untilTheLogHasItTheRegisterStays() {
        harness.offsetsRefuse = true;
        harness.restart();
        harness.pass(1_000);
        assertThat(harness.registers.read(KEY)).isPresent();
        assertThatThrownBy(() -> harness.create("c", GroupHarness.manual())).isInstanceOfSatisfying(BrokerException.class,
                refused -> assertThat(refused.kind()).isEqualTo(ErrorKind.NOT_ENOUGH_REPLICAS));
        harness.offsetsRefuse = false;
        harness.create("c", GroupHarness.manual());
        assertTakenOver();
    }

    @Test
    void whileItIsNotKnownWhetherThereIsARegisterTheGroupIsNotServed() {
        harness.registers.setAvailable(false);
        harness.restart();
        harness.pass(1_000);
        assertThatThrownBy(() -> harness.create("c", GroupHarness.manual())).isInstanceOfSatisfying(BrokerException.class,
                refused -> assertThat(refused.kind()).isEqualTo(ErrorKind.UNAVAILABLE));
        harness.registers.setAvailable(true);
        assertThat(harness.get(harness.groups.create(GroupHarness.GROUP, "c", GroupHarness.manual()))).extracting(ConsumerId::name)
                .isEqualTo("c");
        assertTakenOver();
    }

    @Test
    void aRegisterThatCannotBeReadIsLeftAndSaid() {
        harness.registers.compareAndSet(KEY, harness.registers.read(KEY).orElseThrow().version(), "nonsense");
        harness.restart();
        assertThatThrownBy(() -> harness.create("c", GroupHarness.manual())).hasMessageContaining("not a group's register");
        assertThat(harness.registers.read(KEY)).isPresent();
        assertThat(harness.get(harness.groups.create("another", "c", GroupHarness.manual()))).isNotNull();
    }
}
