package io.millrace.ops;

import java.lang.System.Logger.Level;

/**
 * Tells of the process's end at once. The application server tells applications only after it has waited, for up to 30 s,
 * for requests in progress; by then it has long closed its HTTP port, so that followers cannot fetch any more.
 */
final class ProcessEnd {
    private static final System.Logger LOG = System.getLogger(ProcessEnd.class.getName());

    /** Guarded by this. */
    private Thread hook;
    private volatile boolean underWay;

    /** @param stop may block: the process ends after it */
    synchronized void arm(Runnable stop) {
        Thread armed = new Thread(stop, "millrace-stop");
        try {
            Runtime.getRuntime().addShutdownHook(armed);
            hook = armed;
        } catch (IllegalStateException ending) {
            underWay = true;
            LOG.log(Level.DEBUG, "the process ends already", ending);
        }
    }

    /** Nothing of the application may stay behind when it is taken away. */
    synchronized void disarm() {
        if (hook == null) {
            return;
        }
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException ending) {
            underWay = true;
            LOG.log(Level.DEBUG, "the process ends: its hook runs", ending);
        }
        hook = null;
    }

    /** Whether the process was found to end, when it was armed or disarmed. */
    boolean isUnderWay() {
        return underWay;
    }
}
