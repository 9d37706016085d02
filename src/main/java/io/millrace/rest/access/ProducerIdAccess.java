package io.millrace.rest.access;

import io.millrace.metadata.BrokerException;
import io.millrace.transaction.ProducerIds;

/** The way to producer ids, which can be given once the broker has started. */
public interface ProducerIdAccess {
    /** @throws BrokerException UNAVAILABLE while the broker starts, and after its start failed or it was stopped */
    ProducerIds producerIds();
}
