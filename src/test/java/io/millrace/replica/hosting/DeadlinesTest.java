package io.millrace.replica.hosting;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.broker.ManualTimers;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class DeadlinesTest {
    private final ManualTimers timers = new ManualTimers();
    private final Deadlines deadlines = new Deadlines(timers, timers::nanoTime);
    private final List<String> expired = new ArrayList<>();

    private Deadlines.Deadline add(long delayMs, String name) {
        return deadlines.add(delayMs, () -> expired.add(name));
    }

    @Test
    void eachExpiresAtItsTimeInOrder() {
        add(50, "late");
        add(10, "early");
        add(10, "early too");

        timers.advanceMillis(9);
        assertThat(expired).isEmpty();
        timers.advanceMillis(1);
        assertThat(expired).containsExactly("early", "early too");
        timers.advanceMillis(1000);
        assertThat(expired).containsExactly("early", "early too", "late");
        assertThat(deadlines.size()).isZero();
    }

    @Test
    void whatWasRemovedDoesNotExpire() {
        Deadlines.Deadline first = add(10, "removed");
        add(20, "kept");
        deadlines.remove(first);

        timers.advanceMillis(1000);

        assertThat(expired).containsExactly("kept");
    }

    @Test
    void inAHurryAllExpireNowAndWhatComesLaterDoesNotWait() {
        add(1_000, "waits");
        add(3_600_000, "waits for long");
        deadlines.hurry();
        timers.advanceMillis(0);
        assertThat(expired).containsExactly("waits", "waits for long");

        add(3_600_000, "came later");
        timers.advanceMillis(10);
        assertThat(expired).containsExactly("waits", "waits for long", "came later");
        assertThat(deadlines.size()).isZero();
    }

    @Test
    void thousandsShareOneTimer() {
        for (int i = 0; i < 5000; i++) {
            deadlines.remove(add(1000 + i, "never"));
            add(1000 + i, "at last");
        }

        assertThat(timers.pending()).isEqualTo(1);
        assertThat(deadlines.size()).isEqualTo(5000);
    }

    @Test
    void oneThatFailsIsToldAgainAndKeepsNoOtherFromItsTime() {
        List<String> tried = new ArrayList<>();
        deadlines.add(10, () -> {
            tried.add("tried");
            if (tried.size() == 1) {
                throw new OutOfMemoryError("as the test wants it");
            }
        });
        add(10, "the other");

        timers.advanceMillis(10);
        assertThat(expired).containsExactly("the other");
        timers.advanceMillis(1000);
        assertThat(tried).hasSize(2);
        assertThat(deadlines.size()).isZero();
    }

    @Test
    void theLongestWaitDoesNotOverflow() {
        add(Long.MAX_VALUE, "in a year");
        add(5, "soon");

        timers.advanceMillis(5);

        assertThat(expired).containsExactly("soon");
    }
}
