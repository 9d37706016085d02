package io.millrace.security;

import java.util.Objects;

/** One topic, group or transactional id, or the cluster. */
public record Resource(ResourceType type, String name) {
    public static final Resource CLUSTER = new Resource(ResourceType.CLUSTER, "cluster");

    public Resource {
        Objects.requireNonNull(type);
        Objects.requireNonNull(name);
    }

    public static Resource topic(String name) {
        return new Resource(ResourceType.TOPIC, name);
    }

    public static Resource group(String id) {
        return new Resource(ResourceType.GROUP, id);
    }

    public static Resource transactionalId(String id) {
        return new Resource(ResourceType.TRANSACTIONAL_ID, id);
    }

    /** In sentences, for example {@code topic 'orders'}. */
    @Override
    public String toString() {
        return type == ResourceType.CLUSTER ? "the cluster" : type.text() + " '" + name + "'";
    }
}
