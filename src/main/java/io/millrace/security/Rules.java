package io.millrace.security;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What the permissions on one pattern say, as bits of operations: those allowed in the lower half of a long, those denied in the upper. */
final class Rules {
    static final Rules NONE = new Rules(List.of());
    private static final int DENIED = Integer.SIZE;

    private final Map<String, Long> principals = new HashMap<>();
    private final Map<String, Long> groups = new HashMap<>();
    private final long everyone;

    Rules(List<Permission> permissions) {
        long all = 0;
        for (Permission each : permissions) {
            long bits = bits(each);
            switch (each.subject().kind()) {
                case PRINCIPAL -> principals.merge(each.subject().name(), bits, (a, b) -> a | b);
                case GROUP -> groups.merge(each.subject().name(), bits, (a, b) -> a | b);
                case EVERYONE -> all |= bits;
            }
        }
        this.everyone = all;
    }

    private static long bits(Permission permission) {
        return permission.effect() == Permission.Effect.DENY ? (long) permission.operation().denied() << DENIED
                : permission.operation().allowed();
    }

    long of(Caller caller) {
        long bits = everyone;
        if (!principals.isEmpty() && caller.principal() != null) {
            bits |= principals.getOrDefault(caller.principal(), 0L);
        }
        if (!groups.isEmpty()) {
            for (String group : caller.groups()) {
                bits |= groups.getOrDefault(group, 0L);
            }
        }
        return bits;
    }

    static boolean isAllowed(long bits, Operation operation) {
        return (bits & operation.bit()) != 0;
    }

    static boolean isDenied(long bits, Operation operation) {
        return (bits >>> DENIED & operation.bit()) != 0;
    }
}
