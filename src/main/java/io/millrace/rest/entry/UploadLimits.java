package io.millrace.rest.entry;

/**
 * What bodies on their way here may take.
 *
 * @param maxBytes   as they are sent, the largest, 1 or more
 * @param timeoutMs  from the first look at a body to its last byte, 1 or more
 * @param maxWaiting bodies whose next bytes are awaited at a time, 2 or more; each holds a thread
 */
public record UploadLimits(long maxBytes, long timeoutMs, int maxWaiting) {
    public UploadLimits {
        if (maxBytes < 1 || timeoutMs < 1 || maxWaiting < 2) {
            throw new IllegalArgumentException("limits of uploads must be positive: %d bytes, %d ms, %d waiting"
                    .formatted(maxBytes, timeoutMs, maxWaiting));
        }
    }

    /** Of one caller: the others shall have as many. */
    int maxWaitingOfOne() {
        return maxWaiting / 2;
    }

    /** Of them those that have begun to come. */
    int maxBegun() {
        return exceptAQuarter(maxWaiting);
    }

    /** As {@link #maxBegun}, of one caller. */
    int maxBegunOfOne() {
        return exceptAQuarter(maxWaitingOfOne());
    }

    private static int exceptAQuarter(int room) {
        return room - room / 4;
    }
}
