package io.millrace.log;

/** A close that consists of several steps. Each of them is taken, whatever became of those before it. */
public final class Closing {
    private Closing() {
    }

    /**
     * Takes all steps in their order, and then throws what the first failed one threw; the others' faults are its
     * suppressed ones. A step that is null is none.
     *
     * @throws IllegalStateException around a checked exception
     */
    public static void all(AutoCloseable... steps) {
        Throwable first = null;
        for (AutoCloseable step : steps) {
            try {
                if (step != null) {
                    step.close();
                }
            } catch (Throwable fault) { // errors too: the classes of the archive may be gone, the memory used up
                if (first == null) {
                    first = fault;
                } else if (first != fault) {
                    first.addSuppressed(fault);
                }
                if (fault instanceof InterruptedException) {
                    Thread.currentThread().interrupt();
                }
            }
        }
        if (first instanceof Error error) {
            throw error;
        } else if (first instanceof RuntimeException failure) {
            throw failure;
        } else if (first != null) {
            throw new IllegalStateException(first);
        }
    }
}
