package io.millrace.replica;

import io.millrace.metadata.AgreementCalls;
import io.millrace.metadata.TopicPartition;
import io.millrace.replica.follower.Healing;
import io.millrace.replica.hosting.Partition;
import java.lang.System.Logger.Level;
import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Has damaged replicas healed from others, one try at a time for each: first a new leader epoch begins without the replica,
 * then the damage is replaced. Thread-safe; returns at once.
 */
final class DamagedReplicas {
    private static final System.Logger LOG = System.getLogger(DamagedReplicas.class.getName());
    private static final long HEALING_PAUSE_MS = 10_000;
    /** Each holds what its leader has sent, while it waits for a thread that writes it. */
    private static final int MOST_AT_ONCE = 4;

    private final Withdrawal withdrawal;
    private final Healing healer;
    private final AgreementCalls calls;
    private final ScheduledExecutorService timers;
    private final Set<TopicPartition> healing = ConcurrentHashMap.newKeySet();
    private final AtomicInteger mending = new AtomicInteger();
    /** Of each damaged replica, as long as it is hosted, that was fenced: the leader epoch that began with that. */
    private final Map<Partition, Integer> fenced = Collections.synchronizedMap(new WeakHashMap<>());

    DamagedReplicas(Withdrawal withdrawal, Healing healer, AgreementCalls calls, ScheduledExecutorService timers) {
        this.withdrawal = withdrawal;
        this.healer = healer;
        this.calls = calls;
        this.timers = timers;
    }

    /** Nothing is done while it is healed already, or there is no other replica to heal from. */
    void heal(Partition partition) {
        if (!partition.state().isHealable() || !healing.add(partition.id())) {
            return;
        }
        if (isFenced(partition)) {
            mend(partition);
        } else {
            int before = partition.state().leaderEpoch();
            calls.call("heal/" + partition.id(), () -> withdrawal.fence(partition)).whenComplete((givenUp, failure) -> {
                if (failure == null && partition.state().leaderEpoch() > before) {
                    fenced.put(partition, partition.state().leaderEpoch());
                }
                if (isFenced(partition)) {
                    mend(partition);
                } else {
                    LOG.log(Level.DEBUG, "the damaged replica of " + partition.id() + " could not be fenced now: what it had"
                            + " before may still count", failure);
                    tryAgainLater(partition);
                }
            });
        }
    }

    /**
     * It fetches nothing while it is damaged, so one new epoch is enough. Another one for each try would always be newer
     * than what the leader knows, which then gives nothing.
     */
    private boolean isFenced(Partition partition) {
        Integer since = fenced.get(partition);
        return since != null && partition.state().leaderEpoch() >= since && !partition.state().isInSync();
    }

    /** Others must have the records: only then is the damaged copy changed. Those that find no place come back soon. */
    private void mend(Partition partition) {
        if (mending.incrementAndGet() > MOST_AT_ONCE) {
            mending.decrementAndGet();
            healing.remove(partition.id());
            return;
        }
        healer.heal(partition).whenComplete((done, failure) -> {
            mending.decrementAndGet();
            if (!partition.state().isDamaged()) {
                fenced.remove(partition);
            }
            if (failure == null) {
                healing.remove(partition.id());
            } else {
                LOG.log(Level.ERROR, "the damaged replica of " + partition.id() + " could not be healed now; tried again"
                        + " soon", failure);
                tryAgainLater(partition);
            }
        });
    }

    private void tryAgainLater(Partition partition) {
        timers.schedule(() -> healing.remove(partition.id()), HEALING_PAUSE_MS, TimeUnit.MILLISECONDS);
    }
}
