package io.millrace.security;

import java.util.Set;

/** What can be done to a resource, by the field's names. */
public enum Operation {
    READ, WRITE, CREATE, DELETE, ALTER, DESCRIBE, CLUSTER_ACTION, DESCRIBE_CONFIGS, ALTER_CONFIGS, IDEMPOTENT_WRITE,
    /** In a permission: each of the others. Nothing that is done is this. */
    ALL;

    private static final int EVERY = (1 << ALL.ordinal()) - 1;

    /** The bits of the operations that a denial of this one is about. */
    int denied() {
        return this == ALL ? EVERY : bit();
    }

    /** The bits of the operations that whoever may do this one may do: it is seen by whom it can be read, written or changed. */
    int allowed() {
        return switch (this) {
            case READ, WRITE, DELETE, ALTER -> bit() | DESCRIBE.bit();
            case ALTER_CONFIGS -> bit() | DESCRIBE_CONFIGS.bit();
            case ALL -> EVERY;
            default -> bit();
        };
    }

    /** Of {@link #ALL} none: it is never asked for. */
    int bit() {
        return this == ALL ? 0 : 1 << ordinal();
    }

    static int allowed(Set<Operation> operations) {
        return operations.stream().mapToInt(Operation::allowed).reduce(0, (a, b) -> a | b);
    }
}
