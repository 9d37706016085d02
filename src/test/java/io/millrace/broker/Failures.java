package io.millrace.broker;

import java.util.concurrent.CompletableFuture;
import org.assertj.core.api.AbstractThrowableAssert;
import org.assertj.core.api.Assertions;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/** Assertions on errors that a client is told of. */
final class Failures {
    private Failures() {
    }

    static AbstractThrowableAssert<?, ?> assertFails(ErrorKind kind, ThrowingCallable call) {
        return Assertions.assertThatThrownBy(call).isInstanceOfSatisfying(BrokerException.class,
                failure -> Assertions.assertThat(failure.kind()).as(failure.getMessage()).isEqualTo(kind));
    }

    static AbstractThrowableAssert<?, ?> assertFails(ErrorKind kind, CompletableFuture<?> future) {
        return assertFails(kind, () -> BrokerHarness.get(future));
    }
}
