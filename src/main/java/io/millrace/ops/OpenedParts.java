package io.millrace.ops;

import io.millrace.config.Setting;
import java.lang.System.Logger.Level;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Supplier;

/** What was opened, the newest first: closed in that order. Used by one thread at a time. */
final class OpenedParts {
    private static final System.Logger LOG = System.getLogger(OpenedParts.class.getName());

    private final Deque<AutoCloseable> opened = new ArrayDeque<>();

    /** To be closed before what is there already. */
    void add(AutoCloseable part) {
        opened.push(part);
    }

    /**
     * Opens another one.
     *
     * @param settings those that an operator may have to change when it fails
     * @throws StartFailure when it cannot be opened
     */
    <T extends AutoCloseable> T open(Supplier<T> opening, Setting... settings) {
        try {
            T part = opening.get();
            opened.push(part);
            return part;
        } catch (RuntimeException e) {
            throw new StartFailure(e, settings);
        }
    }

    int size() {
        return opened.size();
    }

    /** Closes all but the first ones. */
    void closeDownTo(int size) {
        while (opened.size() > size) {
            AutoCloseable next = opened.pop();
            try {
                next.close();
            } catch (Throwable e) { // whatever it was, the others are to give back their threads, locks and ports
                LOG.log(Level.ERROR, "closing the " + next.getClass().getSimpleName() + " failed", e);
            }
        }
    }
}
