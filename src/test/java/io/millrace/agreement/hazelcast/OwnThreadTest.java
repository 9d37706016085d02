package io.millrace.agreement.hazelcast;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class OwnThreadTest {
    @Test
    void theWorkIsDoneOnAThreadThatHasEndedAfterwards() {
        AtomicReference<Thread> seen = new AtomicReference<>();

        OwnThread.run("one", () -> seen.set(Thread.currentThread()));

        Thread own = seen.get();
        assertThat(own).isNotSameAs(Thread.currentThread());
        assertThat(own.getState()).isEqualTo(Thread.State.TERMINATED);
    }

    @Test
    void whatTheWorkThrowsIsThrown() {
        for (Throwable fault : new Throwable[] {new IllegalArgumentException("no address"), new NoClassDefFoundError()}) {
            assertThatThrownBy(() -> OwnThread.run("one", () -> {
                if (fault instanceof Error error) {
                    throw error;
                }
                throw (RuntimeException) fault;
            })).isSameAs(fault);
        }
    }

    @Test
    void anInterruptEndsTheWorkAndIsKept() {
        Thread.currentThread().interrupt();

        AtomicBoolean stopped = new AtomicBoolean();

        OwnThread.run("one", () -> {
            try {
                Thread.sleep(Long.MAX_VALUE);
            } catch (InterruptedException e) {
                stopped.set(true);
            }
        });

        assertThat(stopped).isTrue();
        assertThat(Thread.interrupted()).isTrue();
    }
}
