package io.millrace.group.delivery;

import io.millrace.metadata.ShownName;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * The lock of one group's state, sessions and polls. While it is held nothing is read, written or completed: what is to be done
 * about a change is put {@link #afterwards aside}, and done in that order once the lock is free again, by the thread that held it.
 */
public final class GroupLock {
    private static final System.Logger LOG = System.getLogger(GroupLock.class.getName());

    private final String group;
    private final ReentrantLock lock = new ReentrantLock();
    /** Guarded by the lock. */
    private List<Runnable> aside = new ArrayList<>();

    /** @param group for the log */
    public GroupLock(String group) {
        this.group = group;
    }

    public void hold(Runnable action) {
        holdThen(Runnable::run, action);
    }

    public <T> T hold(Supplier<T> action) {
        lock.lock();
        try {
            return action.get();
        } finally {
            release(Runnable::run);
        }
    }

    /** @param then does what is put aside, on a thread of its own */
    public void holdThen(Executor then, Runnable action) {
        lock.lock();
        try {
            action.run();
        } finally {
            release(then);
        }
    }

    /** Done when the lock is free. With the lock held. */
    void afterwards(Runnable effect) {
        aside.add(effect);
    }

    private void release(Executor then) {
        List<Runnable> effects = List.of();
        if (lock.getHoldCount() == 1 && !aside.isEmpty()) {
            effects = aside;
            aside = new ArrayList<>();
        }
        lock.unlock();
        effects.forEach(each -> hand(each, then));
    }

    private void hand(Runnable effect, Executor then) {
        Runnable guarded = () -> run(effect);
        try {
            then.execute(guarded);
        } catch (RejectedExecutionException nobodyElse) {
            guarded.run();
        }
    }

    /** Each, whatever becomes of the others. */
    private void run(Runnable effect) {
        try {
            effect.run();
        } catch (RuntimeException | Error fault) {
            LOG.log(Level.ERROR, "group " + ShownName.of(group) + ": something was left undone by a fault", fault);
        }
    }
}
