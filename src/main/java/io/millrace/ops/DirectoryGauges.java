package io.millrace.ops;

import io.millrace.log.ProducerCount;
import io.millrace.log.file.OpenFiles;
import io.millrace.log.write.CleanerProgress;
import io.millrace.log.write.LogDirectory;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.eclipse.microprofile.metrics.MetricRegistry;
import org.eclipse.microprofile.metrics.Tag;

/** State of the log directories and of the queues in front of them. */
final class DirectoryGauges implements AutoCloseable {
    private final List<Instruments> instruments = new ArrayList<>();

    /**
     * @param files  shared by all directories
     * @param producers of all directories
     * @param strays how many logs were set aside
     * @param lost   how many partitions' only logs are gone
     * @param damaged how many batches are damaged, and not mended yet
     * @param cleaning how the compaction of logs stands
     */
    DirectoryGauges(MetricRegistry registry, List<LogDirectory> directories, OpenFiles files, ProducerCount producers,
                    Supplier<Number> strays, Supplier<Number> lost, Supplier<Number> damaged, Supplier<CleanerProgress> cleaning) {
        Instruments all = new Instruments(registry);
        all.gauge("millrace_log_files_open", "Files of logs that are open", files::count);
        all.gauge("millrace_producers", "Idempotent producers that are kept in mind, in each partition counted", producers::known);
        all.gauge("millrace_stray_logs", "Logs that were set aside because they belong to no topic that is known", strays);
        all.gauge("millrace_lost_partitions", "Partitions whose only log was made on this broker and is gone", lost);
        all.gauge("millrace_unmended_batches", "Record batches that are known to be damaged and not mended yet", damaged);
        register(all, cleaning);
        instruments.add(all);
        directories.forEach(directory -> register(
                new Instruments(registry, new Tag("directory", directory.root().toString())), directory));
    }

    private static void register(Instruments of, Supplier<CleanerProgress> cleaning) {
        of.gauge("millrace_cleaner_bytes", "Bytes that were read and written to compact logs", () -> cleaning.get().bytes());
        of.gauge("millrace_cleaner_passes", "Logs that were compacted, each time counted", () -> cleaning.get().passes());
        of.gauge("millrace_cleaner_seconds", "How long all compactions took", () -> cleaning.get().nanos() / 1e9);
        of.gauge("millrace_cleaner_removed_records", "Records that gave way to newer ones of their keys",
                () -> cleaning.get().removedRecords());
        of.gauge("millrace_cleaner_dirtiest_ratio", "How much of the dirtiest log that can be compacted is dirty, 0 to 1",
                () -> cleaning.get().maxDirtyRatio());
        of.gauge("millrace_cleaner_due_logs", "Logs that are to be compacted", () -> cleaning.get().dueLogs());
        of.gauge("millrace_cleaner_failed_logs", "Logs that cannot be compacted now", () -> cleaning.get().failedLogs());
    }

    private void register(Instruments of, LogDirectory directory) {
        of.gauge("millrace_queue_bytes", "Bytes that wait for the writer", directory::queuedBytes);
        of.gauge("millrace_queue_appends", "Appends that wait for the writer", directory::queuedAppends);
        of.gauge("millrace_directory_online", "1 while the log directory can be written, else 0",
                () -> directory.failure() == null ? 1 : 0);
        instruments.add(of);
    }

    @Override
    public void close() {
        instruments.forEach(Instruments::close);
    }
}
