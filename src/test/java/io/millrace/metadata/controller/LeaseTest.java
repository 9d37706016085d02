package io.millrace.metadata.controller;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.millrace.agreement.RegisterUnavailableException;
import io.millrace.agreement.registers.InMemoryRegisterStore;
import io.millrace.agreement.registers.Register;
import io.millrace.agreement.registers.RegisterStore;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.BrokerObserver;
import io.millrace.metadata.Lease;
import io.millrace.metadata.registers.TopicStore;
import io.millrace.metadata.topics.TopicCatalog;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class LeaseTest {
    private static final long NANOS = 1_000;

    private long now = 5;
    private final Lease lease = new Lease(NANOS, () -> now);

    @Test
    void anAnswerIsGoodForTheTimeSinceItWasAskedFor() {
        assertThat(lease.holds()).isFalse();
        lease.renew(now);
        now += NANOS - 1;
        assertThat(lease.holds()).isTrue();
        now++;
        assertThat(lease.holds()).isFalse();
    }

    @Test
    void aLeaseIsNotRenewedBeforeEachTopicWasReadAgain() {
        InMemoryRegisterStore answering = new InMemoryRegisterStore() {
            @Override
            public synchronized Optional<Register> read(String key) {
                if (key.startsWith("topic/")) {
                    throw new RegisterUnavailableException("no majority just now", null);
                }
                return super.read(key);
            }
        };
        answering.compareAndSet("topic/orders", RegisterStore.ABSENT, "{}");
        TopicStore store = new TopicStore(answering, 64);
        TopicCatalog catalog = new TopicCatalog(store, null, null, null, Map.of(), BrokerObserver.NONE);
        Controller controller = new Controller(answering, null, store, null, null, catalog, lease, () -> now, 0);

        assertThatExceptionOfType(BrokerException.class).isThrownBy(controller::run).withMessageContaining("lease");
        assertThat(lease.holds()).isFalse();
    }

    @Test
    void aReadThatTheMajorityDoesNotStandBehindRenewsNothing() {
        InMemoryRegisterStore answering = new InMemoryRegisterStore() {
            @Override
            public void confirm() {
                throw new RegisterUnavailableException("the journals have promised a later incarnation", null);
            }
        };
        Controller controller = new Controller(answering, null, new TopicStore(answering, 64), null, null, null, lease,
                () -> now, 0);

        assertThatExceptionOfType(RegisterUnavailableException.class).isThrownBy(controller::run);
        assertThat(lease.holds()).isFalse();
    }
}
