package io.millrace.rest.access;

import io.millrace.group.Groups;
import io.millrace.metadata.BrokerException;

/** The way to the consumer groups, which start after the HTTP interface does. */
public interface GroupAccess {
    /** @throws BrokerException UNAVAILABLE while the broker starts, and after its start failed or it was stopped */
    Groups groups();
}
