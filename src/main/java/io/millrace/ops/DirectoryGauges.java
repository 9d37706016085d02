package io.millrace.ops;

import io.millrace.log.LogDirectory;
import java.util.ArrayList;
import java.util.List;
import org.eclipse.microprofile.metrics.MetricRegistry;
import org.eclipse.microprofile.metrics.Tag;

/** State of the log directories and of the queues in front of them. */
final class DirectoryGauges implements AutoCloseable {
    private final List<Instruments> instruments = new ArrayList<>();

    DirectoryGauges(MetricRegistry registry, List<LogDirectory> directories) {
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
