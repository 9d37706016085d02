package io.millrace.replica.hosting;

import io.millrace.metadata.BrokerException;

/** Something that waits in a partition's {@link ParkedFetches}: there at most once at a time. */
public interface Parked {
    /** Whether it waits for nothing any more. */
    boolean isOver();

    /** The bytes that it waited for have come; it is not parked now. */
    void resume();

    /** They will not come: it is not parked now. */
    void expel(BrokerException reason);
}
