package io.millrace.ops;

import io.millrace.config.Settings;
import io.millrace.log.Closing;
import io.millrace.log.write.CleanerProgress;
import io.millrace.log.write.LogCleaner;
import io.millrace.log.write.LogDirectory;
import io.millrace.log.write.LogScrub;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;

/** What goes on with the logs of a server in the background, on a managed thread each: the scrub and the compaction. */
final class Upkeep implements AutoCloseable {
    private final Optional<LogScrub> scrub;
    private final LogCleaner cleaner;

    /**
     * @param journal is compacted as the others are; what is read at each start need not be scrubbed
     * @param workers must have two threads for it
     */
    Upkeep(Settings settings, List<LogDirectory> directories, LogDirectory journal, Executor workers, Clock clock) {
        long interval = settings.longValue(Settings.LOG_SCRUB_INTERVAL_MS);
        scrub = interval == 0 ? Optional.empty()
                : Optional.of(new LogScrub(directories, interval, settings.longValue(Settings.LOG_SCRUB_BYTES), clock));
        List<LogDirectory> all = new ArrayList<>(directories);
        all.add(journal);
        cleaner = new LogCleaner(all, new LogCleaner.Options(settings.longValue(Settings.LOG_CLEANER_MEMORY_BYTES),
                settings.longValue(Settings.BATCH_MAX_UNCOMPRESSED_BYTES), settings.longValue(Settings.LOG_CLEANER_BYTES),
                settings.longValue(Settings.LOG_CLEANER_INTERVAL_MS)), clock);
        scrub.ifPresent(workers::execute);
        workers.execute(cleaner);
    }

    CleanerProgress cleaning() {
        return cleaner.progress();
    }

    /** Does not wait for what is being read just now. */
    @Override
    public void close() {
        Closing.all(cleaner, scrub.isPresent() ? scrub.get() : () -> { });
    }
}
