package io.millrace.agreement.journal;

import io.millrace.log.write.LogCleaner;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.Executor;

/** Cleans a journal all the time, as a server does now and then. */
public final class JournalCleaning {
    private static final LogCleaner.Options RESTLESS = new LogCleaner.Options(1 << 20, 1 << 20, Long.MAX_VALUE, 2);

    private JournalCleaning() {
    }

    /** @return to be closed before the journal */
    public static LogCleaner start(Journal journal, Executor executor) {
        LogCleaner cleaner = new LogCleaner(List.of(journal.directory()), RESTLESS, Clock.systemUTC());
        executor.execute(cleaner);
        return cleaner;
    }
}
