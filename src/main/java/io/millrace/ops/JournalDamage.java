package io.millrace.ops;

import io.millrace.log.CorruptLogException;
import io.millrace.log.DamagedFile;
import io.millrace.log.LogName;
import io.millrace.log.LogObserver;

/** Of what the journal's log tells only the damage: its forces are no log directory's. */
record JournalDamage(LogObserver next) implements LogObserver {
    @Override
    public void damaged(CorruptLogException damage) {
        next.damaged(damage);
    }

    @Override
    public void mended(LogName log, long from, long to) {
        next.mended(log, from, to);
    }

    @Override
    public void damagedFile(DamagedFile damage) {
        next.damagedFile(damage);
    }
}
