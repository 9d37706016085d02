package io.millrace.metadata;

import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * The topics as this server last read them: a cache of their registers, good enough to answer from and never believed
 * for a decision, which is what the compare-and-set is for. Hosting follows it: a topic is here only after its logs are
 * open, and gone before they are. A topic changes under its lock only.
 */
public final class TopicCatalog {
    private static final System.Logger LOG = System.getLogger(TopicCatalog.class.getName());
    private static final int LOCKS = 64;

    private final TopicStore store;
    private final DeletedTopics deleted;
    private final LocalReplicas hosted;
    private final Map<String, String> defaults;
    private final BrokerObserver observer;
    private final Map<String, CachedTopic> byName = new ConcurrentHashMap<>();
    /** Topics whose logs were begun to be opened, and which are not among the others for an error. */
    private final Map<String, CachedTopic> unfinished = new ConcurrentHashMap<>();
    private final AtomicLong revision = new AtomicLong();
    private final List<ReentrantLock> locks = new ArrayList<>();

    public TopicCatalog(TopicStore store, DeletedTopics deleted, LocalReplicas hosted, Map<String, String> defaults,
                 BrokerObserver observer) {
        this.store = store;
        this.deleted = deleted;
        this.hosted = hosted;
        this.defaults = Map.copyOf(defaults);
        this.observer = observer;
        for (int i = 0; i < LOCKS; i++) {
            locks.add(new ReentrantLock());
        }
    }

    /** Sorted. */
    List<String> names() {
        return byName.keySet().stream().sorted().toList();
    }

    public Optional<CachedTopic> find(String name) {
        return name == null ? Optional.empty() : Optional.ofNullable(byName.get(name));
    }

    /** @throws BrokerException UNKNOWN_TOPIC */
    public CachedTopic get(String name) {
        return find(name).orElseThrow(() -> BrokerErrors.unknownTopic(name));
    }

    /** Grows with every change of what is known. */
    long revision() {
        return revision.get();
    }

    Map<String, String> defaults() {
        return defaults;
    }

    /** Runs a change of one topic; one at a time for each name. */
    <T> T exclusively(String name, Supplier<T> change) {
        ReentrantLock lock = locks.get(Math.floorMod(name.hashCode(), LOCKS));
        lock.lock();
        try {
            return change.get();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Every topic as its register is now, hosting not touched: for the start. A register that is no topic is left out.
     */
    public List<CachedTopic> read() {
        List<CachedTopic> topics = new ArrayList<>();
        for (String name : store.names()) {
            try {
                store.read(name).ifPresent(stored -> topics.add(cached(stored, Optional.empty())));
            } catch (IllegalStateException notATopic) {
                LOG.log(Level.ERROR, "the register of topic '" + name + "' cannot be read: the topic is left out",
                        notATopic);
            }
        }
        return topics;
    }

    /** Takes in topics whose logs are open. */
    public void admit(List<CachedTopic> topics) {
        topics.forEach(topic -> {
            byName.put(topic.name(), topic);
            hosted.assign(topic);
        });
    }

    /**
     * Reads a topic's register and brings the cache and the logs into line with it. Blocks.
     *
     * @throws BrokerException UNAVAILABLE
     */
    public void refresh(String name) {
        exclusively(name, () -> {
            Optional<CachedTopic> known = find(name);
            Optional<TopicStore.Stored> stored = store.read(name);
            CachedTopic begun = unfinished.get(name);
            if (begun != null && known.isEmpty()
                    && stored.filter(now -> now.topic().id().equals(begun.id())).isEmpty()) {
                drop(begun);
            }
            if (known.isPresent() && stored.filter(now -> now.topic().id().equals(known.get().id())).isEmpty()) {
                drop(known.get());
                stored.ifPresent(now -> host(cached(now, Optional.empty())));
            } else if (stored.isPresent() && known.filter(old -> old.version() >= stored.get().version()).isEmpty()) {
                host(cached(stored.get(), known));
            }
            return null;
        });
    }

    /** Looks at every topic, in case the doorbell did not ring; what cannot be read now is tried again next time. */
    public void refreshAll() {
        try {
            TreeSet<String> names = new TreeSet<>(store.names());
            names.addAll(byName.keySet());
            names.addAll(unfinished.keySet());
            names.forEach(this::refreshQuietly);
        } catch (BrokerException unavailable) {
            LOG.log(Level.WARNING, "the topics could not be read again: {0}", unavailable.getMessage());
        }
    }

    public void refreshQuietly(String name) {
        try {
            refresh(name);
        } catch (RuntimeException failure) {
            LOG.log(Level.WARNING, "topic '" + name + "' could not be read again; what is known of it may be old",
                    failure);
        }
    }

    /** Makes, opens or removes what a full disk, or too many open files, kept from being made, opened or removed. */
    public void mend() {
        for (String name : hosted.undeleted()) {
            exclusively(name, () -> {
                hosted.finishDeletions(name).forEach(deleted::remove);
                return null;
            });
        }
        for (String name : hosted.mendable()) {
            exclusively(name, () -> {
                find(name).ifPresent(topic -> {
                    hosted.mend(topic);
                    hosted.assign(topic);
                });
                return null;
            });
        }
    }

    private void host(CachedTopic topic) {
        unfinished.put(topic.name(), topic);
        hosted.host(topic);
        hosted.reconfigure(topic);
        byName.put(topic.name(), topic);
        unfinished.remove(topic.name());
        revision.incrementAndGet();
        hosted.assign(topic);
    }

    /**
     * Only what was noted as deleted before its register went is removed: another topic under the name, or none, may be
     * the fault of the registers. Where that cannot be read, nothing has changed.
     */
    private void drop(CachedTopic topic) {
        boolean certain = deleted.ids().contains(topic.id());
        unfinished.remove(topic.name());
        byName.remove(topic.name());
        revision.incrementAndGet();
        if (!certain) {
            LOG.log(Level.WARNING,
                    "topic ''{0}'' with the id {1} has no register any more, yet was not deleted: its logs are set aside",
                    topic.name(), topic.id());
        }
        if (hosted.drop(topic, certain)) {
            deleted.remove(topic.id());
        }
        observer.topicDeleted(topic.name());
    }

    /** With the configuration in force. */
    CachedTopic cached(TopicStore.Stored stored) {
        return cached(stored, find(stored.topic().name()));
    }

    private CachedTopic cached(TopicStore.Stored stored, Optional<CachedTopic> earlier) {
        Topic topic = stored.topic();
        StickyRoundRobin keyless = earlier.map(CachedTopic::keyless).orElseGet(StickyRoundRobin::new);
        try {
            return new CachedTopic(topic, stored.version(), TopicConfig.of(defaults, topic.overrides()), null, keyless);
        } catch (BrokerException invalid) {
            LOG.log(Level.ERROR, "the stored configuration of topic '" + topic.name() + "' cannot be used", invalid);
            return new CachedTopic(topic, stored.version(), null, invalid, keyless);
        }
    }
}
