package io.millrace.coordinator;

import java.util.concurrent.Executor;
import java.util.function.IntFunction;
import java.util.function.LongSupplier;

/** What all partitions of a {@link CoordinatorRuntime} share; see there. */
record RuntimeParts<K, V, M extends StateMachine<K, V>>(CoordinatorLog log, RecordCodec<K, V> codec, IntFunction<M> machines,
        CoordinatorListener<? super M> listener, CoordinatorOptions options, Executor workers, Executor loaders,
        Executor answers, LongSupplier nanoTime, LongSupplier millis) {
}
