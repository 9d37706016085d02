package io.millrace.broker;

import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import java.util.concurrent.CompletableFuture;
import org.assertj.core.api.AbstractThrowableAssert;
import org.assertj.core.api.Assertions;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/** Assertions on errors that a client is told of. */
public final class Failures {
    private Failures() {
    }

    public static AbstractThrowableAssert<?, ?> assertFails(ErrorKind kind, ThrowingCallable call) {
        return Assertions.assertThatThrownBy(call).isInstanceOfSatisfying(BrokerException.class,
                failure -> Assertions.assertThat(failure.kind()).as(failure.getMessage()).isEqualTo(kind));
    }

    public static AbstractThrowableAssert<?, ?> assertFails(ErrorKind kind, CompletableFuture<?> future) {
        return assertFails(kind, () -> BrokerHarness.get(future));
    }
}
