package io.millrace.coordinator;

/**
 * How one partition of an internal topic stands on this broker; for operators.
 *
 * @param epoch   of the leadership, or -1
 * @param load    how far it has come, or how it went; null before
 * @param failure why it cannot be served, a sentence; null unless the state is FAILED
 */
public record CoordinatorStatus(int partition, State state, int epoch, LoadProgress load, String failure) {
    /** What a broker is to a partition. */
    public enum State {
        /** Another broker leads, or none. */
        NOT_LED,
        /** It leads, and reads what there is. */
        LOADING,
        /** It decides and answers. */
        ACTIVE,
        /** It leads and cannot read what there is, or lost track of it; it tries again. */
        FAILED
    }

    /** Of a partition that this broker does not lead. */
    static CoordinatorStatus notLed(int partition) {
        return new CoordinatorStatus(partition, State.NOT_LED, -1, null, null);
    }
}
