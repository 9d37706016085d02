package io.millrace.security;

import static io.millrace.security.Operation.ALL;
import static io.millrace.security.Operation.ALTER;
import static io.millrace.security.Operation.ALTER_CONFIGS;
import static io.millrace.security.Operation.CLUSTER_ACTION;
import static io.millrace.security.Operation.CREATE;
import static io.millrace.security.Operation.DELETE;
import static io.millrace.security.Operation.DESCRIBE;
import static io.millrace.security.Operation.DESCRIBE_CONFIGS;
import static io.millrace.security.Operation.IDEMPOTENT_WRITE;
import static io.millrace.security.Operation.READ;
import static io.millrace.security.Operation.WRITE;

import java.util.EnumSet;
import java.util.Set;

/** What there are permissions for. */
public enum ResourceType {
    TOPIC("topic", READ, WRITE, CREATE, DELETE, ALTER, DESCRIBE, DESCRIBE_CONFIGS, ALTER_CONFIGS, ALL),
    GROUP("group", READ, DELETE, DESCRIBE, ALL),
    TRANSACTIONAL_ID("transactional id", WRITE, DESCRIBE, ALL),
    /** There is one, {@link Resource#CLUSTER}. */
    CLUSTER("cluster", CREATE, ALTER, DESCRIBE, CLUSTER_ACTION, DESCRIBE_CONFIGS, ALTER_CONFIGS, IDEMPOTENT_WRITE, ALL);

    private final String text;
    private final Set<Operation> operations;

    ResourceType(String text, Operation first, Operation... others) {
        this.text = text;
        this.operations = EnumSet.of(first, others);
    }

    /** In sentences. */
    public String text() {
        return text;
    }

    /** What can be done to one, {@link Operation#ALL} among them. */
    public Set<Operation> operations() {
        return EnumSet.copyOf(operations);
    }

    boolean has(Operation operation) {
        return operations.contains(operation);
    }
}
