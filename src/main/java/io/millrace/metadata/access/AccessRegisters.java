package io.millrace.metadata.access;

import io.millrace.agreement.registers.RegisterStore;
import io.millrace.metadata.BrokerException;
import io.millrace.security.Permission;
import io.millrace.security.PermissionFilter;
import io.millrace.security.Quota;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * Reads and changes permissions and quotas. What a call returns is durable. Blocks. Every method throws {@link BrokerException}
 * UNAVAILABLE when the registers cannot be reached: then a part of several changes may have been made, and they are to be repeated.
 */
public final class AccessRegisters {
    private static final Comparator<Quota> BY_PRINCIPAL =
            Comparator.comparing(Quota::principal, Comparator.nullsFirst(Comparator.naturalOrder()));

    private final SpreadRegisters<Permission> permissions;
    private final SpreadRegisters<Quota> quotas;

    public AccessRegisters(RegisterStore registers) {
        this.permissions = new SpreadRegisters<>(registers, new PermissionRows());
        this.quotas = new SpreadRegisters<>(registers, new QuotaRows());
    }

    /** All of them, sorted. */
    public List<Permission> permissions() {
        return permissions.all().stream().sorted().toList();
    }

    /**
     * Denials first: what is to be held back at the end is never let through on the way.
     *
     * @return those that were not there before, sorted
     * @throws AccessLimitException when there would be too many
     */
    public List<Permission> add(Collection<Permission> wanted) {
        Set<Permission> missing = new TreeSet<>(wanted);
        List<Permission> present = permissions.all();
        present.forEach(missing::remove);
        permissions.requireRoom(present.size() + missing.size(), missing.size());
        List<Permission> added = new ArrayList<>();
        for (Permission.Effect effect : List.of(Permission.Effect.DENY, Permission.Effect.ALLOW)) {
            List<Permission> some = missing.stream().filter(each -> each.effect() == effect).toList();
            SortedMap<String, List<Permission>> byKey = permissions.byKey(some);
            permissions.announce(byKey.keySet());
            byKey.forEach((key, entries) -> {
                SpreadRegisters.Changed<Permission> changed = permissions.change(key, before -> {
                    Set<Permission> after = new TreeSet<>(before);
                    after.addAll(entries);
                    return List.copyOf(after);
                });
                added.addAll(without(changed.after(), changed.before()));
            });
        }
        return added.stream().sorted().toList();
    }

    /** Those that allow first. @return those that there are no more, sorted */
    public List<Permission> delete(PermissionFilter filter) {
        List<Permission> deleted = new ArrayList<>();
        List<Permission> present = permissions.all().stream().filter(filter::matches).toList();
        for (Permission.Effect effect : List.of(Permission.Effect.ALLOW, Permission.Effect.DENY)) {
            Predicate<Permission> meant = each -> each.effect() == effect && filter.matches(each);
            permissions.byKey(present.stream().filter(meant).toList()).keySet().forEach(key -> {
                SpreadRegisters.Changed<Permission> changed = permissions.change(key,
                        before -> before.stream().filter(meant.negate()).toList());
                deleted.addAll(without(changed.before(), changed.after()));
            });
        }
        return deleted.stream().sorted().toList();
    }

    /** All of them, by principal, the one for all others first. */
    public List<Quota> quotas() {
        return quotas.all().stream().sorted(BY_PRINCIPAL).toList();
    }

    /**
     * Sets quotas, each instead of the one that its principal had.
     *
     * @return those that were not there just so
     * @throws AccessLimitException when there would be too many
     */
    public List<Quota> set(Collection<Quota> wanted) {
        List<Quota> present = quotas.all();
        Set<String> principals = present.stream().map(Quota::principal).collect(Collectors.toCollection(HashSet::new));
        int before = principals.size();
        wanted.forEach(each -> principals.add(each.principal()));
        quotas.requireRoom(principals.size(), principals.size() - before);
        SortedMap<String, List<Quota>> byKey = quotas.byKey(wanted);
        quotas.announce(byKey.keySet());
        List<Quota> set = new ArrayList<>();
        byKey.forEach((key, entries) -> {
            SpreadRegisters.Changed<Quota> changed = quotas.change(key, found -> replaced(found, entries));
            set.addAll(without(changed.after(), changed.before()));
        });
        return set.stream().sorted(BY_PRINCIPAL).toList();
    }

    private static List<Quota> replaced(List<Quota> present, List<Quota> by) {
        Map<String, Quota> after = new TreeMap<>(Comparator.nullsFirst(Comparator.naturalOrder()));
        present.forEach(each -> after.put(each.principal(), each));
        by.forEach(each -> after.put(each.principal(), each));
        return List.copyOf(after.values());
    }

    /** @return those that there are no more */
    public List<Quota> deleteQuotas(Predicate<Quota> meant) {
        List<Quota> deleted = new ArrayList<>();
        quotas.byKey(quotas.all().stream().filter(meant).toList()).keySet().forEach(key -> {
            SpreadRegisters.Changed<Quota> changed = quotas.change(key, before -> before.stream().filter(meant.negate()).toList());
            deleted.addAll(without(changed.before(), changed.after()));
        });
        return deleted.stream().sorted(BY_PRINCIPAL).toList();
    }

    private static <T> List<T> without(List<T> some, List<T> others) {
        Set<T> left = new HashSet<>(others);
        return some.stream().filter(each -> !left.contains(each)).toList();
    }
}
