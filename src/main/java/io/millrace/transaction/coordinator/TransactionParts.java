package io.millrace.transaction.coordinator;

import io.millrace.coordinator.CoordinatorListener;
import io.millrace.coordinator.CoordinatorLog;
import io.millrace.coordinator.CoordinatorOptions;
import io.millrace.coordinator.CoordinatorRuntime;
import io.millrace.transaction.records.TransactionKey;
import io.millrace.transaction.records.TransactionRecordCodec;
import io.millrace.transaction.state.Transaction;
import java.time.Clock;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.LongSupplier;

/**
 * What a transaction coordinator is made of.
 *
 * @param log         the topic in which transactional ids are kept
 * @param runtime     options of its coordinators
 * @param producerIds gives ids, each once ever; may block, and throw a {@link io.millrace.metadata.BrokerException}
 * @param workers     decide, write and answer; nothing there waits
 * @param loaders     read logs and take producer ids, and may wait meanwhile
 * @param nanoTime    measures how long is waited, in ns
 */
public record TransactionParts(CoordinatorLog log, CoordinatorOptions runtime, TransactionOptions options, MarkerWriter markers,
                               LongSupplier producerIds, Executor workers, Executor loaders, ScheduledExecutorService timers,
                               Clock clock, LongSupplier nanoTime) {
    CoordinatorRuntime<TransactionKey, Transaction, TransactionMachine> open(CoordinatorListener<TransactionMachine> listener) {
        return new CoordinatorRuntime<>(log, new TransactionRecordCodec(),
                partition -> new TransactionMachine(partition, options.maxTransactionalIds()), listener, runtime, workers,
                loaders, timers, clock, nanoTime);
    }
}
