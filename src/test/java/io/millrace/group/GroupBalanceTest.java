package io.millrace.group;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.group.membership.ConsumerId;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.TopicPartition;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A leadership is to be given back, and cannot be: the groups that were handed over for that go on here. */
class GroupBalanceTest {
    private static final TopicPartition FIRST = new TopicPartition("orders", 0);
    /** The second look at what is borrowed, and a hand-over. */
    private static final long GIVEN_BACK_MS = 70_000;

    private final GroupHarness harness = new GroupHarness();
    private final Logger logger = Logger.getLogger("io.millrace.group");
    private final List<LogRecord> lines = new ArrayList<>();
    private final Handler handler = new Handler() {
        @Override
        public void publish(LogRecord line) {
            lines.add(line);
        }

        @Override
        public void flush() {
            // nothing is kept back
        }

        @Override
        public void close() {
            // nothing is open
        }
    };

    @BeforeEach
    void consumer() {
        logger.addHandler(handler);
        logger.setUseParentHandlers(false);
        harness.log.create("orders", 1);
        harness.log.append(FIRST, 10);
        harness.create("a", GroupHarness.config(false, 600_000, null), "orders");
        harness.read("a", 10);
        harness.borrowed = true;
    }

    @AfterEach
    void speak() {
        logger.removeHandler(handler);
        logger.setUseParentHandlers(true);
    }

    private List<LogRecord> severe() {
        return lines.stream().filter(line -> line.getLevel() == Level.SEVERE).toList();
    }

    private void assertGoesOn() {
        harness.borrowed = false;
        harness.log.append(FIRST, 5);
        assertThat(harness.read("a", 5)).isEqualTo(5);
        harness.commit("a", Map.of(FIRST, 15L));
        assertThat(harness.committed()).containsEntry(FIRST, 15L);
    }

    @Test
    void whereTheRegistersAreAwayTheGroupsGoOnHereWhereTheyWere() {
        harness.givingBack = () -> {
            throw new BrokerException(ErrorKind.UNAVAILABLE, "for the test");
        };
        harness.pass(GIVEN_BACK_MS);
        assertThat(harness.kept("a")).as("handed over").containsEntry(FIRST, 10L);
        assertGoesOn();
        assertThat(severe()).isEmpty();
    }

    @Test
    void aFaultIsSaidWithItsCauseAndTheGroupsGoOnHere() {
        IllegalStateException fault = new IllegalStateException("for the test");
        harness.givingBack = () -> {
            throw fault;
        };
        harness.pass(GIVEN_BACK_MS);
        assertThat(severe()).isNotEmpty().allSatisfy(line -> assertThat(line.getThrown()).isSameAs(fault));
        assertGoesOn();
    }

    @Test
    void whereNothingCanBePutOffTheGroupsAreNotHandedOverAndTheNextOneGoesOnFromWhatIsCommitted() {
        harness.timersRefuse = true;
        harness.pass(GIVEN_BACK_MS);
        harness.timersRefuse = false;
        assertThat(harness.offsets.leader()).isEqualTo(2);
        assertThat(harness.kept("a")).isEmpty();
    }

    /**
     * What is written of a group after a coordinator has read it anew, that one does not know.
     *
     * @param steps of the simulation while the leadership is being given back
     */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 20, 30})
    void aGroupThatWasLetGoWritesNothingAnyMoreOnceItWasReadAnew(int steps) {
        List<CompletableFuture<ConsumerId>> late = new ArrayList<>();
        harness.givingBack = () -> {
            harness.offsetsRefuse = false;
            late.add(harness.groups.create(GroupHarness.GROUP, "late", GroupHarness.manual()));
            for (int i = 0; i < steps; i++) {
                harness.time.step(harness.time.nanoTime() + TimeUnit.SECONDS.toNanos(1));
            }
            harness.borrowed = false;
            throw new BrokerException(ErrorKind.UNAVAILABLE, "for the test");
        };
        harness.pass(29_000);
        harness.offsetsRefuse = true; // it is not known here what became of the hand-over, so that what is written next is read before
        while (late.isEmpty()) {
            harness.time.step(harness.time.nanoTime() + TimeUnit.SECONDS.toNanos(1));
        }
        harness.create("fresh", GroupHarness.manual());
        harness.pass(1_000);

        assertThat(late.get(0)).isDone();
        assertThat(harness.get(harness.groups.describe(GroupHarness.GROUP)).members()).extracting(GroupDescription.MemberState::name)
                .as("whom the coordinator knows").containsExactlyElementsOf(harness.state().membership().members().keySet());
        if (late.get(0).isCompletedExceptionally()) {
            assertThatThrownBy(() -> harness.get(late.get(0))).isInstanceOfSatisfying(BrokerException.class,
                    refused -> assertThat(refused.kind()).isEqualTo(ErrorKind.NOT_COORDINATOR));
        }
        assertThat(harness.state().membership().members().containsKey("late")).isEqualTo(!late.get(0).isCompletedExceptionally());
        assertThat(harness.state().membership().members()).containsKeys("a", "fresh");
    }
}
