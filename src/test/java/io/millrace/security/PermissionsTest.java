package io.millrace.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.millrace.security.Permission.Effect;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PermissionsTest {
    private static final Resource ORDERS = Resource.topic("orders");

    private static Caller caller(String name, Role... roles) {
        return new Caller(name, Set.of(), Set.of(roles));
    }

    private static Permission allow(Subject subject, Operation operation, ResourcePattern pattern) {
        return new Permission(subject, operation, pattern, Effect.ALLOW);
    }

    private static Permission deny(Subject subject, Operation operation, ResourcePattern pattern) {
        return new Permission(subject, operation, pattern, Effect.DENY);
    }

    @ParameterizedTest
    @CsvSource({"CLIENT, READ, true", "CLIENT, WRITE, true", "CLIENT, DESCRIBE, true", "CLIENT, CREATE, false", "CLIENT, DELETE, false",
        "CLIENT, ALTER_CONFIGS, false", "OPERATOR, READ, false", "OPERATOR, WRITE, false", "OPERATOR, DESCRIBE, true",
        "OPERATOR, CREATE, true", "OPERATOR, ALTER, true", "OPERATOR, ALTER_CONFIGS, true", "OPERATOR, DELETE, false",
        "ADMIN, DELETE, true", "BROKER, READ, false"})
    void beforeTheFirstPermissionTheRoleDecides(Role role, Operation operation, boolean allowed) {
        assertThat(Permissions.NONE.allows(caller("alice", role), operation, ORDERS)).isEqualTo(allowed);
    }

    @Test
    void nobodyWithoutARoleOrANameIsLetInByNothing() {
        assertThat(Permissions.NONE.allows(caller("alice"), Operation.DESCRIBE, ORDERS)).isFalse();
        assertThat(Permissions.NONE.allows(new Caller(null, Set.of(), Set.of(Role.CLIENT)), Operation.DESCRIBE, ORDERS)).isFalse();
    }

    @Test
    void theFirstPermissionClosesTheRestToClients() {
        Permissions permissions = new Permissions(List.of(allow(Subject.principal("bob"), Operation.READ,
                ResourcePattern.any(ResourceType.GROUP))));

        assertThat(permissions.allows(caller("alice", Role.CLIENT), Operation.READ, ORDERS)).isFalse();
        assertThat(permissions.allows(caller("alice", Role.ADMIN), Operation.DELETE, ORDERS)).isTrue();
        assertThat(permissions.allows(caller("alice", Role.OPERATOR), Operation.CLUSTER_ACTION, Resource.CLUSTER)).isTrue();
    }

    @Test
    void anOperatorGivesNobodyPermissionsNotEvenItself() {
        assertThat(Permissions.NONE.allows(caller("olga", Role.OPERATOR), Operation.ALTER, Resource.CLUSTER)).isFalse();
    }

    @Test
    void aDenialWinsOverWhatPermissionsAndAnOperatorsRoleAllowButNotOverAnAdmin() {
        Permissions permissions = new Permissions(List.of(
                allow(Subject.EVERYONE, Operation.ALL, ResourcePattern.any(ResourceType.TOPIC)),
                deny(Subject.principal("alice"), Operation.DESCRIBE, ResourcePattern.prefix(ResourceType.TOPIC, "ord"))));

        assertThat(permissions.allows(caller("alice", Role.OPERATOR), Operation.DESCRIBE, ORDERS)).isFalse();
        assertThat(permissions.allows(caller("alice"), Operation.READ, ORDERS)).as("a denial implies no other").isTrue();
        assertThat(permissions.allows(caller("alice", Role.ADMIN), Operation.DESCRIBE, ORDERS)).isTrue();
        assertThat(permissions.allows(caller("bob"), Operation.DESCRIBE, ORDERS)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"READ", "WRITE", "DELETE", "ALTER"})
    void whoMayUseATopicMaySeeIt(Operation operation) {
        Permissions permissions = new Permissions(List.of(allow(Subject.group("g"), operation, ResourcePattern.of(ORDERS))));
        Caller member = new Caller("alice", Set.of("f", "g"), Set.of());

        assertThat(permissions.allows(member, Operation.DESCRIBE, ORDERS)).isTrue();
        assertThat(permissions.allows(member, Operation.DESCRIBE_CONFIGS, ORDERS)).isFalse();
        assertThat(permissions.allows(caller("alice"), Operation.DESCRIBE, ORDERS)).isFalse();
    }

    @Test
    void whetherThereIsSomethingToWriteToIsFoundAmongAllPatternsUnlessAllAreDenied() {
        Permission some = allow(Subject.principal("alice"), Operation.WRITE, ResourcePattern.prefix(ResourceType.TOPIC, "a"));
        Permission none = deny(Subject.EVERYONE, Operation.WRITE, ResourcePattern.any(ResourceType.TOPIC));

        assertThat(new Permissions(List.of(some)).allowsSome(caller("alice"), Operation.WRITE, ResourceType.TOPIC)).isTrue();
        assertThat(new Permissions(List.of(some)).allowsSome(caller("bob"), Operation.WRITE, ResourceType.TOPIC)).isFalse();
        assertThat(new Permissions(List.of(some, none)).allowsSome(caller("alice"), Operation.WRITE, ResourceType.TOPIC)).isFalse();
    }

    @Test
    void whatIsNeverDoneToAResourceCannotBePermitted() {
        assertThatIllegalArgumentException().isThrownBy(() -> allow(Subject.EVERYONE, Operation.WRITE,
                ResourcePattern.any(ResourceType.GROUP))).withMessageContaining("WRITE");
        assertThatIllegalArgumentException().isThrownBy(() -> ResourcePattern.prefix(ResourceType.CLUSTER, "c"));
        assertThatIllegalArgumentException().isThrownBy(() -> Subject.principal("a\nb"));
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void itDecidesAsALookAtEachPermissionDoes(long seed) {
        Random random = new Random(seed);
        for (int round = 0; round < 200; round++) {
            List<Permission> all = new ArrayList<>();
            for (int i = random.nextInt(30); i > 0; i--) {
                all.add(permission(random));
            }
            Permissions permissions = new Permissions(all);
            for (int i = 0; i < 100; i++) {
                Caller caller = callerOf(random);
                ResourceType type = any(random, ResourceType.values());
                Resource resource = type == ResourceType.CLUSTER ? Resource.CLUSTER : new Resource(type, name(random));
                Operation operation = operation(random, type, false);
                assertThat(permissions.allows(caller, operation, resource)).as("%s %s %s by %s", caller, operation, resource, all)
                        .isEqualTo(naive(all, caller, operation, resource));
            }
        }
    }

    private static boolean naive(List<Permission> all, Caller caller, Operation operation, Resource resource) {
        if (caller.is(Role.ADMIN)) {
            return true;
        }
        boolean allowed = (RoleGrants.always(caller, resource.type()) & operation.bit()) != 0
                || all.isEmpty() && (RoleGrants.untilTheFirstPermission(caller, resource.type()) & operation.bit()) != 0;
        for (Permission each : all) {
            if (each.subject().includes(caller) && each.resources().matches(resource)) {
                boolean same = each.operation() == operation || each.operation() == Operation.ALL;
                if (each.effect() == Effect.DENY && same) {
                    return false;
                }
                boolean implied = operation == Operation.DESCRIBE && Set.of(Operation.READ, Operation.WRITE, Operation.DELETE,
                        Operation.ALTER).contains(each.operation())
                        || operation == Operation.DESCRIBE_CONFIGS && each.operation() == Operation.ALTER_CONFIGS;
                allowed |= each.effect() == Effect.ALLOW && (same || implied);
            }
        }
        return allowed;
    }

    private static Permission permission(Random random) {
        ResourceType type = any(random, ResourceType.values());
        ResourcePattern pattern = type == ResourceType.CLUSTER ? ResourcePattern.of(Resource.CLUSTER)
                : switch (random.nextInt(6)) {
                    case 0 -> ResourcePattern.any(type);
                    case 1, 2, 3 -> ResourcePattern.prefix(type, name(random));
                    default -> new ResourcePattern(type, ResourcePattern.Kind.LITERAL, name(random));
                };
        Subject subject = switch (random.nextInt(5)) {
            case 0 -> Subject.EVERYONE;
            case 1, 2 -> Subject.group("g" + random.nextInt(3));
            default -> Subject.principal("p" + random.nextInt(3));
        };
        return new Permission(subject, operation(random, type, true), pattern, random.nextInt(4) == 0 ? Effect.DENY : Effect.ALLOW);
    }

    private static Operation operation(Random random, ResourceType type, boolean all) {
        List<Operation> possible = type.operations().stream().filter(each -> all || each != Operation.ALL).toList();
        return possible.get(random.nextInt(possible.size()));
    }

    /** Of few letters, so that many begin with others. */
    private static String name(Random random) {
        StringBuilder name = new StringBuilder();
        for (int i = random.nextInt(5); i >= 0; i--) {
            name.append((char) ('a' + random.nextInt(2)));
        }
        return name.toString();
    }

    private static Caller callerOf(Random random) {
        String principal = random.nextInt(8) == 0 ? null : "p" + random.nextInt(3);
        Set<String> groups = random.nextBoolean() ? Set.of() : Set.of("g" + random.nextInt(3), "x");
        Set<Role> roles = random.nextBoolean() ? Set.of(Role.CLIENT) : random.nextBoolean() ? Set.of() : Set.of(any(random, Role.values()));
        return new Caller(principal, groups, roles);
    }

    private static <T> T any(Random random, T[] values) {
        return values[random.nextInt(values.length)];
    }
}
