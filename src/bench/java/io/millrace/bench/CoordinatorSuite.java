package io.millrace.bench;

import io.millrace.coordinator.CoordinatorListener;
import io.millrace.coordinator.CoordinatorOptions;
import io.millrace.coordinator.CoordinatorRuntime;
import io.millrace.coordinator.CoordinatorStatus;
import io.millrace.log.FlushPolicy;
import io.millrace.record.Codec;
import io.millrace.record.RecordBatchBuilder;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Coordinators, in this process and on one log: how long a partition takes to be read into memory, and how many changes it
 * takes. Of replication there is nothing in it.
 */
final class CoordinatorSuite {
    private static final int KEYS = 1_000_000;
    private static final int A_BATCH = 1_000;
    private static final int ASKERS = 64;

    private final BenchOptions options;
    private final Progress progress;

    CoordinatorSuite(BenchOptions options, Path work, Progress progress) {
        this.options = options;
        this.progress = progress;
        System.setProperty(BenchFolder.ROOT_PROPERTY, work.toString());
    }

    List<Figure> run() throws Exception {
        progress.say("coordinators: a partition of " + KEYS + " keys, " + options.rounds() + " rounds");
        List<Double> loads = new ArrayList<>();
        List<Double> changes = new ArrayList<>();
        List<Double> p99s = new ArrayList<>();
        ScheduledExecutorService threads = Executors.newScheduledThreadPool(2);
        try (BenchLog log = BenchLog.open(FlushPolicy.COMMIT)) {
            fill(log);
            for (int round = 0; round < options.rounds(); round++) {
                try (CoordinatorRuntime<String, Long, BenchState> runtime = open(log, threads)) {
                    loads.add(awaitLoaded(runtime));
                    Latencies latencies = new Latencies();
                    changes.add(change(runtime, latencies));
                    p99s.add(latencies.percentiles(99)[0]);
                }
            }
        } finally {
            threads.shutdownNow();
        }
        return List.of(Figure.alone("coordinator: load of a partition with 1 million live keys", "s", new Samples(loads),
                        new Target.None()),
                Figure.alone("coordinator: changes, " + ASKERS + " askers, flush=commit, no other replica", "changes/s",
                        new Samples(changes), new Target.None()).with(Map.of("p99, ms", new Samples(p99s).median())));
    }

    private static void fill(BenchLog log) {
        for (int key = 0; key < KEYS; ) {
            RecordBatchBuilder batch = new RecordBatchBuilder(Codec.NONE);
            for (int end = key + A_BATCH; key < end; key++) {
                String name = BenchState.key(key);
                batch.append(1, BenchState.CODEC.writeKey(name), BenchState.CODEC.writeValue(name, 1L), List.of());
            }
            log.log().append(List.of(batch.build()), 0).join();
        }
    }

    private static CoordinatorRuntime<String, Long, BenchState> open(BenchLog log, ScheduledExecutorService threads) {
        CoordinatorRuntime<String, Long, BenchState> runtime = new CoordinatorRuntime<>(new BenchCoordinatorLog(log.log()),
                BenchState.CODEC, partition -> new BenchState(), new CoordinatorListener<BenchState>() { },
                new CoordinatorOptions(CoordinatorOptions.MAX_WAITING, TimeUnit.SECONDS.toNanos(30)), threads, threads, threads,
                Clock.systemUTC());
        runtime.start();
        return runtime;
    }

    /** @return the seconds that it took */
    private static double awaitLoaded(CoordinatorRuntime<String, Long, BenchState> runtime) {
        while (true) {
            List<CoordinatorStatus> status = runtime.status();
            if (status.size() == 1 && status.get(0).state() == CoordinatorStatus.State.ACTIVE) {
                return status.get(0).load().millis() / 1e3;
            }
            LockSupport.parkNanos(1_000_000);
        }
    }

    /** @return changes a second */
    private double change(CoordinatorRuntime<String, Long, BenchState> runtime, Latencies latencies) throws Exception {
        long begin = System.nanoTime();
        long end = begin + options.slice().toNanos();
        List<Thread> askers = new ArrayList<>();
        List<Latencies> all = new ArrayList<>();
        for (int asker = 0; asker < ASKERS; asker++) {
            Latencies own = new Latencies();
            all.add(own);
            String key = BenchState.key(asker);
            askers.add(new Thread(() -> {
                for (long asked = System.nanoTime(); asked < end; asked = System.nanoTime()) {
                    runtime.change(key, state -> state.next(key)).join();
                    own.add(System.nanoTime() - asked);
                }
            }, "asker-" + asker));
        }
        askers.forEach(Thread::start);
        for (Thread asker : askers) {
            asker.join();
        }
        all.forEach(latencies::addAll);
        return latencies.count() / ((System.nanoTime() - begin) / 1e9);
    }
}
