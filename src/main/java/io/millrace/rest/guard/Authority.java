package io.millrace.rest.guard;

import io.millrace.metadata.BrokerErrors;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.rest.access.RulesAccess;
import io.millrace.rest.dialect.RequestException;
import io.millrace.security.Caller;
import io.millrace.security.Operation;
import io.millrace.security.Resource;
import io.millrace.security.ResourceType;

/** Decides by the permissions that there are now, and says no in the words of the dialect. Thread-safe, does not block. */
public final class Authority {
    private final RulesAccess access;

    public Authority(RulesAccess access) {
        this.access = access;
    }

    /** Whether anything is asked for at all. */
    public boolean isOn() {
        return access.securityIsOn();
    }

    /** @throws BrokerException UNAVAILABLE while this server does not know the permissions yet */
    public boolean allows(Caller caller, Operation operation, Resource resource) {
        return !isOn() || access.rules().permissions().allows(caller, operation, resource);
    }

    boolean allowsSome(Caller caller, Operation operation, ResourceType type) {
        return access.rules().permissions().allowsSome(caller, operation, type);
    }

    /**
     * A topic that the caller may not see is unknown to it.
     *
     * @throws BrokerException  UNKNOWN_TOPIC; UNAVAILABLE
     * @throws RequestException 403 that names operation and resource
     */
    public void require(Caller caller, Operation operation, Resource resource) {
        require(caller, operation, resource, resource.type() == ResourceType.TOPIC && operation != Operation.CREATE);
    }

    /** @param hidden to whoever may not see it, it is unknown */
    void require(Caller caller, Operation operation, Resource resource, boolean hidden) {
        if (allows(caller, operation, resource)) {
            return;
        } else if (hidden && !allows(caller, Operation.DESCRIBE, resource)) {
            throw unknown(resource);
        }
        throw forbidden(caller, operation, resource);
    }

    private static BrokerException unknown(Resource resource) {
        return switch (resource.type()) {
            case TOPIC, CLUSTER -> BrokerErrors.unknownTopic(resource.name());
            case GROUP -> new BrokerException(ErrorKind.UNKNOWN_GROUP, "there is no group '" + resource.name() + "'");
            case TRANSACTIONAL_ID -> new BrokerException(ErrorKind.TRANSACTIONAL_ID_NOT_FOUND,
                    "there is no transactional id '" + resource.name() + "'");
        };
    }

    static RequestException forbidden(Caller caller, Operation operation, Resource resource) {
        return RequestException.forbidden((caller.isAnonymous() ? "a caller without a name" : "'" + caller.principal() + "'")
                + " may not " + operation + " " + resource + ": an administrator can permit it with POST /admin/permissions");
    }
}
