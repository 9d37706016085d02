package io.millrace.replica.core;

import io.millrace.log.LeaderEpochEnd;
import io.millrace.metadata.Topic;
import io.millrace.replica.core.ReplicaFetchResponse.EpochEnd;
import io.millrace.replica.core.ReplicaFetchResponse.Outcome;
import io.millrace.replica.core.Role.Bystander;
import io.millrace.replica.core.Role.Following;
import io.millrace.replica.core.Role.Retired;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The state of one replica. Every event is a function of the state, the event and the moment; it gives the state from
 * then on and the effects to be carried out. Nothing here waits, locks or touches a disk.
 *
 * <p>Invariants: the high watermark never goes back, but where the log is cut; a leader moves it only to where all have
 * the records durably that are or may be in sync, and only while those are as many as the topic asks for; what is only
 * written is read by followers, and counts for nothing; a follower's log changes in one way at a time, and a leadership
 * begins only between two changes. Sources: Kafka's KIP-101 and KIP-595
 * (truncation by epochs, found out in the fetch), KIP-497 (the maximal ISR), KIP-966 (the high watermark stands while
 * the ISR is too small); KRaft's state classes for the roles.
 *
 * @param self          this broker's id
 * @param assignment    what the register said last, or null
 * @param version       of the register then, or -1
 * @param role          in the present leader epoch
 * @param highWatermark the offset after the last record that is known to be committed
 * @param changing      whether a follower's change of the log is under way
 * @param damaged       while there is any damage nothing is fetched until the log is healed, so that no fetch lets this
 *                      replica into the ISR meanwhile
 */
public record ReplicaState(int self, Topic.Assignment assignment, long version, Role role, long highWatermark,
                           boolean changing, Damage damaged) {
    private static final int NO_EPOCH = -1;
    private static final int NO_LEADER = -1;

    /** Of a replica whose log was just opened. */
    public static ReplicaState opened(int self, long highWatermark) {
        return new ReplicaState(self, null, -1, new Bystander(), highWatermark, false, Damage.NONE);
    }

    private ReplicaState with(Role changed) {
        return new ReplicaState(self, assignment, version, changed, highWatermark, changing, damaged);
    }

    private ReplicaState withHighWatermark(long changed) {
        return new ReplicaState(self, assignment, version, role, changed, changing, damaged);
    }

    private ReplicaState withChanging(boolean isChanging) {
        return new ReplicaState(self, assignment, version, role, highWatermark, isChanging, damaged);
    }

    private ReplicaState withDamage(Damage changed) {
        return new ReplicaState(self, assignment, version, role, highWatermark, changing, changed);
    }

    private Transition unchanged(Effect... effects) {
        return new Transition(this, List.of(effects));
    }

    // ---- what can be seen

    public boolean isLeading() {
        return role instanceof Leading;
    }

    /** -1 before anything was assigned. */
    public int leaderEpoch() {
        return assignment == null ? NO_EPOCH : assignment.leaderEpoch();
    }

    /** -1: nobody. */
    public int leader() {
        return assignment == null ? NO_LEADER : assignment.leader();
    }

    /** The broker to follow, or empty when this one leads or nobody does. */
    public Optional<Integer> leaderToFollow() {
        return role instanceof Following following ? Optional.of(following.leader()) : Optional.empty();
    }

    /** The in-sync replicas in the register, as far as this broker knows. */
    public Set<Integer> isr() {
        return assignment == null ? Set.of() : Set.copyOf(assignment.isr());
    }

    public boolean isInSync() {
        return assignment != null && assignment.isr().contains(self);
    }

    /** Whether it leads, and no reader can have seen a higher watermark than this one under an earlier leader. */
    public boolean isHighWatermarkKnown() {
        return role instanceof Leading leading && highWatermark >= leading.startOffset();
    }

    /** Tells leaderships apart: it stays the same while this broker goes on leading in the next epoch. */
    public int leadership() {
        return role instanceof Leading leading ? leading.firstEpoch() : NO_EPOCH;
    }

    /**
     * Whether it leads, and the other in-sync replicas have all fetched since then, in ns: what is written here is
     * committed without the agreement. One that is alone in sync needs that for each record.
     */
    public boolean isFollowedSince(long nanos) {
        return role instanceof Leading leading && leading.isFollowedSince(nanos);
    }

    /** The followers' broker ids, while this broker leads. */
    public Set<Integer> followers() {
        return role instanceof Leading leading ? leading.followers().keySet() : Set.of();
    }

    /** The log's end when the leadership began; 0 when this broker does not lead. */
    public long leadershipStart() {
        return role instanceof Leading leading ? leading.startOffset() : 0;
    }

    // ---- roles

    /** The register says something; an older version is passed over. */
    public Transition assigned(Topic.Assignment changed, long registerVersion, Moment moment) {
        if (registerVersion <= version) {
            return unchanged();
        }
        return new ReplicaState(self, changed, registerVersion, role, highWatermark, changing, damaged).takeRole(moment);
    }

    private Transition takeRole(Moment moment) {
        if (role instanceof Retired || assignment == null) {
            return unchanged();
        }
        List<Effect> effects = new ArrayList<>();
        boolean leads = assignment.leader() == self;
        Leading leading = role instanceof Leading before ? before : null;
        if (leads && leading != null && assignment.leaderEpoch() == leading.epoch() + 1) {
            effects.add(new Effect.WakeFollowers(leading.followers().keySet()));
            leading = leading.goOnIn(assignment.leaderEpoch());
        }
        if (leading != null && (!leads || leading.epoch() != assignment.leaderEpoch())) {
            effects.add(new Effect.LeadershipEnded(leading.epoch()));
            effects.add(new Effect.WakeFollowers(leading.followers().keySet()));
            leading = null;
        }
        if (leads && leading == null && !changing) {
            leading = Leading.begin(self, assignment.leaderEpoch(), moment.log().endOffset());
            effects.add(new Effect.LeadershipBegan(leading.epoch(), leading.startOffset()));
        }
        if (leading != null) {
            return with(leading.assigned(assignment, version, moment.nanos())).advanced(moment, effects);
        }
        boolean follows = !leads && assignment.leader() >= 0 && assignment.replicas().contains(self);
        Role next = follows ? new Following(assignment.leader(), assignment.leaderEpoch()) : new Bystander();
        return new Transition(with(next), effects);
    }

    /** It serves nothing from now on. */
    public Transition retired() {
        return role instanceof Leading leading
                ? new Transition(with(new Retired()), List.of(new Effect.LeadershipEnded(leading.epoch())))
                : new Transition(with(new Retired()), List.of());
    }

    // ---- leading

    /** A leader's records were written. */
    public Transition logGrew(Moment moment) {
        return advanced(moment, List.of());
    }

    /** Moves a leader's high watermark as far as it may go. */
    private Transition advanced(Moment moment, List<Effect> before) {
        if (!(role instanceof Leading leading)
                || leading.isr().size() < Math.min(moment.minInSyncReplicas(), leading.replicas().size())) {
            return new Transition(this, before);
        }
        List<Effect> effects = new ArrayList<>(before);
        long end = leading.replicatedEnd(moment.log().durableEnd());
        Leading asking = leading;
        if (leading.isAloneInSync() && !moment.alone()) {
            if (leading.confirmedEnd() < end && !leading.confirming()) {
                asking = leading.confirming(true);
                effects.add(new Effect.Confirm());
            }
            end = Math.min(end, leading.confirmedEnd());
        }
        ReplicaState next = asking == leading ? this : with(asking);
        if (end > highWatermark) {
            next = next.withHighWatermark(end);
            effects.add(new Effect.MarkFollowers(leading.followers().keySet()));
        }
        return new Transition(next, effects);
    }

    /**
     * The register was read, after {@code end} was the log's end: when this broker still leads in this epoch, everything
     * below is certainly no zombie's. A sole in-sync replica asks for it before it calls anything committed, because no
     * follower's refusal would tell it that its time is over.
     */
    public Transition confirmed(Topic.Assignment found, int epoch, long end, Moment moment) {
        if (!(role instanceof Leading leading)) {
            return unchanged();
        }
        boolean stillLeads = leading.epoch() == epoch && found.leaderEpoch() == epoch && found.leader() == self
                && found.isr().equals(List.of(self));
        return stillLeads ? with(leading.confirmed(end)).advanced(moment, List.of()) : notConfirmed();
    }

    /** The register could not be read; the next event asks again. */
    public Transition notConfirmed() {
        return role instanceof Leading leading ? new Transition(with(leading.confirming(false)), List.of()) : unchanged();
    }

    /**
     * A follower asks for what it lacks.
     *
     * @param agreed the newest epoch here that is not newer than the follower's last one, and its end
     */
    public FollowerAnswer.Given asked(ReplicaFetchRequest.Partition request, int follower, String session,
                                      LeaderEpochEnd agreed, Asking asking, Moment moment) {
        if (!(role instanceof Leading leading)) {
            return given(Outcome.NOT_LEADER, request.leaderEpoch() > leaderEpoch());
        } else if (request.leaderEpoch() > leading.epoch()) {
            return given(Outcome.UNKNOWN_EPOCH, true);
        } else if (request.leaderEpoch() < leading.epoch()) {
            return given(Outcome.FENCED_EPOCH, false);
        }
        FollowerProgress known = leading.follower(follower, session, moment.nanos());
        LogSpan log = moment.log();
        if (known == null) {
            return given(Outcome.NOT_LEADER, false);
        } else if (request.fetchOffset() < log.startOffset()) {
            return given(Outcome.BELOW_START, false);
        } else if (!log.has(request, agreed)) {
            EpochEnd diverging = new EpochEnd(agreed.epoch(), agreed.endOffset());
            return new FollowerAnswer.Given(new FollowerAnswer(Outcome.DIVERGED, diverging, true), unchanged());
        }
        if (asking == Asking.ASIDE) {
            return new FollowerAnswer.Given(FollowerAnswer.of(Outcome.OK), unchanged());
        } else if (asking == Asking.WAITED) {
            return told(follower, known, List.of(), log);
        }
        FollowerProgress heard = asking == Asking.BEGAN ? known.untold() : known;
        FollowerProgress progress = heard.fetched(request.fetchOffset(), request.durableOffset(), log.durableEnd(),
                moment.nanos());
        Transition moved = with(leading.with(follower, progress)).advanced(moment, List.of());
        List<Effect> effects = new ArrayList<>(moved.effects());
        if (!leading.isr().contains(follower) && !leading.isProposing()
                && leading.isCaughtUp(progress, moved.state().highWatermark())) {
            effects.add(new Effect.ProposeIsr());
        }
        return moved.state().told(follower, progress, effects, log);
    }

    private FollowerAnswer.Given given(Outcome outcome, boolean refresh) {
        return new FollowerAnswer.Given(FollowerAnswer.of(outcome),
                refresh ? unchanged(new Effect.RefreshTopic()) : unchanged());
    }

    private FollowerAnswer.Given told(int follower, FollowerProgress progress, List<Effect> effects, LogSpan log) {
        boolean news = !progress.knows(highWatermark, log.startOffset());
        ReplicaState next = news && role instanceof Leading leading
                ? with(leading.with(follower, progress.told(highWatermark, log.startOffset()))) : this;
        return new FollowerAnswer.Given(new FollowerAnswer(Outcome.OK, null, news), new Transition(next, effects));
    }

    /** Time has passed: looks for replicas that lag. */
    public Transition ticked(IsrRules rules, Moment moment) {
        if (!(role instanceof Leading leading)) {
            return unchanged();
        }
        Set<Integer> desired = leading.desiredIsr(highWatermark, moment.log().durableEnd(), moment.nanos(), rules);
        boolean propose = leading.isProposing() || !desired.equals(leading.isr());
        return advanced(moment, propose ? List.of(new Effect.ProposeIsr()) : List.of());
    }

    /** How a leader wants the ISR changed; empty: not at all. */
    public Optional<IsrProposal> isrProposal(IsrRules rules, Moment moment) {
        if (!(role instanceof Leading leading)) {
            return Optional.empty();
        }
        Set<Integer> desired = leading.desiredIsr(highWatermark, moment.log().durableEnd(), moment.nanos(), rules);
        if (desired.equals(leading.isr()) && !leading.isProposing()) {
            return Optional.empty();
        }
        return Optional.of(IsrProposal.of(leading.epoch(), leading.isr(), desired));
    }

    /** The change is about to be written over a version of the register: until a later one is known, both ISRs count. */
    public Transition proposed(IsrProposal proposal, long registerVersion) {
        return role instanceof Leading leading && leading.epoch() == proposal.leaderEpoch()
                ? new Transition(with(leading.propose(proposal.wanted(), registerVersion)), List.of()) : unchanged();
    }

    // ---- following

    /** Whether the leader may be asked for more: nothing is under way that an answer could cross. */
    public boolean mayFetch() {
        return role instanceof Following && !changing && !isDamaged();
    }

    /**
     * A leader answered, unless it is no longer the one that is followed, or the log is no longer as it was when the
     * leader was asked: a late answer must not cut what came after it.
     *
     * @param ownEnd where the epoch of a DIVERGED answer ends in this log
     */
    public Transition answered(int leader, ReplicaFetchRequest.Partition asked, ReplicaFetchResponse.Partition answer,
                               LeaderEpochEnd ownEnd, Moment moment) {
        LogSpan log = moment.log();
        if (!mayFetch() || leaderToFollow().filter(followed -> followed == leader).isEmpty()) {
            return unchanged();
        } else if (answer.outcome() == Outcome.FENCED_EPOCH || answer.outcome() == Outcome.NOT_LEADER) {
            return unchanged(new Effect.RefreshTopic());
        } else if (answer.leaderEpoch() != assignment.leaderEpoch() || asked.leaderEpoch() != assignment.leaderEpoch()
                || asked.fetchOffset() != log.endOffset() || asked.lastFetchedEpoch() != log.lastEpoch()) {
            return unchanged();
        }
        Optional<Effect> change = LeadersAnswer.changeOf(log, answer, ownEnd, assignment.uncleanEpoch());
        if (change.isPresent()) {
            return new Transition(withChanging(true), List.of(change.get()));
        }
        return answer.outcome() == Outcome.OK
                ? new Transition(withHighWatermark(followed(answer.highWatermark(), log)), List.of()) : unchanged();
    }

    /**
     * A change of the log is over.
     *
     * @param committed the leader's high watermark where the two logs are known to agree, else 0
     */
    public Transition logChanged(long committed, Moment moment) {
        ReplicaState next = withChanging(false);
        return (isLeading() ? next : next.withHighWatermark(followed(committed, moment.log()))).takeRole(moment);
    }

    /**
     * The leader's batches are written here, and not yet as durable as the flush policy says: the next fetch need not wait
     * for that, because it tells how far they are.
     */
    public Transition logWritten(Moment moment) {
        return withChanging(false).takeRole(moment);
    }

    /**
     * What {@link #logWritten} told of is durable now.
     *
     * @param committed as of {@link #logChanged}
     */
    public Transition logForced(long committed, Moment moment) {
        return isLeading() ? advanced(moment, List.of())
                : new Transition(withHighWatermark(followed(committed, moment.log())), List.of());
    }

    private long followed(long committed, LogSpan log) {
        long mark = Math.min(Math.max(committed, highWatermark), log.durableEnd());
        return Math.max(log.startOffset(), mark);
    }

    // ---- healing

    public boolean isDamaged() {
        return !damaged.isNone();
    }

    /** A damaged batch was found: from here on nothing is fetched, until the log is {@link #healed}. */
    public Transition foundDamage(long offset) {
        return new Transition(withDamage(damaged.with(offset)), List.of());
    }

    /** Whether there is another replica to heal from: one that is in sync, or leads. */
    public boolean isHealable() {
        return isDamaged() && assignment != null && (mayHeal() || assignment.isr().stream().anyMatch(one -> one != self));
    }

    /** Whether the log may be changed to heal it: others lead, and do not count on this replica. */
    public boolean mayHeal() {
        return isDamaged() && !changing && role instanceof Following && !isInSync();
    }

    /** The damaged part of the log is about to be replaced. */
    public Transition healing() {
        return new Transition(withChanging(true), List.of());
    }

    /** The damage at an offset is gone, or is given up until it is met again; another one may be left. */
    public Transition healed(long offset, Moment moment) {
        return withDamage(damaged.without(offset)).logChanged(0, moment);
    }

    /** Records up to an offset were deleted. */
    public Transition startMoved(long startOffset) {
        return startOffset > highWatermark ? new Transition(withHighWatermark(startOffset), List.of()) : unchanged();
    }
}
