package io.millrace.agreement.steward;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SpellTest {
    @Test
    void itIsCountedFromItsBeginningAndAnewAfterABreak() throws InterruptedException {
        Spell spell = new Spell(0);
        assertThat(spell.millis(false)).isZero();
        spell.millis(true);
        Thread.sleep(20);
        assertThat(spell.millis(true)).isGreaterThanOrEqualTo(20);
        assertThat(spell.millis(false)).isZero();
        assertThat(spell.millis(true)).isZero();
        Thread.sleep(20);
        spell.end();
        assertThat(spell.millis(true)).isZero();
    }

    @Test
    void itsGraceDoesNotCount() throws InterruptedException {
        Spell spell = new Spell(60_000);
        spell.millis(true);
        Thread.sleep(5);
        assertThat(spell.millis(true)).isZero();
    }
}
