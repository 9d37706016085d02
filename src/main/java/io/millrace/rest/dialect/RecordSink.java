package io.millrace.rest.dialect;

import io.millrace.record.Header;
import java.nio.ByteBuffer;
import java.util.List;

/** Takes the records of a list, one after the other; {@code RecordAccumulator::append} is one. */
@FunctionalInterface
public interface RecordSink {
    /**
     * @param partition {@code RecordAccumulator.ANY_PARTITION} when the record names none
     * @param timestamp ms since the epoch, {@code RecordAccumulator.NO_TIMESTAMP} when the record has none
     * @param key       position to limit, or null; valid during the call only
     * @param value     likewise
     * @throws io.millrace.metadata.BrokerException when the record cannot be taken, naming its index in the list; the
     *                                            request is then given up
     */
    void append(int partition, long timestamp, ByteBuffer key, ByteBuffer value, List<Header> headers);
}
