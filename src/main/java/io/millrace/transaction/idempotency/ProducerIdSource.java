package io.millrace.transaction.idempotency;

import io.millrace.metadata.BrokerException;

/** Gives producer ids, each once ever in the cluster, and with which no client can produce. */
@FunctionalInterface
public interface ProducerIdSource {
    /**
     * May block for a moment.
     *
     * @return 0 and above
     * @throws BrokerException UNAVAILABLE
     */
    long next();
}
