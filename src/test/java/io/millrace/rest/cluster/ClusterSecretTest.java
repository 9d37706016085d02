package io.millrace.rest.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ClusterSecretTest {
    private static final long NOW = 1_700_000_000_000L;
    private static final String PATH = "/internal/replica-fetch";

    private final ClusterSecret secret = secretAt("s3cret", NOW);
    private final ClusterSecret.Signature signature = secret.sign("POST", PATH, 2);
    private final String date = Long.toString(NOW);

    @Test
    void whoKnowsTheSecretIsAccepted() {
        assertThat(secretAt("s3cret", NOW + 1000).accepts("POST", PATH, signature.authorization(), date, "2")).isTrue();
    }

    @Test
    void itIsTheHmacOfMethodPathDateAndBroker() {
        assertThat(signature.authorization()).isEqualTo("Millrace "
                + "ff57e8d1d0c2c1205ad0a64894c7e14838c46b5a2a79c08cdfcbd479714b95c9");
    }

    @Test
    void whoKnowsAnotherSecretIsNot() {
        ClusterSecret.Signature other = secretAt("guess", NOW).sign("POST", PATH, 2);

        assertThat(secret.accepts("POST", PATH, other.authorization(), date, "2")).isFalse();
    }

    @Test
    void aSignatureIsForOneMethodPathDateAndBroker() {
        assertThat(secret.accepts("GET", PATH, signature.authorization(), date, "2")).isFalse();
        assertThat(secret.accepts("POST", "/internal/other", signature.authorization(), date, "2")).isFalse();
        assertThat(secret.accepts("POST", PATH, signature.authorization(), Long.toString(NOW + 1), "2")).isFalse();
        assertThat(secret.accepts("POST", PATH, signature.authorization(), date, "1")).isFalse();
    }

    @ParameterizedTest
    @ValueSource(longs = {-86_400_000_000L, -1, 86_400_000_000L})
    void aSignatureIsGoodWhateverTheReceiversClockSays(long laterMs) {
        assertThat(secretAt("s3cret", NOW + laterMs).accepts("POST", PATH, signature.authorization(), date, "2"))
                .isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "Millrace", "Millrace ", "Millrace xyz", "Millrace 00", "Basic dTpw", "Bearer a.b.c",
        "Millrace \u00e9\u00e9"})
    void whatIsNoSignatureIsRefused(String authorization) {
        assertThat(secret.accepts("POST", PATH, authorization, date, "2")).isFalse();
    }

    @Test
    void missingOrBrokenHeadersAreRefused() {
        assertThat(secret.accepts("POST", PATH, signature.authorization(), null, "2")).isFalse();
        assertThat(secret.accepts("POST", PATH, signature.authorization(), date, null)).isFalse();
        assertThat(secret.accepts("POST", PATH, signature.authorization(), "yesterday", "2")).isFalse();
        assertThat(secret.accepts("POST", PATH, signature.authorization(), "9".repeat(40), "2")).isFalse();
        assertThat(secret.accepts("POST", PATH, signature.authorization(), date, "two")).isFalse();
    }

    @ParameterizedTest
    @ValueSource(longs = {Long.MIN_VALUE, Long.MAX_VALUE})
    void extremeDatesAreRefused(long date) {
        assertThat(secret.accepts("POST", PATH, signature.authorization(), Long.toString(date), "2")).isFalse();
    }

    @Test
    void aServerAloneAcceptsNobodyAndSignsNothing() {
        for (String none : new String[] {null, ""}) {
            ClusterSecret alone = secretAt(none, NOW);
            assertThat(alone.accepts("POST", PATH, signature.authorization(), date, "2")).isFalse();
            assertThatIllegalStateException().isThrownBy(() -> alone.sign("POST", PATH, 2));
        }
    }

    @Test
    void nothingOfItIsShown() {
        assertThat(secret.toString()).doesNotContain("s3cret");
        assertThat(signature.toString()).doesNotContain(signature.authorization().substring(9));
    }

    private static ClusterSecret secretAt(String secret, long now) {
        return new ClusterSecret(secret, Clock.fixed(Instant.ofEpochMilli(now), ZoneOffset.UTC));
    }
}
