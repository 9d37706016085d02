package io.millrace.rest.access;

import io.millrace.metadata.BrokerException;
import io.millrace.metadata.access.AccessRegisters;
import io.millrace.metadata.access.AccessRules;

/** The way to permissions and quotas, which are read after the HTTP interface starts. */
public interface RulesAccess {
    /** Whether callers are held to them. */
    boolean securityIsOn();

    /** As this server knows them. */
    AccessRules rules();

    /**
     * Where they are changed; what was changed is to be told by {@link #accessChanged}.
     *
     * @throws BrokerException UNAVAILABLE while the broker starts, and after its start failed or it was stopped
     */
    AccessRegisters accessRegisters();

    /** Makes a change that was just made count on this server. Blocks. */
    void accessChanged();
}
