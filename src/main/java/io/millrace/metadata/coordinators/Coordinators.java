package io.millrace.metadata.coordinators;

import io.millrace.agreement.Member;
import io.millrace.metadata.AgreementCalls;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ContinuationExecutor;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.TopicName;
import io.millrace.metadata.brokers.BrokerRegistry;
import io.millrace.metadata.config.KeyHashPartitioner;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Which broker coordinates what: a key, for example a group's name, falls into a bucket, and the controller gives each
 * bucket to a broker that is up. What is known of it here may be old, so two brokers may take themselves for the
 * coordinator of one key for a while. A broker that is alone coordinates everything. Thread-safe.
 */
public final class Coordinators {
    private static final System.Logger LOG = System.getLogger(Coordinators.class.getName());

    private final boolean alone;
    private final BrokerRegistry brokers;
    private final CoordinatorStore store;
    private final ContinuationExecutor continuations;
    private final AgreementCalls calls;
    private final List<Listener> listeners = new CopyOnWriteArrayList<>();
    private volatile CoordinatorStore.Stored known = CoordinatorStore.NOTHING;

    /** Not a record: one callback may listen twice. */
    private static final class Listener {
        private final Runnable changed;

        private Listener(Runnable changed) {
            this.changed = changed;
        }
    }

    public Coordinators(boolean alone, BrokerRegistry brokers, CoordinatorStore store, ContinuationExecutor continuations,
                        AgreementCalls calls) {
        this.alone = alone;
        this.brokers = brokers;
        this.store = store;
        this.continuations = continuations;
        this.calls = calls;
    }

    /** The key's bucket, the same at every broker and for ever: 0 to 63. */
    public int bucket(String key) {
        return KeyHashPartitioner.partition(ByteBuffer.wrap(key.getBytes(StandardCharsets.UTF_8)),
                CoordinatorBuckets.COUNT);
    }

    /** Whether this broker coordinates the key, as far as it knows. Never blocks. */
    public boolean isHere(String key) {
        return alone || owner(key) == self().brokerId();
    }

    /** Whether this broker coordinates any key, as far as it knows; one that is alone says no. Never blocks. */
    public boolean coordinatesAny() {
        return known.buckets().contains(self().brokerId());
    }

    /**
     * The broker that coordinates the key, when it is another one; empty: this one does. Blocks for a moment when that is
     * not clear, to find out.
     *
     * @throws BrokerException NOT_COORDINATOR when none does now, or it is not in touch
     */
    public Optional<Member> remote(String key) {
        if (isHere(key)) {
            return Optional.empty();
        }
        Optional<Member> member = brokers.member(owner(key));
        if (member.isEmpty()) {
            awaitRefresh();
            if (isHere(key)) {
                return Optional.empty();
            }
            member = brokers.member(owner(key));
        }
        return Optional.of(member.orElseThrow(() -> notNow(key)));
    }

    /** Whether that session of that broker is in touch with this one; a session that is over never comes back. */
    public boolean isLive(int brokerId, String session) {
        return brokers.member(brokerId).filter(member -> member.session().equals(session)).isPresent();
    }

    /** The broker of this id, if it is in touch with this one. */
    public Optional<Member> member(int brokerId) {
        return brokers.member(brokerId);
    }

    /** This broker. */
    public Member self() {
        return brokers.membership().self();
    }

    /**
     * Calls back, on a worker's thread, after the buckets as they are known here changed; close the result to end that.
     */
    public AutoCloseable listen(Runnable changed) {
        Listener listener = new Listener(changed);
        listeners.add(listener);
        return () -> listeners.remove(listener);
    }

    /** As last read. */
    public CoordinatorStore.Stored known() {
        return known;
    }

    /**
     * Reads the register again. Blocks.
     *
     * @throws BrokerException UNAVAILABLE
     */
    public void refresh() {
        if (!alone) {
            admit(store.read());
        }
    }

    /** As {@link #refresh()}, soon, on a thread of the agreement's. */
    public void refreshSoon() {
        calls.call(CoordinatorStore.KEY, this::refresh);
    }

    private void awaitRefresh() {
        try {
            calls.await(CoordinatorStore.KEY, this::refresh);
        } catch (BrokerException unanswered) {
            LOG.log(Level.DEBUG, "the coordinators are looked up in what was last read of them", unanswered);
        }
    }

    /** As {@link #refresh()}; what cannot be read now is read another time. */
    public void refreshQuietly() {
        try {
            refresh();
        } catch (RuntimeException failure) {
            LOG.log(Level.WARNING, "the coordinators could not be read again; what is known of them may be old",
                    failure);
        }
    }

    private void admit(CoordinatorStore.Stored read) {
        synchronized (this) {
            // Reads overtake each other.
            if (read.version() <= known.version()) {
                return;
            }
            known = read;
        }
        listeners.forEach(listener -> continuations.execute(() -> notifyListener(listener)));
    }

    private static void notifyListener(Listener listener) {
        try {
            listener.changed.run();
        } catch (RuntimeException failure) {
            LOG.log(Level.WARNING, "a change of the coordinators was not taken in", failure);
        }
    }

    private int owner(String key) {
        List<Integer> buckets = known.buckets();
        return buckets.isEmpty() ? CoordinatorBuckets.NOBODY : buckets.get(bucket(key));
    }

    private BrokerException notNow(String key) {
        int owner = owner(key);
        return new BrokerException(ErrorKind.NOT_COORDINATOR, "'%s' has no coordinator now%s: try again in a moment"
                .formatted(TopicName.shortened(key), owner < 0 ? "" : "; broker " + owner + " was it last"));
    }
}
