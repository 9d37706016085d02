package io.millrace.security;

import static io.millrace.security.Operation.ALTER;
import static io.millrace.security.Operation.ALTER_CONFIGS;
import static io.millrace.security.Operation.CLUSTER_ACTION;
import static io.millrace.security.Operation.CREATE;
import static io.millrace.security.Operation.DESCRIBE;
import static io.millrace.security.Operation.DESCRIBE_CONFIGS;
import static io.millrace.security.Operation.IDEMPOTENT_WRITE;
import static io.millrace.security.Operation.READ;
import static io.millrace.security.Operation.WRITE;

import java.util.Set;

/**
 * What a role gives without a permission, as bits of operations. An admin is asked for nothing and is not here.
 *
 * <p>An operator runs the cluster: creates, describes and configures topics, sees groups and transactional ids, moves partitions,
 * drains brokers, ends transactions, sets quotas. It reads and writes no records, deletes nothing, and gives nobody permissions.
 * A broker does what brokers do between each other. A client may work with records, groups and transactions as long as there is no
 * permission at all, and has nothing by itself from the first one on.
 */
final class RoleGrants {
    private RoleGrants() {
    }

    /** @return bits of operations */
    static int always(Caller caller, ResourceType type) {
        return (caller.is(Role.OPERATOR) ? operator(type) : 0)
                | (caller.is(Role.BROKER) && type == ResourceType.CLUSTER ? CLUSTER_ACTION.allowed() : 0);
    }

    /** @return bits of operations */
    static int untilTheFirstPermission(Caller caller, ResourceType type) {
        return caller.isAnonymous() || !caller.is(Role.CLIENT) ? 0 : client(type);
    }

    private static int operator(ResourceType type) {
        return Operation.allowed(switch (type) {
            case TOPIC -> Set.of(CREATE, ALTER, ALTER_CONFIGS, DESCRIBE, DESCRIBE_CONFIGS);
            case GROUP, TRANSACTIONAL_ID -> Set.of(DESCRIBE);
            case CLUSTER -> Set.of(CREATE, DESCRIBE, CLUSTER_ACTION, DESCRIBE_CONFIGS, ALTER_CONFIGS);
        });
    }

    private static int client(ResourceType type) {
        return Operation.allowed(switch (type) {
            case TOPIC -> Set.of(READ, WRITE, DESCRIBE, DESCRIBE_CONFIGS);
            case GROUP -> Set.of(READ, DESCRIBE);
            case TRANSACTIONAL_ID -> Set.of(WRITE, DESCRIBE);
            case CLUSTER -> Set.of(IDEMPOTENT_WRITE);
        });
    }
}
