package io.millrace.log.write;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.log.LogObserver;
import io.millrace.log.SettableClock;
import io.millrace.log.file.CachedFile;
import io.millrace.log.file.CheckpointFile;
import io.millrace.log.file.FailedForceException;
import io.millrace.log.file.FileAccess;
import io.millrace.log.file.LogFile;
import io.millrace.log.file.OpenFiles;
import io.millrace.log.file.SparingFiles;
import io.millrace.log.file.TestFiles;
import io.millrace.log.segment.SegmentFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class OpenFilesTest {
    private static final int THREADS = 6;

    @TempDir
    Path root;

    /** Counts what is really open, and tells who uses a file that was closed. */
    private static final class CountingFiles implements FileAccess {
        final AtomicInteger open = new AtomicInteger();
        final AtomicInteger most = new AtomicInteger();
        volatile int limit = Integer.MAX_VALUE;

        @Override
        public LogFile open(Path path, OpenOption... options) throws IOException {
            if (open.incrementAndGet() > limit) {
                open.decrementAndGet();
                throw new IOException("Too many open files (for the test)");
            }
            most.accumulateAndGet(open.get(), Math::max);
            LogFile file = DISK.open(path, options);
            return new LogFile() {
                private boolean closed;

                @Override
                public int read(ByteBuffer target, long position) throws IOException {
                    return file.read(target, position);
                }

                @Override
                public int write(ByteBuffer source, long position) throws IOException {
                    return file.write(source, position);
                }

                @Override
                public long size() throws IOException {
                    return file.size();
                }

                @Override
                public void truncate(long size) throws IOException {
                    file.truncate(size);
                }

                @Override
                public void force(boolean metadata) throws IOException {
                    file.force(metadata);
                }

                @Override
                public synchronized void close() throws IOException {
                    if (!closed) {
                        closed = true;
                        open.decrementAndGet();
                    }
                    file.close();
                }
            };
        }

        @Override
        public void forceDirectory(Path directory) throws IOException {
            DISK.forceDirectory(directory);
        }

        @Override
        public Space space(Path directory) throws IOException {
            return DISK.space(directory);
        }
    }

    private final CountingFiles files = new CountingFiles();

    private List<CachedFile> files(OpenFiles cache, int count) throws IOException {
        List<CachedFile> cached = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Path path = Files.write(root.resolve("f" + i), new byte[] {(byte) i});
            cached.add(new CachedFile(cache, path, StandardOpenOption.READ));
        }
        return cached;
    }

    private static int read(CachedFile file) throws IOException {
        return file.use(open -> {
            ByteBuffer one = ByteBuffer.allocate(1);
            open.read(one, 0);
            return (int) one.get(0);
        });
    }

    @Test
    void noMoreThanTheBoundAreOpenAndEachCanBeReadAgainAndAgain() throws IOException {
        OpenFiles cache = new OpenFiles(files, 10);
        List<CachedFile> cached = files(cache, 100);
        for (int round = 0; round < 3; round++) {
            for (int i = 0; i < 100; i++) {
                assertThat(read(cached.get(i))).isEqualTo(i);
            }
        }
        assertThat(files.most.get()).isLessThanOrEqualTo(10);
        assertThat(cache.count()).isEqualTo(files.open.get()).isPositive();
        for (CachedFile each : cached) {
            each.close();
        }
        assertThat(cache.count()).isZero();
        assertThat(files.open).hasValue(0);
        assertThatThrownBy(() -> read(cached.get(0))).isInstanceOf(ClosedChannelException.class);
    }

    @Test
    void whatIsUsedAllTheTimeStaysOpen() throws IOException {
        OpenFiles cache = new OpenFiles(files, 10);
        List<CachedFile> cached = files(cache, 100);
        LogFile hot = cached.get(0).use(open -> open);
        for (int i = 1; i < 100; i++) {
            read(cached.get(i));
            assertThat(cached.get(0).<LogFile>use(open -> open)).isSameAs(hot);
        }
    }

    @Test
    void aFileInUseIsNotClosedByOthersNorByItsOwner() throws IOException {
        OpenFiles cache = new OpenFiles(files, 1);
        List<CachedFile> cached = files(cache, 3);
        cached.get(0).use(open -> {
            read(cached.get(1));
            read(cached.get(2));
            cached.get(0).close();
            return open.read(ByteBuffer.allocate(1), 0);
        });
        assertThatThrownBy(() -> read(cached.get(0))).isInstanceOf(ClosedChannelException.class);
        assertThat(cache.count()).isEqualTo(files.open.get());
    }

    @Test
    void whenTheProcessHasNoDescriptorLeftSomeAreGivenBack() throws IOException {
        OpenFiles cache = new OpenFiles(files, 1000);
        List<CachedFile> cached = files(cache, 50);
        files.limit = 40;
        for (int i = 0; i < 50; i++) {
            assertThat(read(cached.get(i))).isEqualTo(i);
        }
        assertThat(files.open.get()).isLessThanOrEqualTo(40);
    }

    @Test
    void whatIsOpenedBesideTheCacheGetsDescriptorsOfIdleFiles() throws IOException {
        OpenFiles cache = new OpenFiles(files, 1000);
        for (CachedFile each : files(cache, 40)) {
            read(each);
        }
        files.limit = 40;
        Path path = root.resolve("new");
        SegmentFile.createNew(cache, path).close();
        assertThat(path).exists();
        for (CachedFile each : files(cache, 40)) {
            read(each);
        }
        new CheckpointFile(cache.files(), root.resolve("checkpoint")).write(List.of("x"));
        assertThat(root.resolve("checkpoint")).hasContent("x");
        assertThat(files.open.get()).isLessThanOrEqualTo(40);
    }

    @Test
    void aFullDirectoryOfDescriptorsStaysOnline() {
        try (TestDirectory test = new TestDirectory(root, new SettableClock(0), LogObserver.NONE,
                new OpenFiles(files, 1000), TestDirectory.OPTIONS)) {
            PartitionLog log = test.log(TestDirectory.segmentBytes(200));
            files.limit = 8;
            for (int i = 0; i < 50; i++) {
                test.append(log, Batches.batch(i, "v" + i));
            }
            assertThat(log.segmentCount()).isGreaterThan(8);
            assertThat(test.directory.failure()).isNull();
        }
    }

    @Test
    void anOpeningIsTriedAgainOnceAndAFailedForceNever() {
        AtomicInteger tries = new AtomicInteger();
        AtomicInteger givenBack = new AtomicInteger();
        SparingFiles sparing = new SparingFiles(new TestFiles() {
            @Override
            public void forceDirectory(Path directory) throws IOException {
                tries.incrementAndGet();
                throw new FailedForceException(new IOException("no force for the test"));
            }

            @Override
            public LogFile open(Path path, OpenOption... options) throws IOException {
                tries.incrementAndGet();
                throw new FileSystemException(path.toString(), null, "Zu viele offene Dateien");
            }
        }, () -> givenBack.incrementAndGet() > 0);
        assertThatThrownBy(() -> sparing.forceDirectory(root)).isInstanceOf(FailedForceException.class);
        assertThat(tries).hasValue(1);
        assertThatThrownBy(() -> sparing.open(root)).isInstanceOf(FileSystemException.class);
        assertThat(tries).hasValue(3);
        assertThat(givenBack).hasValue(1);
    }

    @Test
    void aLogOfManySegmentsIsWrittenAndReadWithFewFiles() {
        try (TestDirectory test = new TestDirectory(root, new SettableClock(0), LogObserver.NONE, new OpenFiles(files, 8),
            TestDirectory.OPTIONS)) {
            List<PartitionLog> logs = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                logs.add(test.directory.openLog("many", i, TestDirectory.TOPIC_ID, TestDirectory.segmentBytes(200)));
            }
            for (int round = 0; round < 10; round++) {
                for (PartitionLog log : logs) {
                    test.append(log, Batches.batch(round, "v" + round));
                }
            }
            for (PartitionLog log : logs) {
                assertThat(log.segmentCount()).isGreaterThan(3);
                assertThat(Batches.allValues(log, 0)).hasSize(10).endsWith("v9");
                assertThat(log.offsetForTimestamp(7).orElseThrow().offset()).isEqualTo(7);
            }
        }
        assertThat(files.most.get()).isLessThanOrEqualTo(12);
        assertThat(files.open).hasValue(0);
    }

    static Stream<Long> seeds() {
        return new Random(20261126).longs(5).boxed();
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void threadsThatOpenCloseAndInterruptAtRandomAlwaysReadWhatIsThere(long seed) throws Exception {
        OpenFiles cache = new OpenFiles(files, 7);
        List<CachedFile> cached = files(cache, 40);
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        try {
            List<Future<Integer>> all = new ArrayList<>();
            for (int t = 0; t < THREADS; t++) {
                Random random = new Random(seed + t);
                all.add(threads.submit(reading(cached, random)));
            }
            for (Future<Integer> each : all) {
                assertThat(each.get()).isEqualTo(3000);
            }
        } finally {
            threads.shutdownNow();
        }
        assertThat(cache.count()).isEqualTo(files.open.get());
        assertThat(files.most.get()).isLessThanOrEqualTo(7 + 2 * THREADS);
        for (CachedFile each : cached) {
            each.close();
        }
        assertThat(files.open).hasValue(0);
        assertThat(cache.count()).isZero();
    }

    private static Callable<Integer> reading(List<CachedFile> cached, Random random) {
        return () -> {
            int read = 0;
            while (read < 3000) {
                int i = random.nextInt(cached.size());
                if (random.nextInt(50) == 0) {
                    Thread.currentThread().interrupt();
                }
                try {
                    assertThat(read(cached.get(i))).isEqualTo(i);
                    read++;
                } catch (ClosedChannelException interruptedHereOrThere) {
                    Thread.interrupted();
                }
                Thread.interrupted();
            }
            return read;
        };
    }
}
