package io.millrace.broker;

import io.millrace.log.record.Header;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * Collects the records of one produce request into batches, partition by partition, without keeping an object per
 * record. Got from {@link Broker#accumulator}, filled by one thread, then given to {@link Broker#produce}.
 */
public final class RecordAccumulator {
    /** No partition given: the topic's partitioner chooses. */
    public static final int ANY_PARTITION = -1;
    /** No timestamp given: the server's clock at this moment is taken. */
    public static final long NO_TIMESTAMP = -1;

    RecordAccumulator() {
    }

    /**
     * Adds a record; key and value are copied (position to limit), either may be null.
     *
     * @throws BrokerException UNKNOWN_PARTITION or RECORD_TOO_LARGE; the request is then to be given up, nothing is written
     */
    public void append(int partition, long timestamp, ByteBuffer key, ByteBuffer value, List<Header> headers) {
        throw new UnsupportedOperationException();
    }

    public int recordCount() {
        throw new UnsupportedOperationException();
    }
}
