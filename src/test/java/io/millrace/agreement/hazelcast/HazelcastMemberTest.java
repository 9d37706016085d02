package io.millrace.agreement.hazelcast;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.LifecycleEvent.LifecycleState;
import com.hazelcast.instance.impl.LifecycleServiceImpl;
import io.millrace.agreement.ClusterOptions;
import io.millrace.agreement.FreePorts;
import io.millrace.agreement.RegisterUnavailableException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HazelcastMemberTest {
    private static final String HOST = "127.0.0.1";

    @TempDir
    private Path temp;
    private final int port = FreePorts.choose(1).get(0);
    private final List<HazelcastInstance> begun = new ArrayList<>();

    private HazelcastMember member(Consumer<HazelcastInstance> started) {
        PlatformLoggers.use();
        ClusterOptions options = new ClusterOptions("test", 1, HOST, port, temp);
        return new HazelcastMember(options,
            () -> MemberConfig.singleMember(options, UUID.randomUUID().toString()), started);
    }

    @Test
    void aStartWhoseFirstQuestionWasLostIsTriedAgain() {
        try (HazelcastMember member = member(instance -> {
            begun.add(instance);
            if (begun.size() == 1) {
                throw new IllegalStateException("the answer was lost");
            }
        })) {
            member.start();

            assertThat(begun).hasSize(2);
            assertThat(begun.get(0).getLifecycleService().isRunning()).isFalse();
            assertThat(member.instance()).isSameAs(begun.get(1));
            assertThat(member.isSound()).isTrue();
        }
    }

    @Test
    void aStartThatFailsEachTimeSaysWhyAndLeavesNothingRunning() {
        try (HazelcastMember member = member(instance -> {
            begun.add(instance);
            throw new IllegalStateException("the answer was lost");
        })) {
            assertThatExceptionOfType(RegisterUnavailableException.class).isThrownBy(member::start)
                .withMessageContaining("does not start on " + HOST + " port " + port)
                .withMessageContaining("the answer was lost");

            assertThat(begun).hasSize(3)
                .allMatch(instance -> !instance.getLifecycleService().isRunning());
            assertThat(member.isRunning()).isFalse();
        }
    }

    @Test
    void aMemberThatBeginsToGoOverToAnotherClusterIsNotSoundAndItsReplacementIs() {
        try (HazelcastMember member = member(begun::add)) {
            member.start();
            LifecycleServiceImpl first = (LifecycleServiceImpl) begun.get(0).getLifecycleService();
            first.fireLifecycleEvent(LifecycleState.MERGING);
            assertThat(member.isRunning()).isTrue();
            assertThat(member.isSound()).isFalse();

            member.replace();
            first.fireLifecycleEvent(LifecycleState.MERGED);
            assertThat(member.isSound()).isTrue();
        }
    }

    /** Else the others may take the new one for the old one, whose connections they close. */
    @Test
    void aReplacementGivesTheOthersTimeToMissItsPredecessor() {
        PlatformLoggers.use();
        ClusterOptions options = new ClusterOptions("test", 1, HOST, port, temp);
        AtomicLong ended = new AtomicLong();
        AtomicLong rested = new AtomicLong();
        try (HazelcastMember member = new HazelcastMember(options, () -> {
            rested.set(System.nanoTime() - ended.get());
            return MemberConfig.singleMember(options, UUID.randomUUID().toString());
        }, instance -> instance.getLifecycleService().addLifecycleListener(event -> {
            if (event.getState() == LifecycleState.SHUTDOWN) {
                ended.set(System.nanoTime());
            }
        }))) {
            member.start();
            member.replace();

            assertThat(TimeUnit.NANOSECONDS.toMillis(rested.get())).isGreaterThanOrEqualTo(900);
            assertThat(member.isSound()).isTrue();
        }
    }

    @Test
    void aReplacementThatRestsIsGivenUpAtOnceWhenTheServerStops() throws Exception {
        try (HazelcastMember member = member(begun::add)) {
            member.start();
            CompletableFuture<Void> replaced = CompletableFuture.runAsync(member::replace);
            while (member.isRunning()) {
                Thread.onSpinWait();
            }
            long stopping = System.nanoTime();
            member.close();

            assertThat(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - stopping)).isLessThan(900);
            assertThat(replaced).failsWithin(Duration.ofSeconds(5));
            assertThat(begun).hasSize(1);
        }
    }
}
