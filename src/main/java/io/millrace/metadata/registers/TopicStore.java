package io.millrace.metadata.registers;

import io.millrace.agreement.RegisterUnavailableException;
import io.millrace.agreement.registers.Register;
import io.millrace.agreement.registers.RegisterStore;
import io.millrace.metadata.BrokerErrors;
import io.millrace.metadata.Topic;
import io.millrace.metadata.TopicName;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.IntUnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The registers {@code topic/<name>} and {@code topic-page/<name>/<number>}: reads topics, and changes assignments. A
 * topic's own register has the assignments of its first page; a topic of one page has no other register. {@link
 * TopicRegisters} has what must be done to several registers in order. Blocks. Errors of the registers come out as
 * UNAVAILABLE.
 */
public final class TopicStore {
    /**
     * Partitions of a page: with three replicas some 5 KB of JSON, and 157 registers for 10,000 partitions. Written into
     * each topic that has pages, and the same for all brokers.
     */
    public static final int PARTITIONS_PER_PAGE = 64;

    /** Pages that are changed at once: some 100 KB, which is one message and one forced write for each journal. */
    public static final int PAGES_AT_ONCE = 16;

    static final String PREFIX = "topic/";
    private static final String PAGE_PREFIX = "topic-page/";

    private final RegisterStore registers;
    private final int pageSize;
    private final TopicCodec codec = new TopicCodec();
    /** By name, the id of the topic that is known to be in pages; as many as there are names of large topics. */
    private final Map<String, UUID> paged = new ConcurrentHashMap<>();

    /** @param pageSize of pages, in partitions; {@link #PARTITIONS_PER_PAGE}, but in tests */
    public TopicStore(RegisterStore registers, int pageSize) {
        this.registers = registers;
        this.pageSize = pageSize;
    }

    /** What a register is about: a topic, and the first of the partitions whose assignments it has. */
    public record Part(String topic, int partition) {
    }

    /** A page before and after {@link #change}; the same where nothing was written. */
    public record PageChange(TopicPage before, TopicPage after) {
        private static final int MAX_TOLD = 5;

        public boolean isNone() {
            return before.equals(after);
        }

        public boolean changes(int partition) {
            return after.has(partition) && !after.assignment(partition).equals(before.assignment(partition));
        }

        /** The first assignments that changed, for the log. */
        public String summary() {
            return IntStream.range(after.first(), after.end()).filter(this::changes).limit(MAX_TOLD).mapToObj(number -> {
                Topic.Assignment now = after.assignment(number);
                return "partition %d leader %d epoch %d isr %s".formatted(number, now.leader(), now.leaderEpoch(), now.isr());
            }).collect(Collectors.joining("; "));
        }
    }

    /** Where a page is. */
    record Place(String key, long version, TopicPage page, Function<TopicPage, String> text) {
    }

    public int pageSize() {
        return pageSize;
    }

    /** Names in use; there may be no topic any more, or not yet, where {@link #read} finds none. */
    public List<String> names() {
        return BrokerErrors.translating(() -> {
            List<String> names = new ArrayList<>();
            registers.keys(PREFIX).forEach(key -> names.add(key.substring(PREFIX.length())));
            return names;
        });
    }

    /** @return what the register is about when it is one of a topic's */
    public Optional<Part> partOf(String registerKey) {
        if (registerKey.startsWith(PREFIX)) {
            return Optional.of(new Part(registerKey.substring(PREFIX.length()), 0));
        } else if (!registerKey.startsWith(PAGE_PREFIX)) {
            return Optional.empty();
        }
        int slash = registerKey.lastIndexOf('/');
        return Optional.of(new Part(registerKey.substring(PAGE_PREFIX.length(), slash),
                Integer.parseInt(registerKey.substring(slash + 1)) * pageSize));
    }

    static String key(String topic) {
        return PREFIX + topic;
    }

    /** The first page has none of its own. */
    static String pageKey(String topic, int page) {
        return PAGE_PREFIX + topic + "/" + page;
    }

    /** As {@link #read}, for a name from outside: nothing odd becomes a register's key. */
    public Optional<StoredTopic> find(String name) {
        return TopicName.isLegal(name) ? read(name) : Optional.empty();
    }

    /**
     * A topic with all its pages.
     *
     * @throws IllegalStateException when the registers do not hold a topic
     */
    public Optional<StoredTopic> read(String name) {
        return read(name, null);
    }

    /**
     * A topic as its own register is now, its other pages as they are known already, but those that are not.
     *
     * @param known null: nothing is
     * @throws IllegalStateException when the registers do not hold a topic
     */
    public Optional<StoredTopic> read(String name, StoredTopic known) {
        return BrokerErrors.translating(() -> {
            while (true) {
                Optional<Register> register = registers.read(key(name));
                TopicRegister.Entry entry = register.map(this::entry).orElse(null);
                if (entry == null) {
                    return Optional.empty();
                }
                long version = register.get().version();
                Optional<StoredTopic> topic = assembled(entry, version, known);
                if (topic.isPresent()) {
                    return topic;
                }
                // Pages are there before what counts on them, and go after it: the topic was deleted meanwhile.
                if (registers.read(key(name)).filter(now -> now.version() == version).isPresent()) {
                    throw new IllegalStateException("topic '" + name + "' has " + entry.partitions()
                            + " partitions, and lacks a page of their assignments");
                }
            }
        });
    }

    private Optional<StoredTopic> assembled(TopicRegister.Entry entry, long version, StoredTopic known) {
        Topic topic = entry.topic();
        List<Topic.Assignment> assignments = new ArrayList<>(topic.partitions());
        List<Long> versions = new ArrayList<>(List.of(version));
        boolean isKnown = known != null && known.topic().id().equals(topic.id()) && known.pageSize() == entry.pageSize();
        IntUnaryOperator endOf = number -> Math.min(entry.partitions(), (number + 1) * entry.pageSize());
        int unknown = IntStream.range(1, entry.pages())
                .filter(number -> !isKnown || endOf.applyAsInt(number) > known.partitionCount()).findFirst().orElse(entry.pages());
        Map<String, Register> read = registers.readAll(IntStream.range(unknown, entry.pages())
                .mapToObj(number -> pageKey(topic.name(), number)).toList());
        for (int number = 1; number < entry.pages(); number++) {
            int first = number * entry.pageSize();
            int end = endOf.applyAsInt(number);
            if (number < unknown) {
                assignments.addAll(known.topic().partitions().subList(first, end));
                versions.add(known.versions().get(number));
                continue;
            }
            Optional<TopicPage> page = numbered(topic.name(), topic.id(), number, read.get(pageKey(topic.name(), number)));
            if (page.filter(found -> found.has(end - 1)).isEmpty()) {
                return Optional.empty();
            }
            assignments.addAll(page.get().assignments().subList(0, end - first));
            versions.add(page.get().version());
        }
        return Optional.of(new StoredTopic(topic.withPartitions(assignments), entry.pageSize(), List.copyOf(versions)));
    }

    /** A page that is not the first one; empty when its register, null where there is none, is not of this very topic. */
    private Optional<TopicPage> numbered(String name, UUID id, int number, Register register) {
        return Optional.ofNullable(register).flatMap(found -> place(name, id, number, found)).map(Place::page);
    }

    /**
     * The page that a partition's assignment is on, as its register is now.
     *
     * @return empty when there is no such partition of this very topic
     */
    public Optional<TopicPage> page(String name, UUID id, int partition) {
        return BrokerErrors.translating(() -> place(name, id, partition).map(Place::page));
    }

    /**
     * Changes the page that a partition's assignment is on by compare-and-set, and no other one.
     *
     * @param change of the page as its register is now; called anew when another change came first. Empty: nothing is to
     *               be written. The same page: it is written all the same, and gets another version
     * @return empty when there is no such partition of this very topic (any more)
     */
    public Optional<PageChange> change(String name, UUID id, int partition,
                                       Function<TopicPage, Optional<TopicPage>> change) {
        return BrokerErrors.translating(() -> {
            while (true) {
                Place place = place(name, id, partition).orElse(null);
                if (place == null) {
                    return Optional.empty();
                }
                TopicPage before = place.page();
                Optional<TopicPage> after = change.apply(before);
                if (after.isEmpty()) {
                    return Optional.of(new PageChange(before, before));
                }
                Change begun = new Change(place, after.get());
                OptionalLong version = set(begun.key(), place.version(), begun.text());
                if (version.isPresent()) {
                    return Optional.of(begun.done(version.getAsLong()));
                }
            }
        });
    }

    /** What is to become of some pages. */
    public interface PageEdit {
        /** These pages have been read, and are about to be {@link #of edited} before any of them is written. */
        default void begin(List<TopicPage> pages) {
        }

        /** As for {@link #change}: perhaps of a page that was given before, and as it is now. */
        Optional<TopicPage> of(TopicPage page);
    }

    /**
     * As {@link #change} of each page that one of these partitions' assignments is on, {@value #PAGES_AT_ONCE} of them at
     * once; those of which another change came first are changed anew by themselves.
     *
     * @param done called with the outcome of each step, in the order of the pages
     * @return of the pages that are (still) there
     * @throws BrokerException UNAVAILABLE when the outcome of a page is not known: what is known of the step's others was given
     *                         to {@code done} before
     */
    public List<PageChange> changeAll(String name, UUID id, Collection<Integer> partitions, PageEdit edit,
                                      Consumer<List<PageChange>> done) {
        return new PageBatches(this, registers, name, id, edit, done).run(partitions);
    }

    /** A change that is under way. */
    record Change(Place place, TopicPage after) {
        String key() {
            return place.key();
        }

        String text() {
            return place.text().apply(after);
        }

        PageChange done(long version) {
            TopicPage before = place.page();
            return new PageChange(before, after.at(before.version() + version - place.version()));
        }
    }

    private Optional<Place> place(String name, UUID id, int partition) {
        String key = keyOf(name, id, partition);
        Optional<Place> place = placeBehind(key, name, id, partition);
        // The topic may have come into pages between the two reads, which it does once.
        String now = place.isPresent() ? key : keyOf(name, id, partition);
        return now.equals(key) ? place : placeBehind(now, name, id, partition);
    }

    private Optional<Place> placeBehind(String key, String name, UUID id, int partition) {
        return registers.read(key).flatMap(register -> placeOf(name, id, partition, register));
    }

    Optional<Place> placeOf(String name, UUID id, int partition, Register register) {
        Optional<Place> place = register.key().equals(key(name)) ? place(name, id, register)
                : place(name, id, partition / pageSize, register);
        return place.filter(found -> found.page().has(partition));
    }

    private String keyOf(String name, UUID id, int partition) {
        return keyOf(name, partition, isPaged(name, id, partition));
    }

    String keyOf(String name, int partition, boolean isPaged) {
        return isPaged && partition >= pageSize ? pageKey(name, partition / pageSize) : key(name);
    }

    /** A topic that an earlier version wrote is in one register, how many partitions it may have: it has no page of this one. */
    boolean isPaged(String name, UUID id, int partition) {
        return partition >= pageSize && isPaged(name, id);
    }

    /** Pages do not count before the topic's own register says so; from then on they do for good. */
    private boolean isPaged(String name, UUID id) {
        if (id.equals(paged.get(name))) {
            return true;
        }
        TopicRegister.Entry entry = registers.read(key(name)).map(this::entry).orElse(null);
        boolean isPaged = entry != null && entry.id().equals(id) && entry.pageSize() != TopicRegister.WHOLE;
        if (isPaged) {
            paged.put(name, id);
        }
        return isPaged;
    }

    private Optional<Place> place(String name, UUID id, int number, Register register) {
        PageRegister page = codec.decodePage(register.value());
        return !page.topicId().equals(id) ? Optional.empty() : Optional.of(new Place(register.key(), register.version(),
                new TopicPage(name, id, number, number * pageSize, page.floor() + register.version(),
                        page.controllerEpoch(), page.assignments()),
                changed -> codec.encode(new PageRegister(id, changed.controllerEpoch(), page.floor(),
                        changed.assignments()))));
    }

    private Optional<Place> place(String name, UUID id, Register register) {
        TopicRegister.Entry entry = entry(register);
        if (entry == null || !entry.id().equals(id)) {
            return Optional.empty();
        }
        Topic topic = entry.topic();
        return Optional.of(new Place(register.key(), register.version(), new TopicPage(name, id, 0, 0, register.version(),
                topic.controllerEpoch(), topic.partitions()), changed -> codec.encode(new TopicRegister.Entry(
                        new Topic(name, id, changed.controllerEpoch(), topic.overrides(), changed.assignments()),
                        entry.partitions(), entry.pageSize()))));
    }

    /** Null when it is a claim only. */
    private TopicRegister.Entry entry(Register register) {
        if (!(codec.decode(register.value()) instanceof TopicRegister.Entry entry)) {
            return null;
        }
        if (entry.pageSize() != TopicRegister.WHOLE && entry.pageSize() != pageSize) {
            throw new IllegalStateException("the register " + register.key() + " has pages of " + entry.pageSize()
                    + " partitions; this version of Millrace knows pages of " + pageSize);
        }
        return entry;
    }

    /**
     * Sets a register over the version that was read, {@link RegisterStore#ABSENT} for a new one.
     *
     * @return its version; empty when another change came first: read again
     */
    OptionalLong set(String key, long expectedVersion, String json) {
        try {
            Optional<Register> set = registers.compareAndSet(key, expectedVersion, json);
            return set.isPresent() ? OptionalLong.of(set.get().version()) : holding(key, json);
        } catch (RegisterUnavailableException outcomeUnknown) {
            OptionalLong version = holding(key, json);
            if (version.isPresent()) {
                return version;
            }
            throw outcomeUnknown;
        }
    }

    /** Of a register that holds our own text although that was answered otherwise: a compare-and-set may be replayed. */
    private OptionalLong holding(String key, String json) {
        return registers.read(key).filter(register -> register.value().equals(json))
                .map(register -> OptionalLong.of(register.version())).orElse(OptionalLong.empty());
    }
}
