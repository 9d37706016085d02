package io.millrace.agreement.steward;

import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/** For how long something has been so without a break. One thread's. */
final class Spell {
    private final LongSupplier nanoTime;
    private final long graceMillis;
    /** Only while it lasts. */
    private long began;
    private boolean lasts;

    /**
     * @param nanoTime    the clock, in ns
     * @param graceMillis what does not count at its beginning, in ms
     */
    Spell(LongSupplier nanoTime, long graceMillis) {
        this.nanoTime = nanoTime;
        this.graceMillis = graceMillis;
    }

    /** @param mostMillis of its grace, which is drawn, in ms; from 1 on */
    static Spell withGraceUpTo(int mostMillis) {
        return new Spell(System::nanoTime, ThreadLocalRandom.current().nextInt(mostMillis));
    }

    /** @return for how many ms beyond the grace it has been so; 0 when it is not */
    long millis(boolean isSo) {
        long now = nanoTime.getAsLong();
        if (isSo && !lasts) {
            began = now;
        }
        lasts = isSo;
        return isSo ? Math.max(0, TimeUnit.NANOSECONDS.toMillis(now - began) - graceMillis) : 0;
    }

    /** What is so from now on begins anew. */
    void end() {
        lasts = false;
    }
}
