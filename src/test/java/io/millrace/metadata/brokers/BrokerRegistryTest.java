package io.millrace.metadata.brokers;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.agreement.Member;
import io.millrace.agreement.Membership;
import io.millrace.agreement.registers.InMemoryRegisterStore;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class BrokerRegistryTest {
    private final InMemoryRegisterStore registers = new InMemoryRegisterStore();
    private final List<Member> inTouch = new ArrayList<>();

    private final class View implements Membership {
        private final Member self;

        private View(Member self) {
            this.self = self;
        }

        @Override
        public Member self() {
            return self;
        }

        @Override
        public List<Member> live() {
            return List.copyOf(inTouch);
        }

        @Override
        public AutoCloseable listen(Runnable changed) {
            return () -> { };
        }
    }

    private BrokerRegistry joined(int id, String session) {
        Member self = new Member(id, session, "http://" + id, null);
        inTouch.removeIf(member -> member.brokerId() == id);
        inTouch.add(self);
        BrokerRegistry registry = new BrokerRegistry(registers, new View(self));
        registry.arrive();
        return registry;
    }

    @Test
    void theOthersAreThoseThatAreReadyAndInTouchAndDoNotLeave() {
        BrokerRegistry third = joined(3, "a");
        third.enter();
        BrokerRegistry second = joined(2, "a");
        BrokerRegistry first = joined(1, "a");
        first.enter();
        assertThat(others(first)).as("2 is not ready").containsExactly(3);

        second.enter();
        assertThat(others(first)).containsExactly(2, 3);
        assertThat(others(second)).containsExactly(1, 3);

        third.leave();
        assertThat(others(first)).as("3 leaves").containsExactly(2);

        inTouch.removeIf(member -> member.brokerId() == 2);
        assertThat(others(first)).as("2 is gone").isEmpty();

        inTouch.add(new Member(2, "b", "http://2", null));
        assertThat(others(first)).as("2 is back and not ready").isEmpty();
    }

    private static List<Integer> others(BrokerRegistry registry) {
        registry.refresh();
        return registry.others().stream().map(Member::brokerId).toList();
    }
}
