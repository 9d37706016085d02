package io.millrace.agreement.steward;

import io.millrace.agreement.journal.Journal;
import io.millrace.log.LogDirectoryOfflineException;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Whether this server's journal lets it take part in the agreement. A member whose journal cannot be written can still
 * read and be elected, but change nothing, and the others would wait for it: so it leaves. What a full disk refuses for a
 * moment is no reason yet, since the journal gives up the space that it keeps back; and the member returns only when there
 * is so much again that it can be kept back anew, so that it does not come and go with each record. Asked by one thread.
 */
final class JournalWatch {
    /** For how long a journal may refuse what passes by itself. */
    static final long SHORTAGE_NANOS = TimeUnit.SECONDS.toNanos(3);
    /** A disk that has neither written nor failed for so long is as good as dead. */
    static final long SILENCE_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final Journal journal;
    private final LongSupplier nanoTime;
    private boolean out;
    private boolean silentBefore;
    /** Since when it has been short of space without a break, by {@link #nanoTime}; null: it is not. */
    private Long shortSince;

    JournalWatch(Journal journal, LongSupplier nanoTime) {
        this.journal = journal;
        this.nanoTime = nanoTime;
    }

    /** @return why the server must not take part now, a sentence for operators; null: it may */
    String problem() {
        LogDirectoryOfflineException failure = journal.failure(); // once: it may be over in the next moment
        boolean silent = failure == null && journal.silentNanos() >= SILENCE_NANOS;
        // A process that was halted itself finds its disk silent, too: whoever looks again gives it the time to answer.
        boolean silentStill = silent && silentBefore;
        silentBefore = silent;
        if (failure == null) {
            shortSince = null;
        }
        if (failure == null && !silent) {
            boolean whole = journal.isWhole();
            out &= !whole || journal.isShortOfSpace();
        } else {
            out |= failure == null ? silentStill : !passes();
        }
        return out ? "this server has left the agreement: " + reason(failure, silent) : null;
    }

    private static String reason(LogDirectoryOfflineException failure, boolean silent) {
        if (failure != null) {
            return failure.getMessage();
        }
        return silent ? "the journal's disk neither writes nor fails: check it; the server comes back by itself when the disk does"
            : "its journal can be written again, but there is not yet as much free space as it keeps back: free more";
    }

    private boolean passes() {
        if (journal.isLost()) {
            return false;
        }
        long now = nanoTime.getAsLong();
        shortSince = shortSince == null ? now : shortSince;
        return now - shortSince < SHORTAGE_NANOS;
    }
}
