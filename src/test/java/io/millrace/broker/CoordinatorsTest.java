package io.millrace.broker;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.agreement.Member;
import io.millrace.broker.SimulatedCluster.PlantedBug;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.coordinators.CoordinatorStore;
import io.millrace.metadata.coordinators.Coordinators;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CoordinatorsTest {
    private static final Logger LOGGER = Logger.getLogger("io.millrace.broker");
    private static final List<String> KEYS = IntStream.range(0, 300).mapToObj(i -> "group-" + i).toList();

    private final SimulatedCluster cluster = new SimulatedCluster(11, 3, 1, PlantedBug.NONE);

    @BeforeAll
    static void quiet() {
        LOGGER.setLevel(Level.OFF);
    }

    @Test
    void oneBrokerAloneCoordinatesEverythingWithoutARegister(@TempDir Path root) {
        try (BrokerHarness harness = BrokerHarness.on(root)) {
            harness.timers.advanceMillis(30_000);
            Coordinators coordinators = harness.broker.coordinators();

            assertThat(KEYS).allMatch(coordinators::isHere);
            assertThat(coordinators.remote("orders")).isEmpty();
            assertThat(coordinators.isLive(1, "session")).isTrue();
            assertThat(coordinators.isLive(1, "an earlier session")).isFalse();
            assertThat(coordinators.isLive(2, "session")).isFalse();
            assertThat(harness.registers.read("coordinators")).isEmpty();
        }
    }

    @Test
    void keysFallIntoAllBucketsAndAlwaysIntoTheSame(@TempDir Path root) {
        try (BrokerHarness harness = BrokerHarness.on(root)) {
            Coordinators coordinators = harness.broker.coordinators();

            assertThat(coordinators.bucket("orders")).isEqualTo(coordinators.bucket("orders"));
            assertThat(IntStream.range(0, 2000).map(i -> coordinators.bucket("käse " + i)).distinct().sorted())
                    .containsExactlyElementsOf(IntStream.range(0, 64).boxed().toList());
        }
    }

    @Test
    void theBrokersAgreeAndEveryKeyIsCoordinatedByOne() {
        cluster.begin(Map.of());
        cluster.await("all know the coordinators", this::isAgreed);

        assertThat(coordinated()).containsExactly(1, 2, 3);
        Member self = cluster.server(2).self();
        assertThat(coordinators(1).isLive(2, self.session())).isTrue();
        assertThat(coordinators(2).self()).isEqualTo(self);
    }

    @Test
    void theBucketsOfABrokerThatGoesGetNewHomesAndItHasItsShareAgainAWhileAfterItCameBack() {
        cluster.begin(Map.of());
        cluster.await("all know the coordinators", this::isAgreed);
        AtomicInteger changes = new AtomicInteger();
        coordinators(1).listen(changes::incrementAndGet);
        Member gone = cluster.server(3).self();
        List<String> stayed = KEYS.stream().filter(key -> !coordinators(3).isHere(key)).toList();
        List<Integer> homes = stayed.stream().map(this::home).toList();

        cluster.server(3).crash();
        cluster.await("the others coordinate everything",
                () -> isAgreed() && coordinated().equals(new TreeSet<>(List.of(1, 2))));
        assertThat(changes).hasPositiveValue();
        assertThat(coordinators(1).isLive(3, gone.session())).isFalse();
        assertThat(stayed.stream().map(this::home)).as("what did not have to move").isEqualTo(homes);

        cluster.server(3).start();
        cluster.await("it has its share", () -> isAgreed() && coordinated().size() == 3);
        assertThat(coordinators(1).isLive(3, gone.session())).isFalse();
    }

    @Test
    void aBrokerThatMissedEveryDoorbellFindsOutWhenItIsAskedAboutOneWhoIsGone() {
        cluster.begin(Map.of());
        cluster.await("all know the coordinators", this::isAgreed);
        String key = KEYS.stream().filter(coordinators(3)::isHere).findFirst().orElseThrow();
        cluster.server(1).pause();
        cluster.server(3).crash();
        cluster.await("broker 2 coordinates it", () -> home(2, key) == 2);
        cluster.server(1).see(List.of(cluster.server(1).self(), cluster.server(2).self()));
        Failures.assertFails(ErrorKind.NOT_COORDINATOR, () -> coordinators(1).remote(key));

        cluster.server(1).resume();
        cluster.await("broker 1 has looked", () -> home(1, key) == 2);
    }

    @Test
    void withoutAnyoneToCoordinateItTheKindSaysSo() {
        cluster.begin(Map.of());
        cluster.await("all know the coordinators", this::isAgreed);
        String key = KEYS.stream().filter(coordinators(3)::isHere).findFirst().orElseThrow();
        String session = cluster.server(3).self().session();
        cluster.isolate(cluster.server(1));
        cluster.await("it is out of touch", () -> !coordinators(1).isLive(3, session));

        Failures.assertFails(ErrorKind.NOT_COORDINATOR, () -> coordinators(1).remote(key))
                .hasMessageContaining(key).hasMessageContaining("broker 3");
    }

    @Test
    void aControllerGivesUpWhereANewerOneHasWritten() {
        cluster.begin(Map.of());
        cluster.await("all know the coordinators", this::isAgreed);
        CoordinatorStore store = new CoordinatorStore(cluster.registers());
        CoordinatorStore.Stored before = store.read();
        assertThat(store.write(1_000, before.buckets(), before.version())).isTrue();
        cluster.server(3).crash();
        cluster.advance(20_000);

        assertThat(store.read().buckets()).isEqualTo(before.buckets());
        assertThat(store.read().controllerEpoch()).isEqualTo(1_000);
    }

    @Test
    void whoeverEndedItsListeningHearsNothing() throws Exception {
        cluster.begin(Map.of());
        AtomicInteger changes = new AtomicInteger();
        coordinators(1).listen(changes::incrementAndGet).close();
        cluster.server(3).crash();
        cluster.await("the others coordinate everything",
                () -> isAgreed() && coordinated().equals(new TreeSet<>(List.of(1, 2))));

        assertThat(changes).hasValue(0);
    }

    private Coordinators coordinators(int broker) {
        return cluster.server(broker).broker.coordinators();
    }

    private int home(String key) {
        return home(1, key);
    }

    /** As a broker sees it; -1: nowhere. */
    private int home(int asked, String key) {
        try {
            return coordinators(asked).remote(key).map(Member::brokerId).orElse(asked);
        } catch (BrokerException none) {
            return -1;
        }
    }

    /** Whether all that are up see every key in the same place, and that place sees it too. */
    private boolean isAgreed() {
        List<Integer> up = IntStream.rangeClosed(1, 3).filter(id -> cluster.server(id).isUp()).boxed().toList();
        return KEYS.stream().allMatch(key -> {
            int home = home(up.get(0), key);
            return up.contains(home) && up.stream().allMatch(id -> home(id, key) == home);
        });
    }

    private TreeSet<Integer> coordinated() {
        TreeSet<Integer> homes = new TreeSet<>();
        KEYS.forEach(key -> homes.add(home(key)));
        return homes;
    }
}
