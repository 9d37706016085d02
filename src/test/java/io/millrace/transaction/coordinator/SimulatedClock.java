package io.millrace.transaction.coordinator;

import io.millrace.broker.SimulatedTime;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.concurrent.TimeUnit;

/** A simulation's time as that of day. */
final class SimulatedClock extends Clock {
    private final SimulatedTime time;

    SimulatedClock(SimulatedTime time) {
        this.time = time;
    }

    @Override
    public ZoneId getZone() {
        return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
        return this;
    }

    @Override
    public Instant instant() {
        return Instant.ofEpochMilli(TimeUnit.NANOSECONDS.toMillis(time.nanoTime()));
    }
}
