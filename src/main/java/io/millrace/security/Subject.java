package io.millrace.security;

import java.util.Objects;

/**
 * Whom a permission is about.
 *
 * @param name of the principal or group; empty: everyone, whether it is known who that is or not
 */
public record Subject(Kind kind, String name) {
    /** How callers are meant. */
    public enum Kind {
        PRINCIPAL, GROUP, EVERYONE
    }

    public static final Subject EVERYONE = new Subject(Kind.EVERYONE, "");

    /** @throws IllegalArgumentException when the name is not one: the message says why */
    public Subject {
        Objects.requireNonNull(kind);
        if (kind == Kind.EVERYONE && !name.isEmpty()) {
            throw new IllegalArgumentException("everyone has no name");
        } else if (kind != Kind.EVERYONE) {
            Names.check(kind == Kind.GROUP ? "the group" : "the principal", name);
        }
    }

    public static Subject principal(String name) {
        return new Subject(Kind.PRINCIPAL, name);
    }

    public static Subject group(String name) {
        return new Subject(Kind.GROUP, name);
    }

    /** Whether this one is meant, by name, by a group or with all others. */
    public boolean includes(Caller caller) {
        return switch (kind) {
            case PRINCIPAL -> name.equals(caller.principal());
            case GROUP -> caller.groups().contains(name);
            case EVERYONE -> true;
        };
    }
}
