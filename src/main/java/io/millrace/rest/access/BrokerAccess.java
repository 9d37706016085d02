package io.millrace.rest.access;

import io.millrace.broker.Broker;
import io.millrace.metadata.BrokerException;

/** The way to the broker, which starts after the HTTP interface does. */
public interface BrokerAccess {
    /** @throws BrokerException UNAVAILABLE while the broker starts, and after its start failed or it was stopped */
    Broker broker();
}
