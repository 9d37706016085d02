package io.millrace.metadata.controller;

import io.millrace.agreement.Member;
import io.millrace.agreement.registers.Register;
import io.millrace.agreement.registers.RegisterStore;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.Lease;
import io.millrace.metadata.ReplicaEnds;
import io.millrace.metadata.Topic;
import io.millrace.metadata.TopicName;
import io.millrace.metadata.brokers.BrokerRegistry;
import io.millrace.metadata.brokers.PageReaders;
import io.millrace.metadata.registers.TopicPage;
import io.millrace.metadata.registers.TopicRegisters;
import io.millrace.metadata.registers.TopicStore;
import io.millrace.metadata.topics.CachedTopic;
import io.millrace.metadata.topics.PageChanges;
import io.millrace.metadata.topics.TopicCatalog;
import jakarta.json.bind.Jsonb;
import jakarta.json.bind.JsonbBuilder;
import java.lang.System.Logger.Level;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/**
 * Every broker's candidate for the controller, and the controller's work where it is elected: brings the assignments of
 * all partitions into line with the brokers that are up. The register {@code controller} names it, with an epoch that
 * grows with every election; each page of a topic's assignments keeps the epoch of the controller that last changed it,
 * and refuses older ones. What it does rests on no order of events: each pass looks at everything, so that whoever takes
 * over simply goes on. One pass at a time, on a worker's thread; it also renews the lease, which each broker needs.
 */
public final class Controller {
    public static final String KEY = "controller";
    private static final System.Logger LOG = System.getLogger(Controller.class.getName());
    /** Brokers further down the list wait this much longer each, so that usually one alone tries. */
    private static final long STEP_NANOS = TimeUnit.MILLISECONDS.toNanos(1000);

    /** How often everything is looked at although nothing seems to have changed. */
    private static final long IDLE_NANOS = TimeUnit.SECONDS.toNanos(3);

    /** Between passes that nobody asked for, when the last one found all in order. */
    private static final long CALM_NANOS = TimeUnit.MILLISECONDS.toNanos(900);

    /** How often the lease is renewed in a pass that takes long, which may be longer than the lease. */
    private static final long RENEWAL_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final RegisterStore registers;
    private final BrokerRegistry brokers;
    private final TopicStore store;
    private final Pagination pagination;
    private final UncleanElections uncleanElections;
    private final TopicCatalog catalog;
    private final PageChanges pages;
    private final Lease lease;
    private final LongSupplier nanoTime;
    private final long balanceNanos;
    private final Jsonb jsonb = JsonbBuilder.create();

    // Changed by the one pass at a time.
    private volatile Elected elected = new Elected(-1, "", 0);
    private Set<Integer> liveBefore = Set.of();
    private long liveSince;
    private long vacantSince = -1;
    private long seenRevision = -1;
    private long reconciledAt;
    private long renewedAt;
    /** Of the last pass: when it began, and whether it failed or nobody is elected. */
    private volatile long passedAt;
    private volatile boolean restless = true;

    /**
     * Who was elected.
     *
     * @param epoch 0: nobody yet
     */
    record Elected(int broker, String session, int epoch) {
    }

    /** The JSON of the register. */
    public static final class ElectedBean {
        public int broker;
        public String session;
        public int epoch;
    }

    /** @param balanceNanos for how long the brokers must be the same before preferred leaders take over, in ns */
    public Controller(RegisterStore registers, BrokerRegistry brokers, TopicStore store, PageReaders readers, ReplicaEnds replicaEnds,
               TopicCatalog catalog, Lease lease, LongSupplier nanoTime, long balanceNanos) {
        this.registers = registers;
        this.brokers = brokers;
        this.store = store;
        this.pagination = new Pagination(new TopicRegisters(registers, store), readers, catalog, nanoTime);
        this.uncleanElections = new UncleanElections(replicaEnds, brokers, nanoTime);
        this.catalog = catalog;
        this.pages = new PageChanges(store, catalog);
        this.lease = lease;
        this.nanoTime = nanoTime;
        this.balanceNanos = balanceNanos;
        this.liveSince = nanoTime.getAsLong();
    }

    /** As last read. */
    public Elected elected() {
        return elected;
    }

    boolean isElected() {
        return elected.session().equals(brokers.membership().self().session());
    }

    /** Regularly: whether it is time for a pass although nothing is known to have changed. */
    public boolean isDue() {
        return restless || lease.isHalfOver() || nanoTime.getAsLong() - passedAt >= CALM_NANOS;
    }

    /**
     * One pass. Blocks.
     *
     * @throws RuntimeException when the registers cannot be reached
     */
    public void run() {
        long askedAt = nanoTime.getAsLong();
        passedAt = askedAt;
        restless = true;
        Optional<Register> register = confirmed();
        if (!lease.holds()) {
            // Whoever was out of touch heard no doorbell: it must not serve on by what it knew of its leaderships then.
            if (!catalog.refreshAll()) {
                throw new BrokerException(ErrorKind.UNAVAILABLE, "the topics could not be read again, so that the lease of"
                        + " this broker is not renewed yet");
            }
            askedAt = nanoTime.getAsLong();
            register = confirmed();
        }
        renew(register, askedAt);
        brokers.refresh();
        if (!isElected()) {
            stand(register);
        }
        if (isElected()) {
            reconcile();
        }
        restless = vacantSince >= 0;
    }

    private Optional<Register> confirmed() {
        Optional<Register> register = registers.read(KEY);
        registers.confirm();
        return register;
    }

    private void renew(Optional<Register> register, long askedAt) {
        lease.renew(askedAt);
        renewedAt = askedAt;
        elected = register.map(this::decode).orElse(elected);
    }

    /** What this broker leads must not wait for the end of a long pass. A lease that ended is for the next pass to begin anew. */
    private void renewInBetween() {
        long now = nanoTime.getAsLong();
        if (now - renewedAt >= RENEWAL_NANOS && lease.holds()) {
            Optional<Register> register = confirmed();
            if (lease.holds()) { // also after a call that took long
                renew(register, now);
            }
        }
    }

    /** Stands for election when the elected one is not up. */
    private void stand(Optional<Register> register) {
        List<Member> candidates = brokers.membership().live().stream()
                .filter(member -> brokers.live().contains(member.brokerId())).toList();
        boolean vacant = candidates.stream().noneMatch(member -> member.session().equals(elected.session()));
        int place = candidates.indexOf(brokers.membership().self());
        long now = nanoTime.getAsLong();
        if (!vacant || place < 0) {
            vacantSince = -1;
            return;
        }
        if (vacantSince < 0) {
            vacantSince = now;
        }
        if (now - vacantSince >= place * STEP_NANOS) {
            ElectedBean bean = new ElectedBean();
            bean.broker = brokers.membership().self().brokerId();
            bean.session = brokers.membership().self().session();
            bean.epoch = register.map(this::decode).map(Elected::epoch).orElse(0) + 1;
            long version = register.map(Register::version).orElse(RegisterStore.ABSENT);
            if (registers.compareAndSet(KEY, version, jsonb.toJson(bean)).isPresent()) {
                elected = new Elected(bean.broker, bean.session, bean.epoch);
                vacantSince = -1;
                liveSince = now;
                LOG.log(Level.INFO, "this broker is the controller now, epoch {0}", Integer.toString(bean.epoch));
                catalog.refreshAll();
                uncleanElections.retain(Set.of());
            }
        }
    }

    private Elected decode(Register register) {
        ElectedBean bean = jsonb.fromJson(register.value(), ElectedBean.class);
        return new Elected(bean.broker, bean.session, bean.epoch);
    }

    private void reconcile() {
        Set<Integer> live = brokers.live();
        long now = nanoTime.getAsLong();
        if (!live.equals(liveBefore)) {
            LOG.log(Level.INFO, "brokers that are up: {0}", live);
            liveBefore = live;
            liveSince = now;
        }
        boolean balance = now - liveSince >= balanceNanos;
        long revision = catalog.revision();
        if (revision == seenRevision && now > reconciledAt && now - reconciledAt < IDLE_NANOS && liveSince < now) {
            return;
        }
        boolean done = true;
        List<String> names = catalog.names();
        uncleanElections.retain(Set.copyOf(names));
        for (String name : names) {
            if (!isElected()) {
                return;
            }
            renewInBetween();
            try {
                done &= catalog.find(name).map(topic -> reconcile(topic, live, balance)).orElse(true);
            } catch (RuntimeException failure) { // also a register that is not one: it must not stand in the others' way
                done = false;
                LOG.log(Level.WARNING, "topic {0} could not be brought into line now, and is tried again: {1}", name,
                        failure.getMessage());
            }
        }
        pagination.clearAbandoned();
        seenRevision = done ? revision : -1;
        reconciledAt = now;
    }

    /**
     * Writes the pages of assignments in which something is to be changed, and no other ones.
     *
     * @return whether there is nothing left to wait for
     */
    private boolean reconcile(CachedTopic topic, Set<Integer> live, boolean balance) {
        // Who coordinates what is in an internal topic gives it back by itself, and hands over before that.
        boolean preferred = balance && !TopicName.isInternal(topic.name());
        UnaryOperator<Topic.Assignment> change = now -> Elections.reconcile(now, live, preferred);
        List<Topic.Assignment> now = topic.topic().partitions();
        List<Integer> concerned = IntStream.range(0, now.size())
                .filter(partition -> !change.apply(now.get(partition)).equals(now.get(partition))).boxed().toList();
        changePages(topic, concerned, live, page -> page.withEach(change), changed -> { });
        pagination.advance(topic);
        return !isElected() || electUncleanly(topic.name(), live);
    }

    /** @return whether no partition waits for replicas that were asked how far they reach */
    private boolean electUncleanly(String name, Set<Integer> live) {
        CachedTopic topic = catalog.find(name).filter(Controller::mayElectUncleanly).orElse(null);
        Map<Integer, List<Integer>> candidates = new TreeMap<>();
        for (int partition = 0; topic != null && partition < topic.partitionCount(); partition++) {
            List<Integer> replicas = Elections.outOfSync(topic.topic().partitions().get(partition), live);
            if (!replicas.isEmpty()) {
                candidates.put(partition, replicas);
            }
        }
        if (candidates.isEmpty()) {
            uncleanElections.forget(name);
            return true;
        }
        Map<Integer, UncleanElections.Choice> chosen = uncleanElections.advance(name, topic.id(), candidates);
        if (!chosen.isEmpty()) {
            catalog.refresh(name); // the setting may have been taken back just now
        }
        if (chosen.isEmpty() || catalog.find(name).filter(Controller::mayElectUncleanly).isEmpty()) {
            return false;
        }
        changeUncleanly(topic, live, chosen);
        return chosen.keySet().equals(candidates.keySet());
    }

    private static boolean mayElectUncleanly(CachedTopic topic) {
        return topic.invalid() == null && topic.config().uncleanElection();
    }

    private void changeUncleanly(CachedTopic topic, Set<Integer> live, Map<Integer, UncleanElections.Choice> chosen) {
        changePages(topic, chosen.keySet(), live, page -> {
            TopicPage next = page;
            for (int number : chosen.keySet()) {
                int leader = chosen.get(number).leader();
                if (page.has(number) && Elections.outOfSync(page.assignment(number), live).contains(leader)) {
                    next = next.with(number, Elections.uncleanly(page.assignment(number), leader));
                }
            }
            return next;
        }, change -> chosen.forEach((number, choice) -> warn(change, number, choice)));
    }

    private static void warn(TopicStore.PageChange change, int partition, UncleanElections.Choice choice) {
        if (change.changes(partition)) {
            LOG.log(Level.WARNING, "unclean election: broker {0} leads {1}-{2} from now on, although it was not in sync, and its"
                    + " log, which ends at offset {3}, is all that counts. Records that only {4}, which were in sync and are"
                    + " down, had are lost{5}. Those that are up: {6}", Integer.toString(choice.leader()), change.after().topic(),
                    Integer.toString(partition), Long.toString(choice.end().endOffset()), change.before().assignment(partition).isr(),
                    choice.lost() == 0 ? "" : ", at least " + choice.lost() + " that were committed", choice.told());
        }
    }

    private void changePages(CachedTopic topic, Collection<Integer> partitions, Set<Integer> live,
                             UnaryOperator<TopicPage> change, Consumer<TopicStore.PageChange> done) {
        Consumer<TopicStore.PageChange> told = page -> LOG.log(Level.INFO, "topic {0}: {1}", topic.name(), page.summary());
        pages.changeAll(topic.name(), topic.id(), partitions, new Reconciliation(live, change), some -> some.stream()
                .filter(page -> !page.isNone()).forEach(told.andThen(done)));
    }

    /** Changes nothing any more as soon as somebody else is elected. */
    private final class Reconciliation implements TopicStore.PageEdit {
        private final int epoch = elected.epoch();
        private final Set<Integer> live;
        private final UnaryOperator<TopicPage> change;

        private Reconciliation(Set<Integer> live, UnaryOperator<TopicPage> change) {
            this.live = live;
            this.change = change;
        }

        @Override
        public void begin(List<TopicPage> some) {
            renewInBetween();
            isOver(some.stream().mapToInt(TopicPage::controllerEpoch).max().orElse(0));
        }

        @Override
        public Optional<TopicPage> of(TopicPage page) {
            TopicPage next = change.apply(page);
            // Somebody may have come or gone, perhaps this broker itself: the next pass knows better.
            return !isElected() || elected.epoch() != epoch || next.equals(page) || !live.equals(brokers.live())
                    ? Optional.empty() : Optional.of(next.by(epoch));
        }
    }

    /** Whether a newer controller has been at work. */
    private boolean isOver(int epoch) {
        if (epoch <= elected.epoch()) {
            return false;
        }
        LOG.log(Level.INFO, "a newer controller was elected: this one is over");
        elected = new Elected(-1, "", epoch);
        return true;
    }
}
