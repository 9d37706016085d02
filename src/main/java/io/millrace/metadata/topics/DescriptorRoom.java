package io.millrace.metadata.topics;

import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import java.util.function.LongSupplier;

/**
 * Refuses new partitions in time, while there are still enough file descriptors for what is there: connections, the
 * journal, the segments that roll.
 *
 * @param limit of the process
 * @param left  what the process may open yet
 */
public record DescriptorRoom(LongSupplier limit, LongSupplier left) {
    /** For where nothing is known of descriptors. */
    public static final DescriptorRoom UNLIMITED = new DescriptorRoom(() -> Long.MAX_VALUE, () -> Long.MAX_VALUE);

    private static final long KEPT_FREE = 200;
    private static final int SHARE_KEPT_FREE = 10;

    /** @throws BrokerException OVERLOADED */
    void check() {
        long most = limit.getAsLong();
        long free = left.getAsLong();
        if (free < Math.min(KEPT_FREE, most / SHARE_KEPT_FREE)) {
            throw new BrokerException(ErrorKind.OVERLOADED, ("too many files and connections are open, %d of the %d that"
                    + " this process may have: no partition was made; raise the limit (ulimit -n, LimitNOFILE) or lower"
                    + " millrace.log.files.max, or try again when there are fewer connections")
                    .formatted(most - free, most));
        }
    }
}
