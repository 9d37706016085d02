package io.millrace.metadata.topics;

import io.millrace.metadata.AgreementCalls;
import io.millrace.metadata.BrokerErrors;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.BrokerObserver;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.Topic;
import io.millrace.metadata.TopicPartition;
import io.millrace.metadata.config.TopicConfig;
import io.millrace.metadata.registers.DeletedTopics;
import io.millrace.metadata.registers.StoredTopic;
import io.millrace.metadata.registers.TopicPage;
import io.millrace.metadata.registers.TopicStore;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
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
    /** How often a topic's registers are read without its lock, when it changes meanwhile. */
    private static final int FREE_READS = 3;

    private final TopicStore store;
    private final DeletedTopics deleted;
    private final LocalReplicas hosted;
    private final AgreementCalls calls;
    private final Map<String, String> defaults;
    private final BrokerObserver observer;
    private final Map<String, CachedTopic> byName = new ConcurrentHashMap<>();
    /** Topics whose logs were begun to be opened, and which are not among the others for an error. */
    private final Map<String, CachedTopic> unfinished = new ConcurrentHashMap<>();
    /** Names of topics that have no register any more although nobody deleted them, and none under the name came since. */
    private final Set<String> aside = ConcurrentHashMap.newKeySet();
    private volatile Set<String> unformed = Set.of();
    private final AtomicLong revision = new AtomicLong();
    private final List<ReentrantLock> locks = new ArrayList<>();
    /** By lock, how often what is known of a topic changed under it. */
    private final AtomicLongArray turns = new AtomicLongArray(LOCKS);

    public TopicCatalog(TopicStore store, DeletedTopics deleted, LocalReplicas hosted, AgreementCalls calls,
                        Map<String, String> defaults, BrokerObserver observer) {
        this.store = store;
        this.deleted = deleted;
        this.hosted = hosted;
        this.calls = calls;
        this.defaults = Map.copyOf(defaults);
        this.observer = observer;
        for (int i = 0; i < LOCKS; i++) {
            locks.add(new ReentrantLock());
        }
    }

    /** Sorted. */
    public List<String> names() {
        return byName.keySet().stream().sorted().toList();
    }

    public Optional<CachedTopic> find(String name) {
        return name == null ? Optional.empty() : Optional.ofNullable(byName.get(name));
    }

    /** @throws BrokerException UNKNOWN_TOPIC; UNAVAILABLE when there was one, which was not deleted and may come back */
    public CachedTopic get(String name) {
        return find(name).orElseThrow(() -> name != null && aside.contains(name) ? BrokerErrors.topicAside(name)
                : BrokerErrors.unknownTopic(name));
    }

    /** What of a topic's registers has the assignment of a partition, as far as is known. */
    public TopicStore.Part part(TopicPartition id) {
        return find(id.topic()).filter(topic -> id.partition() >= 0 && id.partition() < topic.partitionCount())
                .map(topic -> new TopicStore.Part(id.topic(), topic.stored().firstOfPage(id.partition())))
                .orElseGet(() -> new TopicStore.Part(id.topic(), 0));
    }

    /** Grows with every change of what is known. */
    public long revision() {
        return revision.get();
    }

    Map<String, String> defaults() {
        return defaults;
    }

    /** Runs a change of one topic; one at a time for each name. */
    <T> T exclusively(String name, Supplier<T> change) {
        ReentrantLock lock = locks.get(stripe(name));
        lock.lock();
        try {
            return change.get();
        } finally {
            lock.unlock();
        }
    }

    private static int stripe(String name) {
        return Math.floorMod(name.hashCode(), LOCKS);
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
     * read where they are not known yet. Blocks; the topic's lock is held only after the registers have answered, unless the
     * topic changes all the while.
     *
     * @throws BrokerException UNAVAILABLE
     */
    public void refresh(String name) {
        apply(name, () -> store.read(name, find(name).map(CachedTopic::stored).orElse(null)));
    }

    /** As {@link #refresh(String)}, with all pages. */
    public void refreshWhole(String name) {
        apply(name, () -> store.read(name));
    }

    /** As {@link #refresh(String)}, with the page that has a partition's assignment. */
    public void refresh(String name, int partition) {
        refresh(name);
        find(name).filter(topic -> partition >= 0 && topic.stored().pageOf(partition) > 0)
                .flatMap(topic -> store.page(name, topic.id(), partition)).ifPresent(this::take);
    }

    /** What became known of the topic during the read may be older or newer than what was read: only another look tells. */
    private void apply(String name, Supplier<Optional<StoredTopic>> read) {
        for (int attempt = 0; attempt < FREE_READS; attempt++) {
            long turn = turns.get(stripe(name));
            Optional<StoredTopic> stored = read.get();
            boolean done = exclusively(name, () -> {
                boolean fresh = turns.get(stripe(name)) == turn;
                if (fresh) {
                    take(name, stored);
                }
                return fresh;
            });
            if (done) {
                return;
            }
        }
        exclusively(name, () -> {
            take(name, read.get());
            return null;
        });
    }

    /** As {@link #refreshWhole}, soon: on a thread of the agreement's, one call for all who ask meanwhile. */
    public CompletableFuture<Void> refreshSoon(String name) {
        return calls.call("topic/" + name, () -> refreshWhole(name));
    }

    /**
     * As {@link #refreshSoon(String)}, after one of the topic's registers changed: reads no other one if the topic is
     * known.
     */
    public CompletableFuture<Void> refreshSoon(TopicStore.Part part) {
        return calls.call("topic/" + part.topic() + "/" + part.partition(), () -> refresh(part));
    }

    private void refresh(TopicStore.Part part) {
        find(part.topic()).filter(topic -> part.partition() > 0 && part.partition() < topic.partitionCount())
                .flatMap(topic -> store.page(part.topic(), topic.id(), part.partition()))
                .ifPresentOrElse(this::take, () -> refresh(part.topic()));
    }

    /**
     * As {@link #refresh(String, int)}, by a thread that answers clients: waits, and not for long.
     *
     * @throws BrokerException UNAVAILABLE also when the agreement does not answer in time
     */
    public void awaitRefresh(String name, int partition) {
        TopicStore.Part part = part(new TopicPartition(name, partition));
        calls.await("topic-and-page/" + name + "/" + part.partition(), () -> refresh(name, partition));
    }

    /**
     * Takes over a page that was read or written just now: no other one is read, but the topic's own register where the
     * page does not fit what is known of the topic. Blocks.
     *
     * @throws BrokerException UNAVAILABLE
     */
    public void take(TopicPage page) {
        String name = page.topic();
        boolean fits = exclusively(name, () -> {
            CachedTopic known = byName.get(name);
            if (known == null || !known.stored().has(page)) {
                return false;
            }
            boolean isNews = known.version(page.first()) < page.version();
            if (isNews && page.number() == 0) {
                return false; // it is in the topic's register, which has more to tell
            }
            if (isNews) {
                turns.incrementAndGet(stripe(name));
                CachedTopic now = new CachedTopic(known.stored().with(page), known.config(), known.invalid(), known.keyless());
                hosted.assign(now, page.first(), now.stored().end(page.first()));
                byName.put(name, now);
                revision.incrementAndGet();
            }
            return true;
        });
        if (!fits) {
            refresh(name);
        }
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
    public Set<String> unformed() {
        return unformed;
    }

    /**
     * Looks at every topic, in case the doorbell did not ring; what cannot be read now is tried again next time.
     *
     * @return false when the agreement did not answer for one of them
     */
    public boolean refreshAll() {
        boolean answered = true;
        try {
            TreeSet<String> names = new TreeSet<>(store.names());
            names.addAll(byName.keySet());
            names.addAll(unfinished.keySet());
            for (String name : names) {
                answered &= refreshWholeQuietly(name);
            }
            names.removeIf(byName::containsKey);
            unformed = Set.copyOf(names);
        } catch (BrokerException unavailable) {
            LOG.log(Level.WARNING, "the topics could not be read again: {0}", unavailable.getMessage());
            return false;
        }
        return answered;
    }

    private boolean refreshWholeQuietly(String name) {
        try {
            refreshWhole(name);
            return true;
        } catch (RuntimeException failure) {
            LOG.log(Level.WARNING, "topic '" + name + "' could not be read again; what is known of it may be old",
                    failure);
            return !(failure instanceof BrokerException known && known.kind() == ErrorKind.UNAVAILABLE);
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
        turns.incrementAndGet(stripe(topic.name()));
        unfinished.put(topic.name(), topic);
        hosted.host(topic);
        hosted.reconfigure(topic);
        byName.put(topic.name(), topic);
        unfinished.remove(topic.name());
        aside.remove(topic.name());
        revision.incrementAndGet();
        hosted.assign(topic);
    }

    /**
     * Only what was noted as deleted before its register went is removed: another topic under the name, or none, may be
     * the fault of the registers. Where that cannot be read, nothing has changed.
     */
    private void drop(CachedTopic topic) {
        boolean certain = deleted.ids().contains(topic.id());
        turns.incrementAndGet(stripe(topic.name()));
        unfinished.remove(topic.name());
        if (certain) {
            aside.remove(topic.name());
        } else {
            aside.add(topic.name());
        }
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
