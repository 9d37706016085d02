package io.millrace.transaction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.agreement.journal.FakeJournal;
import io.millrace.agreement.registers.FakeCp;
import io.millrace.agreement.registers.InMemoryRegisterStore;
import io.millrace.agreement.registers.Register;
import io.millrace.agreement.registers.RegisterStore;
import io.millrace.agreement.steward.TestStores;
import io.millrace.metadata.AgreementCalls;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class ProducerIdsTest {
    private final ExecutorService threads = Executors.newCachedThreadPool();

    @AfterEach
    void stop() {
        threads.shutdownNow();
    }

    /** Of a broker whose calls of the agreement run on the thread that asks. */
    private static ProducerIds of(RegisterStore registers) {
        return new ProducerIds(registers, new AgreementCalls(Runnable::run, 1, 1, 0));
    }

    private static String register(RegisterStore registers) {
        return registers.read(ProducerIds.REGISTER).orElseThrow().value();
    }

    @Test
    void idsFollowEachOtherAndABlockCostsOneChangeOfTheRegister() {
        InMemoryRegisterStore registers = new InMemoryRegisterStore();
        ProducerIds ids = of(registers);

        for (long id = 0; id < ProducerIds.BLOCK; id++) {
            assertThat(ids.next()).isEqualTo(id);
        }
        assertThat(registers.read(ProducerIds.REGISTER).orElseThrow().version()).isEqualTo(1);
        assertThat(register(registers)).isEqualTo("{\"nextProducerId\":1000}");
        assertThat(ids.next()).isEqualTo(ProducerIds.BLOCK);
        assertThat(register(registers)).isEqualTo("{\"nextProducerId\":2000}");
    }

    @Test
    void everyBrokerHasBlocksOfItsOwnAndOneThatStartsAgainTakesANewOne() {
        InMemoryRegisterStore registers = new InMemoryRegisterStore();
        ProducerIds one = of(registers);
        ProducerIds two = of(registers);

        assertThat(List.of(one.next(), two.next(), one.next(), two.next())).containsExactly(0L, 1000L, 1L, 1001L);
        assertThat(of(registers).next()).isEqualTo(2000);
    }

    @Test
    void aBrokerThatIsOvertakenByAnotherTakesTheNextBlock() {
        InMemoryRegisterStore registers = new InMemoryRegisterStore() {
            private final AtomicBoolean raced = new AtomicBoolean();

            @Override
            public Optional<Register> compareAndSet(String key, long expectedVersion, String value) {
                if (raced.compareAndSet(false, true)) {
                    assertThat(of(this).next()).isZero();
                }
                return super.compareAndSet(key, expectedVersion, value);
            }
        };

        assertThat(of(registers).next()).isEqualTo(1000);
    }

    @Test
    void withoutAnAgreementNoIdIsGivenButThoseOfTheBlock() {
        InMemoryRegisterStore registers = new InMemoryRegisterStore();
        ProducerIds ids = of(registers);
        assertThat(ids.next()).isZero();
        registers.setAvailable(false);

        for (long id = 1; id < ProducerIds.BLOCK; id++) {
            assertThat(ids.next()).isEqualTo(id);
        }
        assertThatThrownBy(ids::next).isInstanceOfSatisfying(BrokerException.class,
                e -> assertThat(e.kind()).isEqualTo(ErrorKind.UNAVAILABLE));
        registers.setAvailable(true);
        assertThat(ids.next()).isEqualTo(ProducerIds.BLOCK);
    }

    @Test
    void anIdThatNobodyWasGivenIsRefusedAndAnotherBrokersIsNot() {
        InMemoryRegisterStore registers = new InMemoryRegisterStore();
        ProducerIds one = of(registers);
        ProducerIds two = of(registers);
        one.requireGiven(one.next());
        refused(one, 1_000);
        long others = two.next();
        assertThat(others).isEqualTo(1_000);
        one.requireGiven(others);
        two.requireGiven(0);
        for (long never : new long[] {2_000, 1L << 40, Long.MAX_VALUE}) {
            refused(one, never);
            refused(two, never);
        }
        assertThat(register(registers)).as("asking takes no further block").isEqualTo("{\"nextProducerId\":2000}");
    }

    @Test
    void idsThatAreKnownNeedNoAgreement() {
        InMemoryRegisterStore registers = new InMemoryRegisterStore();
        ProducerIds ids = of(registers);
        ids.next();
        registers.setAvailable(false);

        ids.requireGiven(999);
        assertThatThrownBy(() -> ids.requireGiven(1_000)).isInstanceOfSatisfying(BrokerException.class,
                e -> assertThat(e.kind()).isEqualTo(ErrorKind.UNAVAILABLE));
    }

    @Test
    void noClientProducesWithAnIdOfTheClustersOwn() {
        InMemoryRegisterStore registers = new InMemoryRegisterStore();
        ProducerIds ids = of(registers);
        long internal = ids.nextInternal();
        assertThat(ids.nextInternal()).isEqualTo(internal + 1);
        registers.setAvailable(false);
        refused(ids, internal);
    }

    private static void refused(ProducerIds ids, long id) {
        assertThatThrownBy(() -> ids.requireGiven(id)).isInstanceOfSatisfying(BrokerException.class, e -> {
            assertThat(e.kind()).isEqualTo(ErrorKind.INVALID_RECORD);
            assertThat(e).hasMessageContaining("POST /producers");
        });
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void noIdIsGivenTwiceByBrokersWhoseAnswersAreLostAndThatStartAgain(long seed) {
        LossyRegisters registers = new LossyRegisters(seed);
        Set<Long> given = new HashSet<>();
        int refused = 0;
        for (int start = 0; start < 20; start++) {
            List<ProducerIds> brokers = List.of(of(registers), of(registers), of(registers));
            for (int i = 0; i < 3 * ProducerIds.BLOCK; i++) {
                try {
                    assertThat(given.add(brokers.get(i % 3).next())).isTrue();
                } catch (BrokerException unavailable) {
                    refused++;
                }
            }
        }
        assertThat(refused).isPositive();
        registers.calm();
        assertThat(given.add(of(registers).next())).isTrue();
    }

    @Test
    void threadsOfSeveralBrokersGetEachIdOnce() throws Exception {
        InMemoryRegisterStore registers = new InMemoryRegisterStore();
        Set<Long> given = ConcurrentHashMap.newKeySet();
        int each = 5_000;
        List<Callable<Void>> tasks = new ArrayList<>();
        for (int broker = 0; broker < 2; broker++) {
            ProducerIds ids = new ProducerIds(registers, new AgreementCalls(threads, 1, 1, 10_000));
            for (int thread = 0; thread < 4; thread++) {
                tasks.add(() -> {
                    for (int i = 0; i < each; i++) {
                        assertThat(given.add(ids.next())).isTrue();
                    }
                    return null;
                });
            }
        }

        for (Future<Void> done : threads.invokeAll(tasks, 50, TimeUnit.SECONDS)) {
            done.get();
        }

        assertThat(given).hasSize(8 * each);
        // 20 blocks for each of the two, and no block was taken that nobody needed
        assertThat(register(registers)).isEqualTo("{\"nextProducerId\":40000}");
    }

    @Test
    void afterARestoreFromTheJournalIdsGoOnBehindTheLastBlock() {
        FakeJournal journal = new FakeJournal();
        AtomicInteger changes = new AtomicInteger();
        FakeCp cp = new FakeCp();
        ProducerIds before = of(TestStores.active(cp, journal, () -> "a-" + changes.incrementAndGet()));
        assertThat(before.next()).isZero();

        // all servers were killed: what the agreement held is gone
        RegisterStore restored = TestStores.restored(new FakeCp(), journal, () -> "b-" + changes.incrementAndGet());

        assertThat(of(restored).next()).isEqualTo(1000);
    }

    @Test
    void aBlockThatIsNotInTheJournalIsNotGiven() {
        FakeJournal journal = new FakeJournal();
        AtomicInteger changes = new AtomicInteger();
        FakeCp cp = new FakeCp();
        ProducerIds ids = of(TestStores.active(cp, journal, () -> "a-" + changes.incrementAndGet()));
        journal.failing(() -> true);

        assertThatThrownBy(ids::next).isInstanceOf(BrokerException.class);
        assertThat(journal.states()).doesNotContainKey(ProducerIds.REGISTER);
        journal.failing(() -> false);
        assertThat(ids.next()).isEqualTo(1000);
    }

    @Test
    void aRegisterThatSomebodyElseWroteIsNotBuiltUpon() {
        InMemoryRegisterStore registers = new InMemoryRegisterStore();
        registers.compareAndSet(ProducerIds.REGISTER, RegisterStore.ABSENT, "{\"next\":\"1\"}");

        assertThatThrownBy(of(registers)::next).isInstanceOf(IllegalStateException.class).hasMessageContaining("producer-ids");
        assertThat(register(registers)).isEqualTo("{\"next\":\"1\"}");
    }
}
