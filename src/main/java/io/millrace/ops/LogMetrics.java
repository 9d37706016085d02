package io.millrace.ops;

import io.millrace.log.CorruptLogException;
import io.millrace.log.DamagedFile;
import io.millrace.log.LogObserver;
import java.time.Duration;
import org.eclipse.microprofile.metrics.Counter;
import org.eclipse.microprofile.metrics.Histogram;
import org.eclipse.microprofile.metrics.MetricRegistry;
import org.eclipse.microprofile.metrics.Timer;

/** What the writers of the log directories do. Any thread. */
final class LogMetrics implements LogObserver, AutoCloseable {
    private final Instruments instruments;
    private final Timer fsync;
    private final Histogram drainAppends;
    private final Histogram drainBytes;
    private final Counter damaged;
    private final Counter damagedFiles;

    LogMetrics(MetricRegistry registry) {
        instruments = new Instruments(registry);
        fsync = instruments.timer("millrace_fsync_seconds", "Time that forcing a log file to disk took");
        drainAppends = instruments.histogram("millrace_drain_appends",
                "Appends that a writer took from its queue at a time");
        drainBytes = instruments.histogram("millrace_drain_bytes", "Bytes that a writer took from its queue at a time");
        damaged = instruments.counter("millrace_damaged_batches", "Damaged record batches found since the start");
        damagedFiles = instruments.counter("millrace_damaged_files",
                "Damaged small files beside the records found, and mended, since the start");
    }

    @Override
    public void forced(long nanos) {
        fsync.update(Duration.ofNanos(nanos));
    }

    @Override
    public void drained(int appends, long bytes) {
        drainAppends.update(appends);
        drainBytes.update(bytes);
    }

    @Override
    public void damaged(CorruptLogException damage) {
        damaged.inc();
    }

    @Override
    public void damagedFile(DamagedFile damage) {
        damagedFiles.inc();
    }

    @Override
    public void close() {
        instruments.close();
    }
}
