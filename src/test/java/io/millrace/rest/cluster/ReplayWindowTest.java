package io.millrace.rest.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReplayWindowTest {
    private final ReplayWindow window = new ReplayWindow();

    @Test
    void eachNumberIsTakenOnceInAnyOrder() {
        for (long number : new long[] {5, 1, 64, 63, 65, 2, 1000}) {
            assertThat(window.take(number)).as("%s", number).isTrue();
            assertThat(window.take(number)).as("%s again", number).isFalse();
        }
    }

    @Test
    void thereAreNoneBelowOne() {
        assertThat(window.take(0)).isFalse();
        assertThat(window.take(-1)).isFalse();
        assertThat(window.take(Long.MIN_VALUE)).isFalse();
        assertThat(window.take(1)).isTrue();
    }

    @Test
    void whatIsOlderThanTheWindowIsNotTaken() {
        assertThat(window.take(ReplayWindow.WIDTH + 10)).isTrue();
        assertThat(window.take(10)).isFalse();
        assertThat(window.take(11)).isTrue();
        assertThat(window.take(11)).isFalse();
    }

    @Test
    void aNumberFarAwayForgetsNoneThatItMustKnow() {
        assertThat(window.take(7)).isTrue();
        assertThat(window.take(1L << 40)).isTrue();
        assertThat(window.take(7)).isFalse();
        assertThat(window.take(1L << 40)).isFalse();
        assertThat(window.take((1L << 40) - ReplayWindow.WIDTH + 1)).isTrue();
        assertThat(window.take((1L << 40) - ReplayWindow.WIDTH)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void itIsAsASetThatForgetsNothing(long seed) {
        Random random = new Random(seed);
        Set<Long> taken = new HashSet<>();
        long highest = 0;
        for (int i = 0; i < 200_000; i++) {
            int kind = random.nextInt(1000);
            long number = highest + (kind == 0 ? random.nextInt(3 * ReplayWindow.WIDTH) : kind < 20 ? random.nextInt(300)
                    : kind < 500 ? random.nextInt(100) - 90 : -random.nextInt(ReplayWindow.WIDTH + 100));
            boolean expected = number >= 1 && number > highest - ReplayWindow.WIDTH && taken.add(number);
            assertThat(window.take(number)).as("%s after %s", number, highest).isEqualTo(expected);
            highest = Math.max(highest, expected ? number : 0);
        }
    }
}
