package io.millrace.agreement.hazelcast;

import static io.millrace.agreement.registers.RegisterStore.ABSENT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.hazelcast.core.Hazelcast;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.internal.namespace.impl.NodeEngineThreadLocalContext;
import io.millrace.agreement.ClusterOptions;
import io.millrace.agreement.RegisterUnavailableException;
import io.millrace.agreement.journal.FakeJournal;
import io.millrace.agreement.registers.CpOperations;
import io.millrace.agreement.registers.Register;
import io.millrace.agreement.registers.RegisterStore;
import io.millrace.agreement.steward.TestStores;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Registers over a real Hazelcast member on loopback. */
class HazelcastCpOperationsTest {
    private static HazelcastInstance hazelcast;

    private static HazelcastCpOperations cp;

    @BeforeAll
    static void startHazelcast() {
        hazelcast = Hazelcast.newHazelcastInstance(MemberConfig.singleMember(
            new ClusterOptions("test", 1, "localhost", 0, Path.of("unused")), UUID.randomUUID().toString()));
        cp = new HazelcastCpOperations(() -> hazelcast, Runnable::run, 5_000);
        cp.connectDoorbell(hazelcast);
    }

    @AfterAll
    static void stopHazelcast() {
        hazelcast.shutdown();
    }

    @Test
    void aTextIsSetOnlyIfItIsTheExpectedOne() {
        assertThat(cp.get("x")).isNull();
        assertThat(cp.compareAndSet("x", "a", "b")).isFalse();
        assertThat(cp.compareAndSet("x", null, "a")).isTrue();
        assertThat(cp.compareAndSet("x", null, "b")).isFalse();
        assertThat(cp.compareAndSet("x", "a", "b")).isTrue();
        assertThat(cp.get("x")).isEqualTo("b");
    }

    @Test
    void ofManyTextsEachIsSetIfItIsTheExpectedOne() {
        SortedMap<String, CpOperations.Swap> swaps = new TreeMap<>();
        IntStream.range(0, 200).forEach(i -> {
            cp.compareAndSet("many/" + i, null, i % 3 == 0 ? "other" : "a");
            swaps.put("many/" + i, new CpOperations.Swap("a", "b" + i));
        });

        CpOperations.Swapped swapped = cp.compareAndSetAll(swaps);

        assertThat(swapped.silence()).isNull();
        IntStream.range(0, 200).forEach(i -> {
            assertThat(swapped.set().contains("many/" + i)).isEqualTo(i % 3 != 0);
            assertThat(cp.get("many/" + i)).isEqualTo(i % 3 == 0 ? "other" : "b" + i);
        });
    }

    @Test
    void theCallingThreadIsLeftWithoutAReferenceToTheInstance() {
        List<Object> left = new ArrayList<>();

        OwnThread.run("caller", () -> {
            cp.get("left");
            cp.compareAndSet("left", null, "a");
            cp.getAll(List.of("left", "right"));
            cp.compareAndSetAll(new TreeMap<>(Map.of("left", new CpOperations.Swap("a", "b"))));
            cp.ring("left");
            left.add(NodeEngineThreadLocalContext.getNodeEngineThreadLocalContextOrNull());
        });

        assertThat(left).containsOnlyNulls();
    }

    @Test
    void namesMayHoldWhatHazelcastKeepsForItself() {
        List<String> names = List.of("a@b", "a", " a", "a@b@c", "@", "ä/%40");
        names.forEach(name -> assertThat(cp.compareAndSet(name, null, "of " + name)).isTrue());

        assertThat(cp.getAll(names)).hasSize(names.size())
            .allSatisfy((name, text) -> assertThat(text).isEqualTo("of " + name));
        assertThat(cp.getAll(List.of("@", "absent"))).isEqualTo(Map.of("@", "of @"));
    }

    @Test
    void theDoorbellRingsUntilTheSubscriptionIsClosed() throws Exception {
        BlockingQueue<String> rung = new ArrayBlockingQueue<>(10);
        AutoCloseable subscription = cp.listen(rung::add);
        cp.ring("k");
        assertThat(rung.poll(30, TimeUnit.SECONDS)).isEqualTo("k");
        subscription.close();
        BlockingQueue<String> others = new ArrayBlockingQueue<>(10);
        try (AutoCloseable other = cp.listen(others::add)) {
            cp.ring("l");
            assertThat(others.poll(30, TimeUnit.SECONDS)).isEqualTo("l");
        }
        assertThat(rung).isEmpty();
    }

    @Test
    void noChangeIsLostAmongThreadsThatCountTogether() throws Exception {
        int threads = 8;
        int changes = 100;
        AtomicInteger ids = new AtomicInteger();
        RegisterStore store = TestStores.active(cp, new FakeJournal(), () -> "t-" + ids.incrementAndGet());
        ExecutorService executor = Executors.newFixedThreadPool(threads);
        try {
            List<Callable<Void>> work = new ArrayList<>();
            for (int thread = 0; thread < threads; thread++) {
                Random choices = new Random(thread);
                work.add(() -> {
                    for (int i = 0; i < changes; i++) {
                        count(store, "counter/" + choices.nextInt(2));
                    }
                    return null;
                });
            }
            for (Future<Void> done : executor.invokeAll(work)) {
                done.get();
            }
        } finally {
            executor.shutdown();
        }
        Register first = store.read("counter/0").orElseThrow();
        Register second = store.read("counter/1").orElseThrow();
        assertThat(first.value()).isEqualTo(Long.toString(first.version()));
        assertThat(first.version() + second.version()).isEqualTo((long) threads * changes);
        assertThat(store.keys("counter/")).containsExactly("counter/0", "counter/1");
    }

    private static void count(RegisterStore store, String key) {
        Optional<Register> set;
        do {
            Optional<Register> found = store.read(key);
            long next = found.map(register -> Long.parseLong(register.value())).orElse(0L) + 1;
            set = store.compareAndSet(key, found.map(Register::version).orElse(ABSENT), Long.toString(next));
        } while (set.isEmpty());
    }

    @Test
    void aStoppedMemberIsUnavailableAndNotSilent() {
        HazelcastInstance stopped = Hazelcast.newHazelcastInstance(MemberConfig.singleMember(
            new ClusterOptions("test", 2, "127.0.0.1", 0, Path.of("unused")), UUID.randomUUID().toString()));
        CpOperations gone = new HazelcastCpOperations(() -> stopped, Runnable::run, 5_000);
        stopped.shutdown();

        assertThatExceptionOfType(RegisterUnavailableException.class).isThrownBy(() -> gone.get("x"));
        assertThatExceptionOfType(RegisterUnavailableException.class).isThrownBy(() -> gone.getAll(List.of("x")));
        assertThatExceptionOfType(RegisterUnavailableException.class)
            .isThrownBy(() -> gone.compareAndSet("x", null, "a"));
        CpOperations.Swapped swapped = gone.compareAndSetAll(new TreeMap<>(Map.of("x", new CpOperations.Swap(null, "a"),
            "y", new CpOperations.Swap(null, "a"))));
        assertThat(swapped.set()).isEmpty();
        assertThat(swapped.silence()).isNotNull();
        gone.ring("x");
    }
}
