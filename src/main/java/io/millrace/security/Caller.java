package io.millrace.security;

import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;

/**
 * Who asks, as the container found out.
 *
 * @param principal its name; null: nobody knows
 * @param groups    that it is in, of the user registry or of its token
 * @param roles     that the container gave it
 */
public record Caller(String principal, Set<String> groups, Set<Role> roles) {
    public static final Caller ANONYMOUS = new Caller(null, Set.of(), Set.of());

    public Caller {
        groups = Set.copyOf(groups);
        roles = roles.isEmpty() ? Set.of() : Collections.unmodifiableSet(EnumSet.copyOf(roles));
    }

    public boolean isAnonymous() {
        return principal == null;
    }

    public boolean is(Role role) {
        return roles.contains(role);
    }
}
