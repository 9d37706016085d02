package io.millrace.rest.model;

import io.millrace.security.Permission;
import io.millrace.security.ResourcePattern;
import io.millrace.security.Subject;
import jakarta.json.bind.annotation.JsonbPropertyOrder;
import java.util.List;
import java.util.Locale;

/**
 * A permission.
 *
 * @param principal    null: it is about a group or everyone
 * @param group        null: it is about a principal or everyone
 * @param everyone     whether it is about every caller
 * @param resourceName null: of any name
 */
@JsonbPropertyOrder({"principal", "group", "everyone", "operation", "resourceType", "patternType", "resourceName", "effect"})
public record PermissionEntry(String principal, String group, boolean everyone, String operation, String resourceType,
                              String patternType, String resourceName, String effect) {
    /** All there are that were asked for. */
    public record All(List<PermissionEntry> permissions) {
        public static All of(List<Permission> all) {
            return new All(entries(all));
        }
    }

    /** Those that are new. */
    public record Added(List<PermissionEntry> added) {
        public static Added of(List<Permission> all) {
            return new Added(entries(all));
        }
    }

    /** Those that there are no more. */
    public record Deleted(List<PermissionEntry> deleted) {
        public static Deleted of(List<Permission> all) {
            return new Deleted(entries(all));
        }
    }

    private static List<PermissionEntry> entries(List<Permission> all) {
        return all.stream().map(PermissionEntry::of).toList();
    }

    public static PermissionEntry of(Permission permission) {
        Subject subject = permission.subject();
        ResourcePattern resources = permission.resources();
        return new PermissionEntry(subject.kind() == Subject.Kind.PRINCIPAL ? subject.name() : null,
                subject.kind() == Subject.Kind.GROUP ? subject.name() : null, subject.kind() == Subject.Kind.EVERYONE,
                permission.operation().name(), word(resources.type()), word(resources.kind()),
                resources.kind() == ResourcePattern.Kind.ANY ? null : resources.name(), word(permission.effect()));
    }

    private static String word(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }
}
