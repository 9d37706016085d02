package io.millrace.agreement.steward;

import static org.assertj.core.api.Assertions.assertThat;

import com.hazelcast.cluster.Address;
import com.hazelcast.cp.CPMember;
import com.hazelcast.cp.internal.CPMemberInfo;
import java.net.InetAddress;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class CpRollTest {
    private static final Address SELF = address(5701);
    private static final Address SECOND = address(5702);
    private static final Address THIRD = address(5703);
    private static final Set<Address> BROKERS = Set.of(SELF, SECOND, THIRD);

    private static Address address(int port) {
        return new Address(InetAddress.getLoopbackAddress(), port);
    }

    private static CPMember at(Address address) {
        return new CPMemberInfo(UUID.randomUUID(), address);
    }

    /** What the steward does, when all brokers are in touch and the CP subsystem answers so. */
    private static StewardAction decide(CpRoll roll) {
        return Steward.decide(new StewardView(true, true, false, 3, 3, 3, 3, true, 0, 0, false, roll.includesSelf(),
            roll.isExpelled(), roll.brokers(BROKERS, SELF), false, 0, 0));
    }

    @Test
    void whoIsListedIsLeftAlone() {
        CPMember self = at(SELF);
        CpRoll roll = new CpRoll(List.of(self, at(SECOND), at(THIRD)), self);
        assertThat(roll.leftOver(SELF)).isEmpty();
        assertThat(roll.brokers(BROKERS, SELF)).isEqualTo(3);
        assertThat(decide(roll)).isEqualTo(StewardAction.NONE);
    }

    /**
     * A member merged into the cluster of the others, was promoted there, and was replaced: the new one has the address of
     * the CP member that the old one became, and nobody else can tell that this one is gone.
     */
    @Test
    void whatAReplacedMemberLeftOverGivesItsPlaceToTheNewOne() {
        CPMember ghost = at(SELF);
        CpRoll roll = new CpRoll(List.of(at(SECOND), at(THIRD), ghost), null);
        assertThat(roll.leftOver(SELF)).containsExactly(ghost.getUuid());
        assertThat(roll.brokers(BROKERS, SELF)).isEqualTo(2);
        assertThat(decide(roll)).isEqualTo(StewardAction.PROMOTE_SELF);
    }

    @Test
    void whoIsListedTakesPartOnceItIsInAllGroups() {
        CPMember self = at(SELF);
        CPMember second = at(SECOND);
        CPMember third = at(THIRD);
        CpRoll roll = new CpRoll(List.of(second, third, self), self);
        assertThat(roll.participants(SELF, List.of(List.of(second, self, third), List.of(second, third))))
            .containsExactlyInAnyOrder(SECOND, THIRD);
        assertThat(roll.participants(SELF, List.of(List.of(second, self), List.of(second, self, third))))
            .containsExactlyInAnyOrder(SELF, SECOND);
        assertThat(new CpRoll(roll.listed(), null).participants(SELF, List.of(roll.listed(), roll.listed())))
            .as("what is left over does not stand for it").containsExactlyInAnyOrder(SECOND, THIRD);
    }

    @Test
    void whatIsLeftOverAtTheAddressOfAMemberThatWasExpelledIsNotTakenForIt() {
        CpRoll roll = new CpRoll(List.of(at(SECOND), at(THIRD), at(SELF)), at(SELF));
        assertThat(roll.includesSelf()).isFalse();
        assertThat(decide(roll)).isEqualTo(StewardAction.REPLACE_MEMBER);
    }

    @Test
    void aMemberThatIsListedNoMoreIsReplacedInsteadOfPromotedInVain() {
        CpRoll roll = new CpRoll(List.of(at(SECOND), at(THIRD)), at(SELF));
        assertThat(roll.isExpelled()).isTrue();
        assertThat(decide(roll)).isEqualTo(StewardAction.REPLACE_MEMBER);
    }

    @Test
    void whoWasNeverACpMemberIsPromoted() {
        CpRoll roll = new CpRoll(List.of(at(SECOND), at(THIRD)), null);
        assertThat(roll.isExpelled()).isFalse();
        assertThat(decide(roll)).isEqualTo(StewardAction.PROMOTE_SELF);
    }

    @Test
    void membersThatAreNotInTouchAreNotCounted() {
        assertThat(new CpRoll(List.of(at(SECOND), at(THIRD)), null).brokers(Set.of(SELF, SECOND), SELF)).isEqualTo(1);
        assertThat(CpRoll.EMPTY.brokers(BROKERS, SELF)).isZero();
    }
}
