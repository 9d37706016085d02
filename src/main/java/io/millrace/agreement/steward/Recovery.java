package io.millrace.agreement.steward;

/**
 * What only an operator can decide: to go on although what lost disks held may be lost. A decision counts for the very
 * loss that he was told of, and is over when the agreement stands again. Asked by the steward, granted by any thread.
 */
final class Recovery {
    private static final System.Logger LOGGER = System.getLogger(Recovery.class.getName());
    /** What was asked in the round before; null: nothing. */
    private volatile Loss asked;
    private volatile Loss granted;
    /** What is asked in the round that is under way. Of the steward alone. */
    private Loss asking;

    /** @return whether the operator has said to go on with this loss */
    boolean isGranted(Loss loss) {
        asking = loss;
        asked = loss;
        return loss.equals(granted);
    }

    /** What an operator may say now; null: nothing is asked. */
    Loss asked() {
        return asked;
    }

    /** A round of the steward came to its end: what it did not ask is asked no more. */
    void roundOver() {
        asked = asking;
        asking = null;
    }

    /**
     * The operator says to go on.
     *
     * @param loss that he was told of
     * @throws IllegalStateException when it is not the one that is asked for now
     */
    void grant(Loss loss) {
        Loss open = asked;
        if (open == null) {
            throw new IllegalStateException("nothing waits for a decision of the operator here");
        } else if (!open.equals(loss)) {
            throw new IllegalStateException("that is not what this server waits for, or not any more: look at"
                + " /health/ready again, and decide. Now it would be " + open.request());
        }
        LOGGER.log(System.Logger.Level.WARNING, "the operator decided to go on with the journals of brokers " + open.kept()
            + ", and with those of " + open.replaced() + ", which are new");
        granted = open;
    }

    /** Nothing is open. */
    void settle() {
        asking = null;
        asked = null;
        granted = null;
    }
}
