package io.millrace.replica.hosting;

import io.millrace.metadata.BrokerException;

/**
 * The memory that a caller grants for what is read for it. Whoever reads takes of it before, and gives back what it lets go
 * of; what is in the result stays taken, until the caller is done with that. Thread-safe.
 */
public interface ReadMemory {
    /** For those who read little. */
    ReadMemory UNBOUNDED = new ReadMemory() {
        @Override
        public void take(long bytes) {
            // as much as anyone wants
        }

        @Override
        public void release() {
            // nothing was counted
        }

        @Override
        public ReadMemory part() {
            return this;
        }
    };

    /**
     * Takes so many bytes more.
     *
     * @throws BrokerException OVERLOADED when they are not to be had now, RECORD_TOO_LARGE when they never will be
     */
    void take(long bytes);

    /** Nothing of what was taken is referred to any more. */
    void release();

    /** A part of it, that is released alone. */
    ReadMemory part();
}
