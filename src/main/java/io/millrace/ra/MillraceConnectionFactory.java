package io.millrace.ra;

import jakarta.resource.Referenceable;
import jakarta.resource.ResourceException;
import java.io.Serializable;

/** What an application looks up or has injected with {@code @Resource}. Thread-safe. */
public interface MillraceConnectionFactory extends Serializable, Referenceable {
    /**
     * A connection for the calling thread; within a JTA transaction, one that takes part in it.
     *
     * @throws ResourceException when the container has none, or the configuration is wrong
     */
    MillraceConnection getConnection() throws ResourceException;
}
