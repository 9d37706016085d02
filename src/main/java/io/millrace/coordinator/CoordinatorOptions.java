package io.millrace.coordinator;

/**
 * What a runtime is configured with.
 *
 * @param maxWaiting  how many requests of one partition may be unanswered; further ones are refused with OVERLOADED
 * @param commitNanos how long a request waits for its answer, in ns; a change that is written by then stays written
 */
public record CoordinatorOptions(int maxWaiting, long commitNanos) {
    /** So many that a second's worth of them may wait. */
    public static final int MAX_WAITING = 10_000;
}
