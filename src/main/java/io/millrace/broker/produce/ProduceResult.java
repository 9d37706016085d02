package io.millrace.broker.produce;

import io.millrace.metadata.BrokerException;

/**
 * Where the records of one produce request went, in the order of the request; the appends of different partitions may
 * fail on their own.
 */
public interface ProduceResult {
    int recordCount();

    int partition(int record);

    /** The record's offset, or -1 when its partition's append failed. */
    long offset(int record);

    /** Why the append of this record's partition failed, or null. */
    BrokerException error(int record);
}
