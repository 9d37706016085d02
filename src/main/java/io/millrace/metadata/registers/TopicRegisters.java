package io.millrace.metadata.registers;

import io.millrace.agreement.registers.Register;
import io.millrace.agreement.registers.RegisterStore;
import io.millrace.metadata.BrokerErrors;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.Topic;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/**
 * Creates, enlarges and deletes topics, each of which may be several registers. The topic's own register decides whether
 * there is a topic, and how many of its partitions count: pages are written before it, and removed after it.
 *
 * <p>Until a topic of several pages is there, and while they are removed, its register is a claim, so that two brokers
 * cannot both write the pages of one name. Whoever writes a page has seen, after the page's version, that the topic's
 * register is still the one that allows it: whoever takes that over first changes it, and so defeats a late write. A
 * claim whose owner died is removed by the controller, or by whoever creates the topic next. What such a late write leaves
 * behind, a page of no topic, is written over when a topic of the name needs the page.
 *
 * <p>Blocks. Errors of the registers come out as UNAVAILABLE.
 */
public final class TopicRegisters {
    private static final System.Logger LOG = System.getLogger(TopicRegisters.class.getName());

    private final RegisterStore registers;
    private final TopicStore store;
    private final TopicCodec codec = new TopicCodec();

    public TopicRegisters(RegisterStore registers, TopicStore store) {
        this.registers = registers;
        this.store = store;
    }

    /**
     * @param paged whether every broker reads topics in pages
     * @return false when there is one of that name
     */
    public boolean create(Topic topic, boolean paged) {
        return BrokerErrors.translating(() -> {
            String key = TopicStore.key(topic.name());
            boolean several = paged && topic.partitions().size() > store.pageSize();
            String first = codec.encode(several ? claimOf(topic) : TopicRegister.Entry.whole(topic));
            OptionalLong version = store.set(key, RegisterStore.ABSENT, first);
            while (version.isEmpty()) {
                Optional<Register> present = registers.read(key);
                if (present.isPresent() && !cleared(topic.name(), present.get())) {
                    return false;
                }
                version = store.set(key, RegisterStore.ABSENT, first);
            }
            if (several) {
                form(topic, version.getAsLong());
            }
            return true;
        });
    }

    private TopicRegister.Claim claimOf(Topic topic) {
        return new TopicRegister.Claim(topic.id(), StoredTopic.pages(topic.partitions().size(), store.pageSize()));
    }

    private void form(Topic topic, long claimed) {
        try {
            boolean done = writePages(topic, 1, claimed, before -> null, 0) && store.set(TopicStore.key(topic.name()), claimed,
                    codec.encode(TopicRegister.Entry.paged(topic, store.pageSize()))).isPresent();
            if (!done) {
                throw new BrokerException(ErrorKind.UNAVAILABLE, "topic '" + topic.name() + "' was not created, because that"
                        + " took too long, or another one of the name was created at the same time: try again");
            }
        } catch (RuntimeException notFormed) {
            clearQuietly(topic.name(), topic.id());
            throw notFormed;
        }
    }

    /**
     * Adds partitions behind those that there are.
     *
     * @param added a partition that an earlier attempt has left in a page stays as that one wanted it
     * @param paged whether every broker reads topics in pages
     * @return false when another change came first: read again
     */
    public boolean enlarge(StoredTopic stored, List<Topic.Assignment> added, boolean paged) {
        List<Topic.Assignment> all = new ArrayList<>(stored.topic().partitions());
        all.addAll(added);
        Topic larger = stored.topic().withPartitions(all);
        return BrokerErrors.translating(() -> {
            if (!stored.isPaged() && (!paged || all.size() <= store.pageSize())) {
                return set(stored, TopicRegister.Entry.whole(larger));
            } else if (!stored.isPaged() && stored.partitionCount() > store.pageSize()) {
                paginate(stored);
                return false;
            }
            // What is there already may be another's, who was faster, and count by now: it is never written over.
            int from = stored.isPaged() ? stored.partitionCount() / store.pageSize() : 1;
            return writePages(larger, from, stored.version(), before -> before, 0)
                    && set(stored, TopicRegister.Entry.paged(larger, store.pageSize()));
        });
    }

    /**
     * Brings a topic that is in one register, though it is larger than a page, into pages.
     *
     * @return false when another change came first
     */
    public boolean paginate(StoredTopic stored) {
        return BrokerErrors.translating(() -> writePages(stored.topic(), 1, stored.version(), before -> null, stored.version())
                && set(stored, TopicRegister.Entry.paged(stored.topic(), store.pageSize())));
    }

    public boolean isTooLarge(StoredTopic stored) {
        return !stored.isPaged() && stored.partitionCount() > store.pageSize();
    }

    /** @return false when another change came first: read again */
    public boolean configure(StoredTopic stored, Map<String, String> overrides) {
        Topic topic = stored.topic();
        Topic changed = new Topic(topic.name(), topic.id(), topic.controllerEpoch(), overrides, topic.partitions());
        return BrokerErrors.translating(() -> set(stored, stored.isPaged()
                ? TopicRegister.Entry.paged(changed, stored.pageSize()) : TopicRegister.Entry.whole(changed)));
    }

    private boolean set(StoredTopic stored, TopicRegister.Entry entry) {
        return store.set(TopicStore.key(stored.topic().name()), stored.version(), codec.encode(entry)).isPresent();
    }

    /** @return false when another change came first: read again */
    public boolean delete(StoredTopic stored) {
        String name = stored.topic().name();
        String key = TopicStore.key(name);
        return BrokerErrors.translating(() -> {
            if (stored.pages() == 1) {
                return registers.compareAndDelete(key, stored.version()) || registers.read(key).isEmpty();
            }
            TopicRegister.Claim claim = new TopicRegister.Claim(stored.topic().id(), stored.pages());
            if (store.set(key, stored.version(), codec.encode(claim)).isEmpty()) {
                return registers.read(key).isEmpty();
            }
            clearQuietly(name, claim.id());
            return true;
        });
    }

    /** The version of the claim on a name; empty when it is a topic's, or nobody's. */
    public OptionalLong claimed(String name) {
        return BrokerErrors.translating(() -> registers.read(TopicStore.key(name))
                .filter(register -> codec.decode(register.value()) instanceof TopicRegister.Claim)
                .map(register -> OptionalLong.of(register.version())).orElse(OptionalLong.empty()));
    }

    /** Removes a claim whose owner died, with its pages, if its version is still this one. */
    public void clear(String name, long version) {
        BrokerErrors.translating(() -> registers.read(TopicStore.key(name)).filter(register -> register.version() == version)
                .map(register -> cleared(name, register)));
    }

    private void clearQuietly(String name, UUID id) {
        try {
            registers.read(TopicStore.key(name)).filter(register -> codec.decode(register.value())
                    instanceof TopicRegister.Claim claim && claim.id().equals(id)).ifPresent(register -> cleared(name, register));
        } catch (RuntimeException later) {
            LOG.log(Level.INFO, "what is left of topic ''{0}'' could not be removed now; the controller removes it: {1}", name,
                    later.getMessage());
        }
    }

    /** @return whether nothing is in the way of another topic any more */
    private boolean cleared(String name, Register register) {
        if (!(codec.decode(register.value()) instanceof TopicRegister.Claim claim)) {
            return false;
        }
        // Its owner is defeated before the pages go.
        OptionalLong version = store.set(register.key(), register.version(), register.value());
        if (version.isEmpty()) {
            return true; // somebody else is about it
        }
        for (int number = 1; number < claim.pages(); number++) {
            String key = TopicStore.pageKey(name, number);
            Optional<Register> page = registers.read(key);
            while (page.isPresent() && codec.decodePage(page.get().value()).topicId().equals(claim.id())
                    && !registers.compareAndDelete(key, page.get().version())) {
                page = registers.read(key); // a last change of the assignments came in between
            }
        }
        registers.compareAndDelete(register.key(), version.getAsLong());
        return true;
    }

    /**
     * Writes pages beside the topic's own register.
     *
     * @param from      the first one to be written, from 1
     * @param allowedBy the version of the topic's register
     * @param kept      of a page of this very topic that is there, what stays of it, or null for nothing
     * @param floor     of pages that are new
     * @return false when the topic's register has another version
     */
    private boolean writePages(Topic topic, int from, long allowedBy, UnaryOperator<PageRegister> kept, long floor) {
        List<Topic.Assignment> all = topic.partitions();
        registers.announce(IntStream.range(from, StoredTopic.pages(all.size(), store.pageSize()))
                .mapToObj(number -> TopicStore.pageKey(topic.name(), number)).toList());
        for (int number = from; number < StoredTopic.pages(all.size(), store.pageSize()); number++) {
            int first = number * store.pageSize();
            List<Topic.Assignment> wanted = all.subList(first, Math.min(all.size(), first + store.pageSize()));
            PageRegister page = new PageRegister(topic.id(), topic.controllerEpoch(), floor, wanted);
            if (!writePage(topic.name(), number, page, kept, allowedBy)) {
                return false;
            }
        }
        return true;
    }

    private boolean writePage(String name, int number, PageRegister page, UnaryOperator<PageRegister> kept, long allowedBy) {
        String key = TopicStore.pageKey(name, number);
        while (true) {
            Optional<Register> present = registers.read(key);
            PageRegister before = present.map(register -> codec.decodePage(register.value()))
                    .filter(there -> there.topicId().equals(page.topicId())).orElse(null);
            if (registers.read(TopicStore.key(name)).filter(register -> register.version() == allowedBy).isEmpty()) {
                return false;
            }
            PageRegister wanted = before == null ? page : merged(kept.apply(before), page);
            if (wanted.equals(before) || store.set(key, present.map(Register::version).orElse(RegisterStore.ABSENT),
                    codec.encode(wanted)).isPresent()) {
                return true;
            }
        }
    }

    /** What is kept, and what the page is to have beyond it. */
    private static PageRegister merged(PageRegister kept, PageRegister page) {
        if (kept == null) {
            return page;
        }
        List<Topic.Assignment> assignments = new ArrayList<>(kept.assignments());
        assignments.addAll(page.assignments().subList(Math.min(assignments.size(), page.assignments().size()),
                page.assignments().size()));
        return new PageRegister(kept.topicId(), kept.controllerEpoch(), kept.floor(), List.copyOf(assignments));
    }
}
