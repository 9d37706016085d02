package io.millrace.coordinator;

/**
 * Is told when a partition's state comes into memory here and goes, for what is kept beside it. Called by the partition's
 * task: it must not wait.
 */
public interface CoordinatorListener<M> {
    /** The state is complete, and requests are decided from now on. */
    default void began(int partition, int epoch, M machine) {
    }

    /** Whatever was known of the state is worth nothing any more. */
    default void ended(int partition, int epoch) {
    }
}
