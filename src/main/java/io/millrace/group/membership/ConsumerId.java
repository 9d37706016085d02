package io.millrace.group.membership;

/**
 * A consumer as its requests name it.
 *
 * @param incarnation which of those that had the name, one after the other, or null: it does not say
 */
public record ConsumerId(String name, String incarnation) {
    /** The consumer of that name, when there was only one. */
    public static ConsumerId of(String name) {
        return new ConsumerId(name, null);
    }
}
