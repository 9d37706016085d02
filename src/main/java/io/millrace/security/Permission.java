package io.millrace.security;

import java.util.Comparator;
import java.util.Objects;

/** That someone may, or must not, do one thing to some resources. */
public record Permission(Subject subject, Operation operation, ResourcePattern resources, Effect effect) implements Comparable<Permission> {
    /** A denial wins over what else is allowed. */
    public enum Effect {
        ALLOW, DENY
    }

    private static final Comparator<Permission> ORDER = Comparator.comparing((Permission each) -> each.resources().type())
            .thenComparing(each -> each.resources().kind()).thenComparing(each -> each.resources().name())
            .thenComparing(each -> each.subject().kind()).thenComparing(each -> each.subject().name())
            .thenComparing(Permission::operation).thenComparing(Permission::effect);

    /** @throws IllegalArgumentException when that cannot be done to such a resource */
    public Permission {
        Objects.requireNonNull(subject);
        Objects.requireNonNull(effect);
        if (!resources.type().has(operation)) {
            throw new IllegalArgumentException(operation + " is nothing that is done to a " + resources.type().text() + "; that is "
                    + resources.type().operations());
        }
    }

    /** By resource, then subject. */
    @Override
    public int compareTo(Permission other) {
        return ORDER.compare(this, other);
    }
}
