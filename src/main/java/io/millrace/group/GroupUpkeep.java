package io.millrace.group;

import io.millrace.metadata.ShownName;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/** Looks after the groups of a broker by time: sessions, polls, what nobody came back for, and who coordinates. Thread-safe. */
final class GroupUpkeep implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(GroupUpkeep.class.getName());
    private static final long TICK_MS = 100;
    /** How often it is looked for what nobody came back for, unless consumers are to be forgotten sooner. */
    private static final long FORGET_MS = 60_000;

    private final GroupContext context;
    private final GroupTable groups;
    private final CoordinatedGroups coordinated;
    private final AtomicBoolean ticking = new AtomicBoolean();
    private final List<ScheduledFuture<?>> schedules;

    GroupUpkeep(GroupContext context, GroupTable groups, CoordinatedGroups coordinated) {
        this.context = context;
        this.groups = groups;
        this.coordinated = coordinated;
        GroupOptions options = context.options();
        long forgetMs = Math.max(TICK_MS, Math.min(FORGET_MS, options.idleMs()));
        ScheduledExecutorService timers = context.timers();
        this.schedules = List.of(
                timers.scheduleWithFixedDelay(this::tick, TICK_MS, TICK_MS, TimeUnit.MILLISECONDS),
                timers.scheduleWithFixedDelay(() -> work(this::forget), forgetMs, forgetMs, TimeUnit.MILLISECONDS),
                timers.scheduleWithFixedDelay(coordinated::balance, options.balanceMs(), options.balanceMs(), TimeUnit.MILLISECONDS),
                timers.scheduleWithFixedDelay(() -> work(coordinated::loadMissing), FORGET_MS, FORGET_MS, TimeUnit.MILLISECONDS));
    }

    private void tick() {
        if (coordinated.isOpen() && !groups.isEmpty() && ticking.compareAndSet(false, true) && !work(() -> {
            try {
                groups.loaded().forEach(GroupUpkeep::tick);
            } finally {
                ticking.set(false);
            }
        })) {
            ticking.set(false);
        }
    }

    /** What is wrong with one group is not to keep the others waiting. */
    private static void tick(Group group) {
        try {
            group.tick();
        } catch (RuntimeException fault) {
            LOG.log(Level.ERROR, "group " + ShownName.of(group.id()) + " could not be looked after, which is tried again", fault);
        }
    }

    /** @return false: refused. Thrown on, that would end a schedule */
    private boolean work(Runnable task) {
        try {
            context.workers().execute(task);
            return true;
        } catch (RuntimeException | OutOfMemoryError refused) {
            LOG.log(Level.DEBUG, "no thread looks after the groups now", refused);
            return false;
        }
    }

    private void forget() {
        for (Group group : groups.loaded()) {
            if (group.endIfVacant()) {
                groups.remove(group);
            } else {
                group.forget();
            }
        }
    }

    @Override
    public void close() {
        schedules.forEach(schedule -> schedule.cancel(false));
    }
}
