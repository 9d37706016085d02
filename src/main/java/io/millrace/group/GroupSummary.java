package io.millrace.group;

/**
 * A group in a list.
 *
 * @param members that take part
 */
public record GroupSummary(String group, GroupDescription.State state, int members) {
}
