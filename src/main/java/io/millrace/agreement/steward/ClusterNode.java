package io.millrace.agreement.steward;

import com.hazelcast.config.Config;
import com.hazelcast.core.HazelcastInstance;
import io.millrace.agreement.AgreementStatus;
import io.millrace.agreement.ClusterOptions;
import io.millrace.agreement.LocalNotes;
import io.millrace.agreement.Majority;
import io.millrace.agreement.Member;
import io.millrace.agreement.Membership;
import io.millrace.agreement.RegisterUnavailableException;
import io.millrace.agreement.hazelcast.HazelcastCpOperations;
import io.millrace.agreement.hazelcast.HazelcastJournalPeers;
import io.millrace.agreement.hazelcast.HazelcastMember;
import io.millrace.agreement.hazelcast.HazelcastMembership;
import io.millrace.agreement.hazelcast.HazelcastVersion;
import io.millrace.agreement.hazelcast.JournalCall;
import io.millrace.agreement.hazelcast.JournalEntrance;
import io.millrace.agreement.hazelcast.JournalSeal;
import io.millrace.agreement.hazelcast.MemberAttributes;
import io.millrace.agreement.hazelcast.MemberConfig;
import io.millrace.agreement.hazelcast.PlatformLoggers;
import io.millrace.agreement.hazelcast.ShutdownClasses;
import io.millrace.agreement.journal.DamagedJournalException;
import io.millrace.agreement.journal.Journal;
import io.millrace.agreement.journal.JournalGuard;
import io.millrace.agreement.journal.JournalPeers;
import io.millrace.agreement.journal.MajorityJournal;
import io.millrace.agreement.registers.ActiveIncarnation;
import io.millrace.agreement.registers.HazelcastRegisterStore;
import io.millrace.agreement.registers.RegisterStore;
import io.millrace.log.Closing;
import io.millrace.log.LogDirectoryOfflineException;
import io.millrace.log.write.LogDirectory;
import io.millrace.log.LogObserver;
import io.millrace.log.file.OpenFiles;
import java.time.Clock;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/**
 * This server's member of the cluster: its journal, its Hazelcast member, the registers they hold together, and the
 * steward that keeps them alive.
 */
public final class ClusterNode implements AutoCloseable {
    private static final System.Logger LOGGER = System.getLogger(ClusterNode.class.getName());
    private static final long DUPLICATE_NANOS = TimeUnit.SECONDS.toNanos(10);
    private static final int MAX_OPEN_FILES = 500;
    private static final long POLL_MILLIS = 100;
    /** Longer than an election, shorter than an operation. */
    private static final long PROBE_MILLIS = 1_500;

    private final ClusterOptions options;
    private final Journal journal;
    private final HazelcastMember member;
    private final HazelcastCpOperations cp;
    private final HazelcastMembership membership;
    private final JournalGuard guard;
    private final JournalSeal seal;
    private final MajorityJournal journals;
    private final Restore restore;
    private final Steward steward;
    private final RegisterStore registers;
    private final Recovery recovery = new Recovery();
    /** Whether the others may ask for the journal: not while it is open whether another server has this broker's id. */
    private volatile boolean admitted;

    private ClusterNode(ClusterOptions options, String session, Journal journal, Executor executor) {
        this.options = options;
        this.journal = journal;
        Majority majority = new Majority(options.size());
        member = new HazelcastMember(options, () -> config(options, session), this::connect);
        membership = new HazelcastMembership(
            new Member(options.brokerId(), session, options.url(), options.rack()), member::instance);
        cp = new HazelcastCpOperations(member::instance, executor, HazelcastCpOperations.ANSWER_MILLIS);
        seal = new JournalSeal(options.secret());
        JournalPeers peers = options.size() == 1 ? JournalPeers.NONE
            : new HazelcastJournalPeers(member::instance, options.brokerId(), seal);
        guard = new JournalGuard(journal);
        ActiveIncarnation active = new ActiveIncarnation(cp, () -> majority.isReachedBy(1 + peers.reachable().size()),
            () -> guard.standing().promise());
        journals = new MajorityJournal(journal, guard, peers, majority, MajorityJournal.ANSWER_MILLIS);
        JournalPoll poll = new JournalPoll(guard, options.brokerId(), peers);
        restore = new Restore(cp, guard, poll, majority, session,
            other -> membership.live().stream().anyMatch(one -> one.session().equals(other)), recovery);
        registers = new HazelcastRegisterStore(cp, active, journals, changeIds());
        steward = new Steward(options, member, cp,
            new HazelcastCpOperations(member::instance, executor, PROBE_MILLIS), active,
            new JournalWatch(journal, System::nanoTime), guard, restore,
            new CatchUp(cp, options.brokerId(), guard, poll, majority, recovery), recovery, journals, membership);
    }

    /**
     * A server alone blocks until its registers are restored: a few seconds. One of several returns when its member
     * runs; its registers become available when a majority of the servers is there, see {@link #status}.
     *
     * @param executor runs the journal's writer and the steward for as long as the node is open, and short tasks
     * @throws IllegalStateException        when this version of Hazelcast is not supported, another process has the
     *                                      journal open, or another server has this broker's id
     * @throws IllegalArgumentException     when nothing can be bound to the host
     * @throws DamagedJournalException      when the journal is not as it was written
     * @throws LogDirectoryOfflineException when the journal's disk cannot be read or written
     * @throws RegisterUnavailableException when Hazelcast does not start, its port being taken for example
     */
    public static ClusterNode start(ClusterOptions options, Executor executor) {
        return start(options, UUID.randomUUID().toString(), executor, LogObserver.NONE);
    }

    /**
     * As {@link #start(ClusterOptions, Executor)}.
     *
     * @param session  tells this run of the broker from any other
     * @param observer is told of damage in the journal that could be mended
     */
    public static ClusterNode start(ClusterOptions options, String session, Executor executor, LogObserver observer) {
        return start(options, session, executor, observer, new OpenFiles(MAX_OPEN_FILES));
    }

    /** @param files of the journal */
    static ClusterNode start(ClusterOptions options, String session, Executor executor, LogObserver observer, OpenFiles files) {
        PlatformLoggers.use();
        HazelcastVersion.check();
        ShutdownClasses.loadAll();
        Journal journal = Journal.open(options.journalRoot(), Journal.Options.DEFAULT, Clock.systemUTC(), executor,
            observer, files);
        ClusterNode node = new ClusterNode(options, session, journal, executor);
        try {
            node.member.start();
            if (options.size() == 1) {
                node.restoreAlone();
            } else {
                node.requireOwnId();
                node.admit();
                executor.execute(node.steward);
            }
            return node;
        } catch (RuntimeException e) {
            node.close();
            throw e;
        }
    }

    private static Config config(ClusterOptions options, String session) {
        if (options.size() > 1) {
            return MemberConfig.broker(options, session);
        }
        LOGGER.log(System.Logger.Level.INFO, "starting Hazelcast with one member; that it warns of an unsafe mode and"
            + " of a missing join method is as it should be, because the journal holds what it agrees on");
        return MemberConfig.singleMember(options, UUID.randomUUID().toString());
    }

    private void connect(HazelcastInstance instance) {
        cp.connectDoorbell(instance);
        membership.connect(instance);
        if (admitted) {
            open(instance);
        }
    }

    private void open(HazelcastInstance instance) {
        instance.getUserContext().put(JournalCall.ENTRANCE,
            new JournalEntrance(guard, seal, () -> instance.getCluster().getLocalMember().getUuid()));
    }

    private void admit() {
        admitted = true;
        open(member.instance());
    }

    private void restoreAlone() {
        Restore.Outcome outcome = restore.attempt(true);
        if (outcome.problem() != null) {
            throw new RegisterUnavailableException(outcome.problem(), null);
        }
        journals.noteDurable(outcome.restored());
    }

    /** The other one may be our own last run, which the cluster will miss in a few seconds. */
    private void requireOwnId() {
        long deadline = System.nanoTime() + DUPLICATE_NANOS;
        for (Optional<Member> other = older(); other.isPresent(); other = older()) {
            if (System.nanoTime() - deadline > 0) {
                throw new IllegalStateException("broker id " + options.brokerId() + " is in use by the server at "
                    + other.get().url() + ": give each server an id of its own");
            }
            pause();
        }
    }

    private Optional<Member> older() {
        return member.instance().getCluster().getMembers().stream()
            .takeWhile(one -> !one.localMember()).filter(MemberAttributes::isBroker)
            .map(MemberAttributes::broker).filter(one -> one.brokerId() == options.brokerId()).findFirst();
    }

    private static void pause() {
        try {
            Thread.sleep(POLL_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new RegisterUnavailableException("the wait for the cluster was interrupted", e);
        }
    }

    public RegisterStore registers() {
        return registers;
    }

    /** Where the journal is written, for whoever compacts it. */
    public LogDirectory journalDirectory() {
        return journal.directory();
    }

    /** What the journal keeps for this server alone. */
    public LocalNotes notes() {
        return journal;
    }

    public Membership membership() {
        return membership;
    }

    /** As of the last look at it, a fraction of a second ago. */
    public AgreementStatus status() {
        if (options.size() > 1) {
            return steward.status();
        }
        LogDirectoryOfflineException failure = failure();
        return new AgreementStatus(failure == null ? null : failure.getMessage(), guard.standing().active(),
            Set.of(options.brokerId()), 1, 1);
    }

    /**
     * The operator says to go on with the journals that are there, and without what only lost ones had. Carried out soon.
     *
     * @param kept     the brokers whose journals were in use before, as {@link #status} names them
     * @param replaced the brokers whose journals are new, as it names them
     * @throws IllegalStateException when this server waits for no such decision, or for another one
     */
    public void recover(Set<Integer> kept, Set<Integer> replaced) {
        recovery.grant(new Loss(kept, replaced));
    }

    /** @return whether registers are available, at the latest when the time is over */
    public boolean awaitAvailable(long millis) {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        while (!status().available() && System.nanoTime() - deadline < 0) {
            pause();
        }
        return status().available();
    }

    /** Why registers cannot be changed, until there is space or the disk is repaired and the server restarted; or null. */
    public LogDirectoryOfflineException failure() {
        return journal.failure();
    }

    /**
     * Whether this server is out of the agreement until it is restarted, because its journal failed. One that is alone
     * still serves what it has.
     */
    public boolean needsRestart() {
        return options.size() > 1 && journal.isLost();
    }

    /** Returns when Hazelcast has stopped and everything is in the journal. May be called again. */
    @Override
    public void close() {
        Closing.all(steward, member, journal);
    }

    /** Unique among all members and restarts: a random part for this node, then a number. */
    private static Supplier<String> changeIds() {
        String node = Long.toString(UUID.randomUUID().getMostSignificantBits() >>> 1, Character.MAX_RADIX);
        AtomicLong count = new AtomicLong();
        return () -> node + "-" + count.incrementAndGet();
    }
}
