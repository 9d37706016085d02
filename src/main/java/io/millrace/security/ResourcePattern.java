package io.millrace.security;

import java.util.Objects;

/**
 * Which resources a permission is about.
 *
 * @param name of the one resource, or what names begin with; empty for any
 */
public record ResourcePattern(ResourceType type, Kind kind, String name) {
    /** How names are meant. */
    public enum Kind {
        LITERAL, PREFIX, ANY
    }

    /** @throws IllegalArgumentException when the name is not one, or the cluster is meant by a part of its name */
    public ResourcePattern {
        Objects.requireNonNull(type);
        Objects.requireNonNull(kind);
        if (kind == Kind.ANY && !name.isEmpty()) {
            throw new IllegalArgumentException("any resource has no name: leave it out");
        } else if (kind != Kind.ANY) {
            Names.check("the resource", name);
        }
        if (type == ResourceType.CLUSTER && (kind != Kind.LITERAL || !name.equals(Resource.CLUSTER.name()))) {
            throw new IllegalArgumentException("there is one cluster only, by the literal name " + Resource.CLUSTER.name());
        }
    }

    public static ResourcePattern of(Resource resource) {
        return new ResourcePattern(resource.type(), Kind.LITERAL, resource.name());
    }

    public static ResourcePattern prefix(ResourceType type, String prefix) {
        return new ResourcePattern(type, Kind.PREFIX, prefix);
    }

    public static ResourcePattern any(ResourceType type) {
        return new ResourcePattern(type, Kind.ANY, "");
    }

    public boolean matches(Resource resource) {
        return resource.type() == type && switch (kind) {
            case LITERAL -> resource.name().equals(name);
            case PREFIX -> resource.name().startsWith(name);
            case ANY -> true;
        };
    }
}
