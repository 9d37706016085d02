package io.millrace.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ClosingTest {
    private final List<String> taken = new ArrayList<>();

    private AutoCloseable step(String name) {
        return () -> taken.add(name);
    }

    private static AutoCloseable failing(Throwable fault) {
        return () -> {
            if (fault instanceof Error error) {
                throw error;
            }
            throw (Exception) fault;
        };
    }

    @Test
    void stepsAreTakenInTheirOrder() {
        Closing.all(step("a"), step("b"));

        assertThat(taken).containsExactly("a", "b");
    }

    @Test
    void aStepThatIsNullIsNone() {
        Closing.all(step("a"), null, step("b"));

        assertThat(taken).containsExactly("a", "b");
    }

    @Test
    void everyStepIsTakenWhateverFailsBeforeItAndTheFirstFaultIsThrownWithTheOthers() {
        Error gone = new NoClassDefFoundError("io/millrace/Gone");
        IOException second = new IOException("disk");

        assertThatThrownBy(() -> Closing.all(step("a"), failing(gone), step("b"), failing(second), step("c")))
            .isSameAs(gone).hasSuppressedException(second);
        assertThat(taken).containsExactly("a", "b", "c");
    }

    @Test
    void aCheckedExceptionIsTheCauseOfWhatIsThrown() {
        IOException fault = new IOException("disk");

        assertThatThrownBy(() -> Closing.all(failing(fault))).isInstanceOf(IllegalStateException.class).hasCause(fault);
    }

    @Test
    void anInterruptIsNotForgotten() {
        assertThatThrownBy(() -> Closing.all(failing(new InterruptedException()), step("a")))
            .isInstanceOf(IllegalStateException.class);

        assertThat(Thread.interrupted()).isTrue();
        assertThat(taken).containsExactly("a");
    }
}
