package io.millrace.group.membership;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Whose request it is, of consumers that have had the same name. */
class IncarnationTest {
    @Test
    void aRequestThatNamesAnotherOneIsNotThisOnes() {
        Incarnation mine = new Incarnation("mine", true, null);
        assertThat(mine.is("mine")).isTrue();
        assertThat(mine.is("another")).isFalse();
    }

    @Test
    void aRequestThatNamesNoneIsThisOnesUnlessAnotherLostTheNameToIt() {
        assertThat(new Incarnation("mine", true, null).is(null)).isTrue();
        assertThat(new Incarnation("mine", false, null).is(null)).isFalse();
    }

    @Test
    void whereAServerOfAnEarlierVersionHasWrittenTheGroupItsConsumersGoOnWithTheTokensThatTheyHave() {
        assertThat(Incarnation.UNKNOWN.is("forgotten")).isTrue();
        assertThat(Incarnation.UNKNOWN.is(null)).isTrue();
    }
}
