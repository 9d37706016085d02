package io.millrace.group.membership;

/**
 * What tells a consumer from others that had its name, or its place, before it, and may not know that they lost it.
 *
 * @param token    no other consumer has it; empty when an earlier version created the consumer, or wrote it last
 * @param onlyOne  whether no other one lost the name to it, so that requests that name no incarnation are its own
 * @param replaced name of the one whose place it took by its group.instance.id, or null
 */
public record Incarnation(String token, boolean onlyOne, String replaced) {
    /** Of consumers that an earlier version created. */
    public static final Incarnation UNKNOWN = new Incarnation("", true, null);

    /** Whether a request is this one's. @param claimed what it says, or null: nothing */
    public boolean is(String claimed) {
        return claimed == null || token.isEmpty() ? onlyOne : claimed.equals(token);
    }
}
