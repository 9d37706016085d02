package io.millrace.agreement.steward;

import com.hazelcast.cluster.Address;
import com.hazelcast.cluster.Cluster;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.cp.CPGroup;
import com.hazelcast.cp.CPMember;
import io.millrace.agreement.AgreementStatus;
import io.millrace.agreement.ClusterOptions;
import io.millrace.agreement.Majority;
import io.millrace.agreement.Member;
import io.millrace.agreement.Membership;
import io.millrace.agreement.hazelcast.CpControl;
import io.millrace.agreement.hazelcast.HazelcastCpOperations;
import io.millrace.agreement.hazelcast.HazelcastMember;
import io.millrace.agreement.hazelcast.MemberAttributes;
import io.millrace.agreement.hazelcast.NeighbourProbe;
import io.millrace.agreement.journal.JournalGuard;
import io.millrace.agreement.journal.MajorityJournal;
import io.millrace.agreement.journal.Standing;
import io.millrace.agreement.registers.ActiveIncarnation;
import io.millrace.agreement.registers.CpOperations;
import io.millrace.agreement.registers.Incarnation;
import java.net.InetSocketAddress;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * Keeps the agreement alive: who takes part in it, its reset when it was lost, its restoration, and this broker's own
 * member and journal. One loop a broker. Two stewards that act at once do no harm: what is true is decided by the
 * promises of the journals.
 */
final class Steward implements Runnable, AutoCloseable {
    private static final System.Logger LOGGER = System.getLogger(Steward.class.getName());
    private static final long ROUND_MILLIS = 300;
    /** Between rounds where nothing is to be done and nobody came or went: each asks the CP subsystem four questions. */
    private static final long CALM_NANOS = TimeUnit.MILLISECONDS.toNanos(1_400);
    private static final long SILENCE_MILLIS = 4_000;
    private static final long DISCOVERY_MILLIS = 6_000;
    private static final long DISCOVERY_FAILED_MILLIS = 30_000;
    private static final long MINORITY_MILLIS = 8_000;
    /** Lest servers that wait for the same act at once. */
    private static final int JITTER_MILLIS = 4_000;
    private static final long GONE_NANOS = TimeUnit.SECONDS.toNanos(1);
    /** Longer than all that may be amiss with a formation, a reset or a promotion that ends well. */
    private static final long EXCLUDED_MILLIS = 45_000;

    private final int configured;
    private final int target;
    private final HazelcastMember member;
    private final CpControl control;
    private final CpOperations cp;
    private final CpOperations probe;
    private final ActiveIncarnation active;
    private final JournalGuard own;
    private final Restore restore;
    private final CatchUp catchUp;
    private final Recovery recovery;
    private final JournalWatch journal;
    private final MajorityJournal journals;
    private final Membership membership;
    private final NeighbourProbe neighbours;
    private final CountDownLatch stopping = new CountDownLatch(1);

    private volatile AgreementStatus status;
    /** Since when there is no answer, no majority; 0: there is. By {@link System#nanoTime}. */
    private long waitingSince;
    private final Spell minority = Spell.withGraceUpTo(JITTER_MILLIS);
    private final Spell exclusion = Spell.withGraceUpTo(JITTER_MILLIS);
    private final Map<UUID, Long> goneSince = new HashMap<>();
    /** Of the last round: when it began, whether it left nothing to do, and who was in touch. */
    private long roundAt;
    private boolean calm;
    private List<Member> liveBefore;
    /** What was read in this round. */
    private boolean discovered;
    private Incarnation found;
    private CpRoll cpMembers = CpRoll.EMPTY;
    private Set<Address> participants = Set.of();

    /** @param probe gives up sooner than {@code cp} */
    Steward(ClusterOptions options, HazelcastMember member, CpOperations cp, CpOperations probe,
            ActiveIncarnation active, JournalWatch journal, JournalGuard own, Restore restore, CatchUp catchUp,
            Recovery recovery, MajorityJournal journals, Membership membership) {
        this.configured = options.size();
        this.target = options.cpMembers();
        this.member = member;
        this.control = new CpControl(member::instance);
        this.cp = cp;
        this.probe = probe;
        this.active = active;
        this.own = own;
        this.restore = restore;
        this.catchUp = catchUp;
        this.recovery = recovery;
        this.journal = journal;
        this.journals = journals;
        this.membership = membership;
        this.neighbours = new NeighbourProbe(options);
        this.status = new AgreementStatus("the cluster member has just started", 0, Set.of(), 1, configured);
    }

    /** What is to be done next, at most one thing at a time. */
    static StewardAction decide(StewardView view) {
        if (!view.writable()) {
            return view.sound() ? StewardAction.LEAVE : StewardAction.NONE;
        }
        if (!view.sound()) {
            return StewardAction.REPLACE_MEMBER;
        }
        if (!new Majority(view.configured()).isReachedBy(view.live())) {
            return view.minorityMillis() > MINORITY_MILLIS && view.othersAnswer() ? StewardAction.REPLACE_MEMBER
                : StewardAction.NONE;
        }
        if (view.excludedMillis() > EXCLUDED_MILLIS) {
            return StewardAction.REPLACE_MEMBER;
        }
        if (view.waitedMillis() > 0 || !view.discovered()) {
            return view.oldest() ? form(view) : StewardAction.NONE;
        }
        if (view.expelledFromCp()) {
            return StewardAction.REPLACE_MEMBER;
        }
        if (view.goneFromCp() && view.oldest()) {
            return StewardAction.REMOVE_GONE;
        }
        if (!view.selfInCp() && view.brokersInCp() < view.target()) {
            return StewardAction.PROMOTE_SELF;
        }
        return view.witnesses() > 0 && view.brokersInCp() >= view.target() ? StewardAction.RETIRE_WITNESSES
            : StewardAction.NONE;
    }

    private static StewardAction form(StewardView view) {
        if (view.waitedMillis() <= (view.discovered() ? SILENCE_MILLIS : DISCOVERY_MILLIS)) {
            return StewardAction.NONE;
        }
        if (view.members() < view.target()) {
            return StewardAction.ADD_WITNESS;
        }
        if (view.discovered()) {
            return StewardAction.RESET;
        }
        return view.waitedMillis() > DISCOVERY_FAILED_MILLIS ? StewardAction.REPLACE_MEMBER : StewardAction.NONE;
    }

    AgreementStatus status() {
        return status;
    }

    @Override
    public void run() {
        try {
            while (!stopping.await(ROUND_MILLIS, TimeUnit.MILLISECONDS)) {
                String offline = journal.problem();
                if (isDue(offline)) {
                    round(offline);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        stopping.countDown();
    }

    /** What can be seen from here is looked at each time. */
    private boolean isDue(String offline) {
        return !calm || System.nanoTime() - roundAt >= CALM_NANOS || offline != null || !member.isSound()
            || !membership.live().equals(liveBefore);
    }

    /** @param offline why this server's journal cannot be used, or null */
    private void round(String offline) {
        roundAt = System.nanoTime();
        StewardAction action = StewardAction.NONE;
        String problem;
        try {
            StewardView view = offline == null ? observe() : outside();
            action = decide(view);
            act(action);
            problem = offline == null ? view.problem() : offline;
            if (problem == null) {
                problem = reconcile(view);
            }
        } catch (RuntimeException e) {
            problem = e.getMessage();
            LOGGER.log(action == StewardAction.NONE ? System.Logger.Level.DEBUG : System.Logger.Level.INFO,
                "the steward will try again, " + action + ": " + e.getMessage());
            LOGGER.log(System.Logger.Level.DEBUG, "the steward was interrupted", e);
        } finally {
            recovery.roundOver();
        }
        calm = problem == null && action == StewardAction.NONE && goneSince.isEmpty();
        report(problem);
    }

    private void report(String problem) {
        String before = status.problem();
        Set<Integer> brokers = new TreeSet<>();
        Map<Address, Integer> ids = brokersInTouch();
        participants.stream().filter(ids::containsKey).map(ids::get).forEach(brokers::add);
        status = new AgreementStatus(problem, found != null && found.active() ? found.number() : 0, brokers,
            membership.live().size(), configured);
        if (problem == null && before != null) {
            LOGGER.log(System.Logger.Level.INFO, "registers can be read and changed, incarnation {0}",
                found == null ? 0 : found.number());
        } else if (problem != null && !problem.equals(before)) {
            LOGGER.log(System.Logger.Level.WARNING, "registers cannot be read or changed: " + problem);
        }
    }

    private StewardView observe() {
        if (!member.isSound()) {
            found = null;
            return StewardView.alone(true, false, configured, target);
        }
        HazelcastInstance instance = member.instance();
        Cluster cluster = instance.getCluster();
        Set<Address> inTouch = inTouch();
        liveBefore = membership.live();
        int live = liveBefore.size();
        boolean majority = new Majority(configured).isReachedBy(live);
        long inMinority = minority.millis(!majority);
        long waited = consult(live);
        Set<Address> brokers = brokersInTouch().keySet();
        boolean excluded = majority && (waited > 0 || !participants.contains(self())
            && participants.stream().filter(brokers::contains).count() < target);
        return new StewardView(true, true, cluster.getMembers().iterator().next().localMember(), configured, live,
            inTouch.size(), target, discovered, waited, inMinority,
            inMinority > MINORITY_MILLIS && neighbours.anyAnswers(addresses(cluster)),
            cpMembers.includesSelf(), cpMembers.isExpelled(), cpMembers.brokers(brokers, self()),
            !gone(inTouch).isEmpty(), member.witnesses().size(), exclusion.millis(excluded));
    }

    /** Nothing is asked of a cluster that this server must not be part of. */
    private StewardView outside() {
        return StewardView.alone(false, member.isRunning(), configured, target);
    }

    /** Asks the CP subsystem for the incarnation and its members; @return for how long it has not answered, in ms. */
    private long consult(int live) {
        long asked = System.nanoTime();
        try {
            discovered = control.isDiscovered();
            if (discovered) {
                found = Incarnation.decode(probe.get(Incarnation.NAME));
                cpMembers = roll();
                participants = participants();
                waitingSince = 0;
                return 0;
            }
        } catch (RuntimeException e) {
            LOGGER.log(System.Logger.Level.DEBUG, "the CP subsystem does not answer", e);
        }
        found = null;
        // A broker that was alone cannot tell how long the others have been without an answer.
        if (waitingSince == 0 || !new Majority(configured).isReachedBy(live)) {
            waitingSince = asked;
        }
        return Math.max(1, TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - waitingSince));
    }

    private Set<Address> participants() {
        return cpMembers.participants(self(), List.of(control.members(CPGroup.METADATA_CP_GROUP_NAME),
            control.members(HazelcastCpOperations.GROUP)));
    }

    /** Asks again when this server's member became a CP member, or none by a reset, while the question was under way. */
    private CpRoll roll() {
        CPMember local;
        Collection<CPMember> listed;
        do {
            local = control.local();
            listed = control.members();
        } while (!Objects.equals(local, control.local()));
        return new CpRoll(listed, local);
    }

    /** CP members whose server has not been in touch for a while. */
    private Set<UUID> gone(Set<Address> inTouch) {
        Set<UUID> absent = cpMembers.listed().stream().filter(one -> !inTouch.contains(one.getAddress()))
            .map(CPMember::getUuid).collect(Collectors.toCollection(HashSet::new));
        goneSince.keySet().retainAll(absent);
        absent.forEach(uuid -> goneSince.putIfAbsent(uuid, System.nanoTime()));
        absent.removeIf(uuid -> System.nanoTime() - goneSince.get(uuid) < GONE_NANOS);
        return absent;
    }

    private Map<Address, Integer> brokersInTouch() {
        try {
            return member.instance().getCluster().getMembers().stream().filter(MemberAttributes::isBroker)
                .collect(Collectors.toMap(com.hazelcast.cluster.Member::getAddress, MemberAttributes::brokerId));
        } catch (RuntimeException e) {
            return Map.of();
        }
    }

    private static Set<InetSocketAddress> addresses(Cluster cluster) {
        return cluster.getMembers().stream().map(com.hazelcast.cluster.Member::getSocketAddress).collect(Collectors.toSet());
    }

    private void act(StewardAction action) {
        if (action != StewardAction.NONE) {
            LOGGER.log(System.Logger.Level.INFO, "the steward acts: {0}", action);
        }
        switch (action) {
            case NONE -> { }
            case REPLACE_MEMBER -> {
                forget();
                member.replace();
            }
            case LEAVE -> {
                forget();
                member.leave();
            }
            case ADD_WITNESS -> member.addWitness();
            case RESET -> {
                control.reset();
                forget();
            }
            case REMOVE_GONE -> gone(inTouch()).forEach(control::remove);
            case PROMOTE_SELF -> promote();
            case RETIRE_WITNESSES -> member.retireWitnesses();
        }
    }

    /** The last run of this server may still be listed, which would be in the way. */
    private void promote() {
        cpMembers.leftOver(self()).forEach(control::remove);
        control.promoteSelf();
    }

    private Address self() {
        return member.instance().getCluster().getLocalMember().getAddress();
    }

    /** Begins the waits anew: what was known of the agreement is void. */
    private void forget() {
        active.learn(null);
        waitingSince = 0;
        minority.end();
        exclusion.end();
        cpMembers = CpRoll.EMPTY;
        participants = Set.of();
        found = null;
    }

    private Set<Address> inTouch() {
        return member.instance().getCluster().getMembers().stream().map(com.hazelcast.cluster.Member::getAddress)
            .collect(Collectors.toSet());
    }

    /** Whether this broker began to restore that: then nobody else does while it is up, whoever is the oldest by now. */
    private boolean isRestoring(Incarnation incarnation) {
        return incarnation != null && !incarnation.active() && incarnation.by().equals(membership.self().session());
    }

    /** Sees to it that there is an active incarnation, and that this broker's journal takes part in it. */
    private String reconcile(StewardView view) {
        Incarnation known = active.learn(found);
        Standing standing = own.standing();
        if (known == null || standing.promise() > known.number()) {
            Restore.Outcome outcome = restore.attempt(known != null || view.oldest() || isRestoring(found));
            if (outcome.problem() == null) {
                journals.noteDurable(outcome.restored());
                found = Incarnation.decode(cp.get(Incarnation.NAME));
                known = active.learn(found);
            }
            if (known == null || outcome.problem() != null) {
                return outcome.problem() == null ? "the registers are being restored" : outcome.problem();
            }
        }
        String behind = CatchUp.isNeeded(own.standing(), known) ? catchUp.attempt(known) : null;
        if (behind == null) {
            recovery.settle();
        }
        return behind;
    }
}
