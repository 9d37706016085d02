package io.millrace.agreement.steward;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class SpellTest {
    private long nowMillis = 5_000;

    private Spell spell(long graceMillis) {
        return new Spell(() -> TimeUnit.MILLISECONDS.toNanos(nowMillis), graceMillis);
    }

    @Test
    void itIsCountedFromItsBeginningAndAnewAfterABreak() {
        Spell spell = spell(0);
        assertThat(spell.millis(false)).isZero();
        assertThat(spell.millis(true)).isZero();
        nowMillis += 20;
        assertThat(spell.millis(true)).isEqualTo(20);
        assertThat(spell.millis(false)).isZero();
        assertThat(spell.millis(true)).isZero();
        nowMillis += 30;
        assertThat(spell.millis(true)).isEqualTo(30);
        spell.end();
        assertThat(spell.millis(true)).isZero();
    }

    @Test
    void itsGraceDoesNotCount() {
        Spell spell = spell(1_000);
        spell.millis(true);
        nowMillis += 1_000;
        assertThat(spell.millis(true)).isZero();
        nowMillis += 1;
        assertThat(spell.millis(true)).isEqualTo(1);
    }
}
