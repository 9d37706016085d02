package io.millrace.replica.follower;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class CatchUpThrottleTest {
    private final AtomicLong now = new AtomicLong(TimeUnit.SECONDS.toNanos(5));

    @Test
    void whatIsTakenHasToBePaidForInTime() {
        CatchUpThrottle throttle = new CatchUpThrottle(1_000, now::get);

        assertThat(throttle.taken(500)).isEqualTo(TimeUnit.MILLISECONDS.toNanos(500));
        assertThat(throttle.taken(1_000)).as("on top of it").isEqualTo(TimeUnit.MILLISECONDS.toNanos(1_500));
        now.addAndGet(TimeUnit.SECONDS.toNanos(10));
        assertThat(throttle.taken(100)).as("nothing is saved up, nothing is owed").isEqualTo(TimeUnit.MILLISECONDS.toNanos(100));
    }

    @Test
    void withoutABoundNothingWaits() {
        assertThat(new CatchUpThrottle(0, now::get).taken(1 << 30)).isZero();
    }
}
