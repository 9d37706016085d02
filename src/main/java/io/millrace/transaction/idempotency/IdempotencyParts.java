package io.millrace.transaction.idempotency;

import io.millrace.broker.Broker;
import io.millrace.coordinator.BrokerLog;
import io.millrace.coordinator.CoordinatorLog;
import io.millrace.coordinator.CoordinatorOptions;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.topics.InternalTopic;
import java.time.Clock;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.LongSupplier;

/**
 * What idempotency keys are made of.
 *
 * @param log      the topic in which they are kept
 * @param options  of its coordinators
 * @param ids      for producers of their own
 * @param workers  decide, write and answer; nothing there waits
 * @param blocking reads logs, and takes producer ids
 * @param nanoTime measures how long is waited, in ns
 */
public record IdempotencyParts(CoordinatorLog log, Preferred preferred, CoordinatorOptions options, ProducerIdSource ids,
                               Executor workers, Executor blocking, ScheduledExecutorService timers, Clock clock,
                               LongSupplier nanoTime) {
    /** The leaderships that this broker has in the place of the preferred leader. */
    public interface Preferred {
        /** Whether that one could lead by now. Never blocks. */
        boolean isBorrowed(int partition);

        /** Blocks. @throws BrokerException UNAVAILABLE */
        void giveBack(int partition);
    }

    /** Those of a real broker. */
    public static IdempotencyParts of(Broker broker, InternalTopic topic, CoordinatorOptions options, ProducerIdSource ids,
                                      Executor workers, Executor blocking, ScheduledExecutorService timers, Clock clock) {
        Preferred preferred = new Preferred() {
            @Override
            public boolean isBorrowed(int partition) {
                return broker.leaderships().isBorrowed(topic.name(), partition);
            }

            @Override
            public void giveBack(int partition) {
                broker.leaderships().giveBack(topic.name(), partition);
            }
        };
        return new IdempotencyParts(new BrokerLog(topic, broker.leaderships()), preferred, options, ids, workers, blocking,
                timers, clock, System::nanoTime);
    }
}
