package io.millrace.group;

/**
 * How far a group has come in a partition.
 *
 * @param offset        of the next record to read
 * @param committedAtMs when, in ms since the epoch
 */
public record CommittedOffset(long offset, long committedAtMs) {
}
