package io.millrace.security;

/**
 * Which permissions are meant; null anywhere: whatever they have there.
 *
 * @param subjectName of a principal or group
 * @param name        as the pattern has it, not what it matches
 */
public record PermissionFilter(Subject.Kind subjectKind, String subjectName, Operation operation, ResourceType type,
                               ResourcePattern.Kind patternKind, String name, Permission.Effect effect) {
    public boolean matches(Permission permission) {
        return is(subjectKind, permission.subject().kind()) && is(subjectName, permission.subject().name())
                && is(operation, permission.operation()) && is(type, permission.resources().type())
                && is(patternKind, permission.resources().kind()) && is(name, permission.resources().name())
                && is(effect, permission.effect());
    }

    /** Whether it means all there are. */
    public boolean isEmpty() {
        return subjectKind == null && subjectName == null && operation == null && type == null && patternKind == null && name == null
                && effect == null;
    }

    private static boolean is(Object wanted, Object found) {
        return wanted == null || wanted.equals(found);
    }
}
