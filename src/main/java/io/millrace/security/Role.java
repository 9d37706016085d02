package io.millrace.security;

import java.util.Optional;

/** What the container says that a caller is. What each may do by that alone is in {@link RoleGrants}. */
public enum Role {
    ADMIN("millrace-admin"),
    OPERATOR("millrace-operator"),
    CLIENT("millrace-client"),
    BROKER("millrace-broker");

    private final String text;

    Role(String text) {
        this.text = text;
    }

    /** As the container's configuration has it. */
    public String text() {
        return text;
    }

    public static Optional<Role> of(String text) {
        for (Role role : values()) {
            if (role.text.equals(text)) {
                return Optional.of(role);
            }
        }
        return Optional.empty();
    }
}
