package io.millrace.transaction.idempotency;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class KeysUnderWayTest {
    private static final IdempotencyKey KEY = new IdempotencyKey("orders", 0, "one");

    private final KeysUnderWay underWay = new KeysUnderWay();

    @Test
    void oneAtATimeHasAKeyAndTheOthersAreToldWhenItIsOver() {
        assertThat(underWay.claim(KEY)).isEmpty();
        CompletableFuture<Void> over = underWay.claim(KEY).orElseThrow();
        assertThat(underWay.contains(KEY)).isTrue();
        assertThat(over).isNotDone();
        assertThat(underWay.claim(new IdempotencyKey("orders", 1, "one"))).as("another key").isEmpty();

        underWay.release(KEY);
        assertThat(over).isCompleted();
        assertThat(underWay.contains(KEY)).isFalse();
        assertThat(underWay.claim(KEY)).isEmpty();
    }

    @Test
    void whoWaitsTooLongDisturbsNobodyElse() {
        underWay.claim(KEY);
        CompletableFuture<Void> impatient = underWay.claim(KEY).orElseThrow();
        CompletableFuture<Void> patient = underWay.claim(KEY).orElseThrow();
        impatient.completeExceptionally(new IllegalStateException("for the test"));

        assertThat(patient).isNotDone();
        underWay.release(KEY);
        assertThat(patient).isCompleted();
    }

    @Test
    void onlySomeMayWait() {
        underWay.claim(KEY);
        for (int waiting = 0; waiting < 16; waiting++) {
            underWay.claim(KEY);
        }
        assertThatThrownBy(() -> underWay.claim(KEY)).isInstanceOf(BrokerException.class)
                .satisfies(e -> assertThat(((BrokerException) e).kind()).isEqualTo(ErrorKind.IDEMPOTENCY_KEY_IN_USE));
    }

    @Test
    void whoWaitsNoLongerLeavesItsPlaceToAnother() {
        underWay.claim(KEY);
        for (int impatient = 0; impatient < 40; impatient++) {
            underWay.claim(KEY).orElseThrow().completeExceptionally(new IllegalStateException("for the test"));
        }
        assertThat(underWay.claim(KEY)).isPresent();
    }
}
