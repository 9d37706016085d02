package io.millrace.group.membership;

/**
 * A consumer as its requests name it.
 *
 * @param incarnation which of those that had the name, one after the other, or null: it does not say
 * @param asker       who sends the request; empty: nobody knows; null: whoever it is, it may
 */
public record ConsumerId(String name, String incarnation, String asker) {
    /** Of a request that is not asked whom it is from. */
    public ConsumerId(String name, String incarnation) {
        this(name, incarnation, null);
    }

    /** The consumer of that name, when there was only one. */
    public static ConsumerId of(String name) {
        return new ConsumerId(name, null);
    }

    /** The same, named by the request of someone. */
    public ConsumerId askedBy(String principal) {
        return new ConsumerId(name, incarnation, principal);
    }

    /** @param owner of the consumer, or null */
    boolean mayBeOf(String owner) {
        return owner == null || asker == null || asker.equals(owner);
    }
}
