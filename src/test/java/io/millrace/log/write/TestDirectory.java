package io.millrace.log.write;

import io.millrace.log.AppendResult;
import io.millrace.log.FlushPolicy;
import io.millrace.log.LogConfig;
import io.millrace.log.LogObserver;
import io.millrace.log.SettableClock;
import io.millrace.log.file.FileAccess;
import io.millrace.log.file.OpenFiles;
import io.millrace.record.TimestampType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Stream;

/** A log directory with its writer running, as a server would have it. */
final class TestDirectory implements AutoCloseable {
    static final UUID TOPIC_ID = UUID.fromString("6f1b2c3d-0000-4000-8000-000000000001");
    static final LogDirectory.Options OPTIONS = new LogDirectory.Options(64 * 1024 * 1024, 10_000, 60_000);
    static final LogConfig CONFIG = new LogConfig(1024 * 1024, Long.MAX_VALUE, -1, -1, 4096,
        TimestampType.CREATE_TIME, FlushPolicy.COMMIT);

    /** Held, or the setting would be forgotten: the tests provoke thousands of warnings. */
    private static final Logger LOGGER = Logger.getLogger("io.millrace.log");

    static {
        LOGGER.setLevel(Level.OFF);
    }

    final LogDirectory directory;
    final Thread writer;

    TestDirectory(Path root) {
        this(root, new SettableClock(0), LogObserver.NONE, FileAccess.DISK, OPTIONS);
    }

    TestDirectory(Path root, SettableClock clock) {
        this(root, clock, LogObserver.NONE, FileAccess.DISK, OPTIONS);
    }

    TestDirectory(Path root, FileAccess files) {
        this(root, new SettableClock(0), LogObserver.NONE, files, OPTIONS);
    }

    TestDirectory(Path root, SettableClock clock, LogObserver observer, FileAccess files,
                  LogDirectory.Options options) {
        this(root, clock, observer, new OpenFiles(files, 500), options);
    }

    TestDirectory(Path root, SettableClock clock, LogObserver observer, OpenFiles files,
                  LogDirectory.Options options) {
        this(LogDirectory.open(root, options, clock, observer, files));
    }

    TestDirectory(LogDirectory opened) {
        directory = opened;
        writer = new Thread(directory, "log-writer");
        writer.setDaemon(true);
        writer.start();
    }

    static LogConfig segmentBytes(long bytes) {
        return new LogConfig(bytes, CONFIG.segmentMillis(), -1, -1, CONFIG.indexIntervalBytes(),
            TimestampType.CREATE_TIME, FlushPolicy.COMMIT);
    }

    static LogConfig flush(FlushPolicy policy) {
        return new LogConfig(CONFIG.segmentBytes(), CONFIG.segmentMillis(), -1, -1, CONFIG.indexIntervalBytes(),
            TimestampType.CREATE_TIME, policy);
    }

    PartitionLog log() {
        return log(CONFIG);
    }

    PartitionLog log(LogConfig config) {
        return directory.openLog("orders", 0, TOPIC_ID, config);
    }

    AppendResult append(PartitionLog log, ByteBuffer... batches) {
        return directory.append(log, List.of(batches), 0).join();
    }

    @Override
    public void close() {
        directory.close();
        try {
            writer.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** What a killed process would leave: the files as they are now, in another place. */
    static Path copy(Path from, Path to) {
        while (!copied(from, to)) {
            remove(to);
        }
        return to;
    }

    /** @return false when the writer renamed or removed a file that was listed: such a copy is of no single moment */
    private static boolean copied(Path from, Path to) {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : (Iterable<Path>) files::iterator) {
                Path target = to.resolve(from.relativize(file).toString());
                if (Files.isDirectory(file)) {
                    Files.createDirectories(target);
                } else if (!file.getFileName().toString().equals(".lock")) {
                    Files.copy(file, target);
                }
            }
            return true;
        } catch (NoSuchFileException gone) {
            return false;
        } catch (UncheckedIOException failed) {
            if (failed.getCause() instanceof NoSuchFileException) {
                return false;
            }
            throw failed;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void remove(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Path segment(Path root, long baseOffset, String suffix) {
        return root.resolve("orders-0").resolve("%020d%s".formatted(baseOffset, suffix));
    }
}
