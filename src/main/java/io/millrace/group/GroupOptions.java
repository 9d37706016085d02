package io.millrace.group;

/**
 * @param defaultAssignor    of groups whose members ask for none
 * @param maxSize            the most consumers that a group may have
 * @param maxGroups          the most groups that a broker coordinates: no more are created there
 * @param offsetsRetentionMs how long committed offsets are kept that nobody uses, in ms
 * @param idleMs             how long a consumer is kept that is not heard of, in ms
 * @param maxWaitMs          the longest that a poll waits, in ms
 * @param balanceMs          how long a preferred leader must be able to lead before it coordinates again, in ms
 */
public record GroupOptions(String defaultAssignor, int maxSize, int maxGroups, long offsetsRetentionMs, long idleMs, long maxWaitMs,
                           long balanceMs) {
}
