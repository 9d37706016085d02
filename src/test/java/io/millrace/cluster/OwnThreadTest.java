package io.millrace.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class OwnThreadTest {
    @Test
    void theWorkIsDoneOnAThreadThatHasEndedAfterwards() {
        Thread own = OwnThread.call("one", Thread::currentThread);

        assertThat(own).isNotSameAs(Thread.currentThread());
        assertThat(own.getState()).isEqualTo(Thread.State.TERMINATED);
    }

    @Test
    void whatTheWorkThrowsIsThrown() {
        for (Throwable fault : new Throwable[] {new IllegalArgumentException("no address"), new NoClassDefFoundError()}) {
            assertThatThrownBy(() -> OwnThread.call("one", () -> {
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

        boolean stopped = OwnThread.call("one", () -> {
            try {
                Thread.sleep(Long.MAX_VALUE);
                return false;
            } catch (InterruptedException e) {
                return true;
            }
        });

        assertThat(stopped).isTrue();
        assertThat(Thread.interrupted()).isTrue();
    }
}
