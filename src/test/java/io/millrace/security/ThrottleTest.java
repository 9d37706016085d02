package io.millrace.security;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.security.Throttle.Traffic;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ThrottleTest {
    private static final long SECOND = 1_000_000_000L;

    private long now;
    private final Throttle throttle = new Throttle(3, () -> now);

    private static Quota quota(Long produced, Long fetched, Long requests) {
        return new Quota(null, produced, fetched, requests);
    }

    @Test
    void asManyRequestsAsASecondGivesComeAtOnceAndThenOneByOne() {
        Quota two = quota(null, null, 2L);

        assertThat(throttle.request("a", two, Traffic.NONE)).isZero();
        assertThat(throttle.request("a", two, Traffic.NONE)).isZero();
        assertThat(throttle.request("a", two, Traffic.NONE)).isPositive();
        assertThat(throttle.request("b", two, Traffic.NONE)).isZero();
        now += SECOND / 2;
        assertThat(throttle.request("a", two, Traffic.NONE)).isZero();
        assertThat(throttle.request("a", two, Traffic.NONE)).isPositive();
    }

    @Test
    void bytesBeyondTheQuotaAreWaitedForAndOnlyByThoseWhoSendSuch() {
        Quota thousand = quota(1_000L, null, null);

        assertThat(throttle.request("a", thousand, Traffic.PRODUCE)).isZero();
        throttle.spent("a").bytes(Traffic.PRODUCE, 3_000);
        assertThat(throttle.request("a", thousand, Traffic.PRODUCE)).isBetween(1_990L, 2_010L);
        assertThat(throttle.request("a", thousand, Traffic.FETCH)).isZero();
        now += 3 * SECOND;
        assertThat(throttle.request("a", thousand, Traffic.PRODUCE)).isZero();
    }

    @Test
    void aRestGivesNoMoreThanASecondsWorth() {
        Quota two = quota(null, null, 2L);
        throttle.request("a", two, Traffic.NONE);
        now += 1_000 * SECOND;

        assertThat(throttle.request("a", two, Traffic.NONE)).isZero();
        assertThat(throttle.request("a", two, Traffic.NONE)).isZero();
        assertThat(throttle.request("a", two, Traffic.NONE)).isPositive();
    }

    @Test
    void thoseThatAskedLongestAgoAreForgottenWhenThereAreTooMany() {
        Quota one = quota(null, null, 1L);
        for (int i = 0; i < 100; i++) {
            throttle.request("caller-" + i, one, Traffic.NONE);
        }

        assertThat(throttle.size()).isEqualTo(3);
        assertThat(throttle.request("caller-99", one, Traffic.NONE)).isPositive();
    }

    @Test
    void aPrincipalsOwnQuotaIsFilledUpFromTheDefault() {
        Quotas quotas = new Quotas(List.of(quota(10L, 20L, 30L), new Quota("alice", 5L, null, null)));

        assertThat(quotas.of(new Caller("alice", Set.of(), Set.of()))).isEqualTo(new Quota("alice", 5L, 20L, 30L));
        assertThat(quotas.of(new Caller("bob", Set.of(), Set.of()))).isEqualTo(quota(10L, 20L, 30L));
        assertThat(quotas.of(Caller.ANONYMOUS)).isEqualTo(quota(10L, 20L, 30L));
    }
}
