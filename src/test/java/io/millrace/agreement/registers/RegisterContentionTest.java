package io.millrace.agreement.registers;

import static io.millrace.agreement.registers.RegisterStore.ABSENT;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.agreement.RegisterUnavailableException;
import io.millrace.agreement.journal.FakeJournal;
import io.millrace.agreement.registers.FakeCp.Fate;
import io.millrace.agreement.steward.TestStores;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Three members and their threads change the same few registers while answers get lost and disks fail. */
class RegisterContentionTest {
    private static final int MEMBERS = 3;
    private static final int THREADS = 2;
    private static final int CHANGES = 300;
    private static final List<String> KEYS = List.of("a", "b", "c");

    private final FakeCp cp = new FakeCp();
    /** Every version that anybody was told of, with what was told. */
    private final ConcurrentHashMap<String, String> told = new ConcurrentHashMap<>();

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void everyVersionIsOneValueAndEveryToldVersionIsInAJournal(long seed) throws Exception {
        Random dice = new Random(seed);
        cp.weather(name -> dice.nextInt(10) == 0 ? Fate.values()[dice.nextInt(Fate.values().length)] : Fate.ANSWERED);
        List<FakeJournal> journals = new ArrayList<>();
        List<Callable<Void>> work = new ArrayList<>();
        for (int member = 0; member < MEMBERS; member++) {
            FakeJournal journal = new FakeJournal();
            journals.add(journal);
            Random disk = new Random(seed * 31 + member);
            journal.failing(() -> disk.nextInt(20) == 0);
            String name = "m" + member;
            int[] count = {0};
            RegisterStore store = TestStores.active(cp, journal, () -> {
                synchronized (count) {
                    return name + "-" + count[0]++;
                }
            });
            for (int thread = 0; thread < THREADS; thread++) {
                Random choices = new Random(seed * 97 + member * THREADS + thread);
                work.add(() -> change(store, journal, choices, name));
            }
        }
        ExecutorService executor = Executors.newFixedThreadPool(work.size());
        try {
            for (Future<Void> done : executor.invokeAll(work)) {
                done.get();
            }
        } finally {
            executor.shutdown();
        }
        for (String key : KEYS) {
            long newestInCp = RegisterState.decode(cp.get("register/" + key)).version();
            long newestInJournals = journals.stream().map(journal -> journal.states().get(key))
                .mapToLong(state -> state == null ? 0 : state.version()).max().orElseThrow();
            assertThat(newestInJournals).isLessThanOrEqualTo(newestInCp);
        }
    }

    private Void change(RegisterStore store, FakeJournal journal, Random choices, String member) {
        for (int i = 0; i < CHANGES; i++) {
            String key = KEYS.get(choices.nextInt(KEYS.size()));
            try {
                Optional<Register> found = store.read(key);
                found.ifPresent(register -> tell(register, journal));
                long version = found.map(Register::version).orElse(ABSENT);
                if (choices.nextInt(10) == 0) {
                    store.compareAndDelete(key, version);
                } else {
                    String value = "\"" + member + choices.nextInt() + "\"";
                    Optional<Register> now = store.compareAndSet(key, version, value);
                    now.ifPresent(register -> {
                        assertThat(register.value()).isEqualTo(value);
                        tell(register, journal);
                    });
                }
            } catch (RegisterUnavailableException e) {
                assertThat(e).hasMessageMatching("(?s).*(answer lost|fake disk|not known).*");
            }
        }
        return null;
    }

    private void tell(Register register, FakeJournal journal) {
        assertThat(journal.states().get(register.key()).version()).isGreaterThanOrEqualTo(register.version());
        String before = told.putIfAbsent(register.key() + "@" + register.version(), register.value());
        assertThat(before).isIn(null, register.value());
    }
}
