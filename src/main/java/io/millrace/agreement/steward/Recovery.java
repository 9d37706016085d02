package io.millrace.agreement.steward;

/**
 * What only an operator can decide: to go on although what lost disks held may be lost. A decision counts for the very
 * situation that he was told of, and is over when the agreement stands again. Asked by the steward, granted by any thread.
 */
final class Recovery {
    private static final System.Logger LOGGER = System.getLogger(Recovery.class.getName());
    /** What is open, a sentence that names the brokers; null: nothing. */
    private volatile String question;
    private volatile String granted;

    /** @return whether the operator has said to go on in this situation */
    boolean isGranted(String situation) {
        question = situation;
        return situation.equals(granted);
    }

    /**
     * The operator says to go on.
     *
     * @return in which situation
     * @throws IllegalStateException when nothing waits for that
     */
    String grant() {
        String open = question;
        if (open == null) {
            throw new IllegalStateException("nothing waits for a decision of the operator here");
        }
        LOGGER.log(System.Logger.Level.WARNING, "the operator decided to go on with what is there: " + open);
        granted = open;
        return open;
    }

    /** Nothing is open. */
    void settle() {
        question = null;
        granted = null;
    }
}
