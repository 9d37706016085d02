package io.millrace.ops;

import io.millrace.log.file.OpenFiles;
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
     * @param strays how many logs were set aside
     * @param lost   how many partitions' only logs are gone
     * @param damaged how many batches are damaged, and not mended yet
     */
    DirectoryGauges(MetricRegistry registry, List<LogDirectory> directories, OpenFiles files, Supplier<Number> strays,
                    Supplier<Number> lost, Supplier<Number> damaged) {
        Instruments all = new Instruments(registry);
        all.gauge("millrace_log_files_open", "Files of logs that are open", files::count);
        all.gauge("millrace_stray_logs", "Logs that were set aside because they belong to no topic that is known", strays);
        all.gauge("millrace_lost_partitions", "Partitions whose only log was made on this broker and is gone", lost);
        all.gauge("millrace_unmended_batches", "Record batches that are known to be damaged and not mended yet", damaged);
        instruments.add(all);
        directories.forEach(directory -> register(
                new Instruments(registry, new Tag("directory", directory.root().toString())), directory));
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
