package io.millrace.security;

import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * All permissions there are, made ready to decide in about a microsecond, however many they are. A denial wins; what is neither
 * allowed by a permission nor by a role ({@link RoleGrants}) is not allowed. An admin may do everything. Immutable.
 */
public final class Permissions {
    public static final Permissions NONE = new Permissions(Set.of());

    private final boolean isEmpty;
    private final Map<ResourceType, Index> indexes = new EnumMap<>(ResourceType.class);

    /** @param all in any order */
    public Permissions(Collection<Permission> all) {
        this.isEmpty = all.isEmpty();
        Map<ResourceType, List<Permission>> byType = all.stream().collect(Collectors.groupingBy(each -> each.resources().type()));
        for (ResourceType type : ResourceType.values()) {
            indexes.put(type, new Index(byType.getOrDefault(type, List.of())));
        }
    }

    /** Of one type of resource. */
    private static final class Index {
        private final Map<String, Rules> literal = new HashMap<>();
        private final PrefixRules prefixes;
        private final Rules any;
        /** For questions about no resource in particular. */
        private final Rules all;

        Index(List<Permission> permissions) {
            literal.putAll(rules(permissions, ResourcePattern.Kind.LITERAL));
            prefixes = new PrefixRules(new TreeMap<>(rules(permissions, ResourcePattern.Kind.PREFIX)));
            any = new Rules(permissions.stream().filter(each -> each.resources().kind() == ResourcePattern.Kind.ANY).toList());
            all = new Rules(permissions);
        }

        private static Map<String, Rules> rules(List<Permission> permissions, ResourcePattern.Kind kind) {
            return permissions.stream().filter(each -> each.resources().kind() == kind).collect(Collectors.groupingBy(
                    each -> each.resources().name(), Collectors.collectingAndThen(Collectors.toList(), Rules::new)));
        }

        long of(Caller caller, String name) {
            return any.of(caller) | literal.getOrDefault(name, Rules.NONE).of(caller) | prefixes.of(caller, name);
        }
    }

    /** Whether the caller may do that to this resource. Thread-safe, does not block. */
    public boolean allows(Caller caller, Operation operation, Resource resource) {
        if (caller.is(Role.ADMIN)) {
            return true;
        }
        long bits = indexes.get(resource.type()).of(caller, resource.name());
        return !Rules.isDenied(bits, operation) && (Rules.isAllowed(bits, operation) || allowsByRole(caller, operation, resource.type()));
    }

    /**
     * Whether there can be a resource of this type that the caller may do that to: there is a permission for it, and none denies it
     * for any resource. A denial of fewer resources is not looked at.
     */
    public boolean allowsSome(Caller caller, Operation operation, ResourceType type) {
        if (caller.is(Role.ADMIN)) {
            return true;
        }
        Index index = indexes.get(type);
        return !Rules.isDenied(index.any.of(caller), operation)
                && (Rules.isAllowed(index.all.of(caller), operation) || allowsByRole(caller, operation, type));
    }

    private boolean allowsByRole(Caller caller, Operation operation, ResourceType type) {
        return Rules.isAllowed(RoleGrants.always(caller, type)
                | (isEmpty ? RoleGrants.untilTheFirstPermission(caller, type) : 0), operation);
    }
}
