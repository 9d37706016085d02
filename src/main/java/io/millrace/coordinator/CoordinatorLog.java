package io.millrace.coordinator;

import io.millrace.agreement.Member;
import io.millrace.metadata.BrokerException;
import java.util.Optional;
import java.util.function.IntConsumer;

/** An internal topic as a coordinator sees it: which of its partitions this broker leads. Thread-safe. */
public interface CoordinatorLog {
    String topic();

    /**
     * How many partitions the topic has; creates it when it is not there yet, which blocks for a moment.
     *
     * @throws BrokerException UNAVAILABLE when that cannot be done now
     */
    int partitions();

    /** The present leadership of this broker; empty when it does not lead, as far as it knows. Never blocks. */
    Optional<LedLog> led(int partition);

    /**
     * The broker that leads a partition, when it is another one.
     *
     * @throws BrokerException NOT_LEADER when none does now
     */
    Optional<Member> remote(int partition);

    /**
     * Calls back with each partition that this broker leads already, and then whenever a leadership of it began or ended, on any
     * thread: it must return at once, and look at what is so by then. Close the result to end that.
     */
    AutoCloseable listen(IntConsumer changed);
}
