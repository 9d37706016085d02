package io.millrace.agreement.steward;

import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/** For how long something has been so without a break. One thread's. */
final class Spell {
    private final long graceMillis;
    /** By {@link System#nanoTime}; only while it lasts. */
    private long began;
    private boolean lasts;

    /** @param graceMillis what does not count at its beginning, in ms */
    Spell(long graceMillis) {
        this.graceMillis = graceMillis;
    }

    /** @param mostMillis of its grace, which is drawn, in ms; from 1 on */
    static Spell withGraceUpTo(int mostMillis) {
        return new Spell(ThreadLocalRandom.current().nextInt(mostMillis));
    }

    /** @return for how many ms beyond the grace it has been so; 0 when it is not */
    long millis(boolean isSo) {
        if (isSo && !lasts) {
            began = System.nanoTime();
        }
        boolean lasted = lasts && isSo;
        lasts = isSo;
        return lasted ? Math.max(0, TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began) - graceMillis) : 0;
    }

    /** What is so from now on begins anew. */
    void end() {
        lasts = false;
    }
}
