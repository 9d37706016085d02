package io.millrace.metadata.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.agreement.registers.InMemoryRegisterStore;
import io.millrace.metadata.BrokerException;
import io.millrace.security.Caller;
import io.millrace.security.Operation;
import io.millrace.security.Permission;
import io.millrace.security.Permission.Effect;
import io.millrace.security.PermissionFilter;
import io.millrace.security.Quota;
import io.millrace.security.Resource;
import io.millrace.security.ResourcePattern;
import io.millrace.security.ResourceType;
import io.millrace.security.Subject;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class AccessRegistersTest {
    private static final PermissionFilter ALL = new PermissionFilter(null, null, null, null, null, null, null);

    private final InMemoryRegisterStore store = new InMemoryRegisterStore();
    private final AccessRegisters registers = new AccessRegisters(store);
    private final AccessRules rules = new AccessRules();

    private static Permission permission(String principal, String topic, Effect effect) {
        return new Permission(Subject.principal(principal), Operation.READ, ResourcePattern.of(Resource.topic(topic)), effect);
    }

    private static List<Permission> permissions(int count) {
        return IntStream.range(0, count).mapToObj(i -> permission("principal-" + i % 100, "topic-of-usual-length-" + i,
                Effect.ALLOW)).toList();
    }

    @Test
    void whatIsThereAlreadyIsNotAddedAgain() {
        Permission first = permission("alice", "a", Effect.ALLOW);
        Permission second = permission("alice", "b", Effect.DENY);

        assertThat(registers.add(List.of(first))).containsExactly(first);
        assertThat(registers.add(List.of(first, second, second))).containsExactly(second);
        assertThat(registers.permissions()).containsExactly(first, second);
    }

    @Test
    void thoseThatAFilterMeansAreDeletedAndTold() {
        registers.add(List.of(permission("alice", "a", Effect.ALLOW), permission("bob", "a", Effect.ALLOW)));

        assertThat(registers.delete(new PermissionFilter(Subject.Kind.PRINCIPAL, "alice", null, ResourceType.TOPIC, null, null, null)))
                .containsExactly(permission("alice", "a", Effect.ALLOW));
        assertThat(registers.permissions()).containsExactly(permission("bob", "a", Effect.ALLOW));
        assertThat(registers.delete(ALL)).hasSize(1);
        assertThat(store.keys("permissions/")).isEmpty();
    }

    @Test
    void tenThousandPermissionsOfUsualLengthFitAndNoRegisterIsLarge() {
        registers.add(permissions(10_000));

        assertThat(registers.permissions()).hasSize(10_000);
        assertThat(store.keys("permissions/")).hasSize(64).allSatisfy(key ->
                assertThat(store.read(key).orElseThrow().value().getBytes(StandardCharsets.UTF_8).length).isLessThan(32 * 1024));
        assertThatThrownBy(() -> registers.add(List.of(permission("one", "more", Effect.ALLOW))))
                .isInstanceOf(AccessLimitException.class).hasMessageContaining("10000");
        assertThat(registers.add(permissions(5))).isEmpty();
    }

    @Test
    void aRegisterIsNotFilledWithoutBounds() {
        String name = "x".repeat(250);
        assertThatThrownBy(() -> registers.add(IntStream.range(0, 9_000).mapToObj(i -> permission(i + name, i + name, Effect.ALLOW))
                .toList())).isInstanceOf(AccessLimitException.class);
    }

    @Test
    void aQuotaReplacesTheOneBefore() {
        registers.set(List.of(new Quota("alice", 1L, null, null), new Quota(null, null, 2L, null)));

        assertThat(registers.set(List.of(new Quota("alice", 3L, null, 4L), new Quota(null, null, 2L, null))))
                .containsExactly(new Quota("alice", 3L, null, 4L));
        assertThat(registers.quotas()).containsExactly(new Quota(null, null, 2L, null), new Quota("alice", 3L, null, 4L));
        assertThat(registers.deleteQuotas(each -> each.principal() == null)).hasSize(1);
        assertThat(registers.quotas()).containsExactly(new Quota("alice", 3L, null, 4L));
    }

    @Test
    void nobodyMayDoAnythingBeforeTheRulesWereRead() {
        assertThatThrownBy(rules::permissions).isInstanceOf(BrokerException.class).hasMessageContaining("try again");
    }

    @Test
    void changesCountFromTheNextReadingOnAndOutagesChangeNothing() {
        Caller alice = new Caller("alice", Set.of(), Set.of());
        rules.refresh(store);
        registers.add(List.of(permission("alice", "a", Effect.ALLOW)));
        assertThat(rules.permissions().allows(alice, Operation.READ, Resource.topic("a"))).isFalse();

        rules.refresh(store);
        assertThat(rules.permissions().allows(alice, Operation.READ, Resource.topic("a"))).isTrue();

        store.setAvailable(false);
        assertThatThrownBy(() -> rules.refresh(store)).isInstanceOf(BrokerException.class);
        assertThat(rules.permissions().allows(alice, Operation.READ, Resource.topic("a"))).isTrue();
    }
}
