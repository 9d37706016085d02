package io.millrace.coordinator;

import java.time.Clock;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.IntFunction;
import java.util.function.LongSupplier;

/** Runtimes whose time is simulated. */
public final class SimulatedRuntimes {
    private SimulatedRuntimes() {
    }

    public static <K, V, M extends StateMachine<K, V>> CoordinatorRuntime<K, V, M> open(
            CoordinatorLog log, RecordCodec<K, V> codec, IntFunction<M> machines, CoordinatorOptions options,
            ScheduledExecutorService threads, Clock clock, LongSupplier nanoTime) {
        CoordinatorRuntime<K, V, M> runtime = new CoordinatorRuntime<>(log, codec, machines, new CoordinatorListener<M>() { }, options,
                threads, threads, threads, clock, nanoTime);
        runtime.start();
        return runtime;
    }
}
