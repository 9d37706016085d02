package io.millrace.metadata;

import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
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
    private volatile Set<String> unformed = Set.of();
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

    /** What of a topic's registers has the assignment of a partition, as far as is known. */
    public TopicStore.Part part(TopicPartition id) {
        return find(id.topic()).filter(topic -> id.partition() >= 0 && id.partition() < topic.partitionCount())
                .map(topic -> new TopicStore.Part(id.topic(), topic.stored().firstOfPage(id.partition())))
                .orElseGet(() -> new TopicStore.Part(id.topic(), 0));
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
     * Reads a topic's register and brings the cache and the logs into line with it; other pages of its assignments are
     * read where they are not known yet. Blocks.
     *
     * @throws BrokerException UNAVAILABLE
     */
    public void refresh(String name) {
        exclusively(name, () -> {
            take(name, store.read(name, find(name).map(CachedTopic::stored).orElse(null)));
            return null;
        });
    }

    /** As {@link #refresh(String)}, with all pages. */
    public void refreshWhole(String name) {
        exclusively(name, () -> {
            take(name, store.read(name));
            return null;
        });
    }

    /** As {@link #refresh(String)}, with the page that has a partition's assignment. */
    public void refresh(String name, int partition) {
        exclusively(name, () -> {
            refresh(name);
            find(name).filter(topic -> partition >= 0 && topic.stored().pageOf(partition) > 0)
                    .flatMap(topic -> store.page(name, topic.id(), partition)).ifPresent(this::take);
            return null;
        });
    }

    /**
     * Takes over a page that was read or written just now: no other one is read, but the topic's own register where the
     * page does not fit what is known of the topic. Blocks.
     *
     * @throws BrokerException UNAVAILABLE
     */
    public void take(TopicPage page) {
        String name = page.topic();
        exclusively(name, () -> {
            CachedTopic known = byName.get(name);
            if (known == null || page.number() == 0 || !known.stored().has(page)) {
                refresh(name); // the first one is in the topic's register, which has more to tell
            } else if (known.version(page.first()) < page.version()) {
                CachedTopic now = new CachedTopic(known.stored().with(page), known.config(), known.invalid(), known.keyless());
                hosted.assign(now, page.first(), now.stored().end(page.first()));
                byName.put(name, now);
                revision.incrementAndGet();
            }
            return null;
        });
    }

    private void take(String name, Optional<StoredTopic> stored) {
        Optional<CachedTopic> known = find(name);
        CachedTopic begun = unfinished.get(name);
        if (begun != null && known.isEmpty() && stored.filter(now -> now.topic().id().equals(begun.id())).isEmpty()) {
            drop(begun);
        }
        if (known.isPresent() && stored.filter(now -> now.topic().id().equals(known.get().id())).isEmpty()) {
            drop(known.get());
            stored.ifPresent(now -> host(cached(now, Optional.empty())));
        } else if (stored.isPresent() && known.filter(old -> !stored.get().isNewerThan(old.stored())).isEmpty()) {
            host(cached(stored.get(), known));
        }
    }

    /** Names in use that were no topic's when all were last looked at: registers that are being made or removed, or broken. */
    Set<String> unformed() {
        return unformed;
    }

    /** Looks at every topic, in case the doorbell did not ring; what cannot be read now is tried again next time. */
    public void refreshAll() {
        try {
            TreeSet<String> names = new TreeSet<>(store.names());
            names.addAll(byName.keySet());
            names.addAll(unfinished.keySet());
            names.forEach(this::refreshWholeQuietly);
            names.removeIf(byName::containsKey);
            unformed = Set.copyOf(names);
        } catch (BrokerException unavailable) {
            LOG.log(Level.WARNING, "the topics could not be read again: {0}", unavailable.getMessage());
        }
    }

    public void refreshWholeQuietly(String name) {
        quietly(name, () -> refreshWhole(name));
    }

    /** After the doorbell rang for one of a topic's registers: reads no other one if the topic is known. */
    public void refreshQuietly(TopicStore.Part part) {
        quietly(part.topic(), () -> exclusively(part.topic(), () -> {
            find(part.topic()).filter(topic -> part.partition() > 0 && part.partition() < topic.partitionCount())
                    .flatMap(topic -> store.page(part.topic(), topic.id(), part.partition()))
                    .ifPresentOrElse(this::take, () -> refresh(part.topic()));
            return null;
        }));
    }

    private static void quietly(String name, Runnable refresh) {
        try {
            refresh.run();
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
    private CachedTopic cached(StoredTopic stored, Optional<CachedTopic> earlier) {
        Topic topic = stored.topic();
        StickyRoundRobin keyless = earlier.map(CachedTopic::keyless).orElseGet(StickyRoundRobin::new);
        try {
            return new CachedTopic(stored, TopicConfig.of(defaults, topic.overrides()), null, keyless);
        } catch (BrokerException invalid) {
            LOG.log(Level.ERROR, "the stored configuration of topic '" + topic.name() + "' cannot be used", invalid);
            return new CachedTopic(stored, null, invalid, keyless);
        }
    }
}
