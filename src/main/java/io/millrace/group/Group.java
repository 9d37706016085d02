package io.millrace.group;

import io.millrace.agreement.Member;
import io.millrace.broker.fetch.FetchAllRequest;
import io.millrace.broker.fetch.FetchAllResult;
import io.millrace.group.GroupMember.Status;
import io.millrace.group.GroupState.Claim;
import io.millrace.group.Rebalance.Release;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.TopicIdPartition;
import io.millrace.metadata.TopicInfo;
import io.millrace.metadata.TopicPartition;
import io.millrace.replica.hosting.FetchPosition;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/**
 * A group at its coordinator: its state as it was last written, the sessions of its members, their polls. What must not be
 * forgotten goes through {@link GroupWriter}; the rest is guarded by this object's lock, which is never held while anything
 * is written, read or completed. It is one long class because that one lock guards all of it: each request of a member
 * concerns the state, a session and a poll together.
 */
final class Group implements GroupWriter.Host, PollTask.Host {
    private static final System.Logger LOG = System.getLogger(Group.class.getName());
    /** How often what a member read is committed for it. */
    private static final long AUTO_COMMIT_NANOS = TimeUnit.SECONDS.toNanos(5);
    /** An answer that was not written for so long never will be. */
    private static final long WRITE_NANOS = TimeUnit.SECONDS.toNanos(60);
    /** How long a hand-over waits for answers that are on their way, in ms. */
    private static final long ANSWERS_MS = 1_000;
    /** A poll that says nothing about it, by a consumer that says nothing either, waits this long, in ms. */
    private static final long SHORT_WAIT_MS = 1_000;

    private final String id;
    private final GroupContext context;
    private final GroupWriter writer;
    private GroupState state;
    private final Map<String, Session> sessions = new HashMap<>();
    private long topicsSeen = -1;
    private long nextPoll;
    private boolean settling;
    private BrokerException closed;
    /** Completes once this coordinator's claim is durable, where there is anybody to be claimed. */
    private final CompletableFuture<Void> ready = new CompletableFuture<>();

    Group(String id, GroupContext context, Claim claim, GroupState read, long version) {
        this.id = id;
        this.context = context;
        this.state = read;
        this.nextPoll = (long) claim.epoch() << Integer.SIZE;
        this.writer = new GroupWriter(id, context.store(), claim, read, version, context.workers(), this);
        read.members().values().stream().filter(GroupMember::takesPart).forEach(member -> {
            Session session = new Session(member.name(), true, deadline(member.config()), context.now());
            member.positions().forEach((partition, offset) -> session.positions.put(read.assigned(partition), offset)); // not acknowledged: it may not have come back for more
            session.lastNumber = member.lastPoll();
            session.polled = member.lastPoll() != GroupMember.NO_POLL;
            sessions.put(member.name(), session);
        });
    }

    /** Makes the claim durable if there are members to be looked after; else the first change does. */
    CompletableFuture<Void> claim() {
        if (state().isEmpty()) {
            ready.complete(null);
        } else {
            writer.submit(UnaryOperator.identity()).whenComplete((done, failure) -> {
                if (failure == null) {
                    ready.complete(null);
                } else {
                    ready.completeExceptionally(failure);
                }
            });
        }
        return ready;
    }

    // ---- requests of members

    CompletableFuture<GroupState> create(String name, ConsumerConfig config) {
        return writer.submit(before -> GroupChanges.create(before, name, config, context.options().maxSize(),
                context.clock().millis()), context.options().maxBytes()).whenComplete((now, failure) -> {
                    if (failure == null) {
                        // What an earlier one of this name was given is not this one's.
                        locked(after -> {
                            Session before = sessions.put(name, new Session(name, false, deadline(config), context.now()));
                            if (before != null && before.poll != null) {
                                before.poll.supersede(after);
                            }
                        });
                    }
                });
    }

    CompletableFuture<GroupState> subscribe(String name, Subscription wanted, PollRequest.Source source) {
        return confirmed(name, source).thenCompose(member -> {
            Map<TopicIdPartition, Long> read = autoCommitted(name);
            return writer.submit(before -> GroupChanges.subscribe(commitQuietly(before, name, read), name, wanted, topics()),
                    context.options().maxBytes());
        });
    }

    /** @return completes when it is gone; fails with UNKNOWN_CONSUMER */
    CompletableFuture<GroupState> leave(String name, PollRequest.Source source) {
        return confirmed(name, source).thenCompose(member -> {
            Map<TopicIdPartition, Long> read = autoCommitted(name);
            return writer.submit(before -> {
                GroupChanges.require(before, name);
                return GroupChanges.leave(commitQuietly(before, name, read), name, context.clock().millis());
            });
        });
    }

    CompletableFuture<GroupState> remove(String name) {
        return writer.submit(before -> GroupChanges.remove(before, name));
    }

    /** A member, back in the group if it was dormant. */
    CompletableFuture<GroupMember> present(String name) {
        GroupMember member;
        synchronized (this) {
            if (closed != null) {
                return CompletableFuture.failedFuture(closed);
            }
            try {
                member = GroupChanges.require(state, name);
            } catch (BrokerException unknown) {
                return CompletableFuture.failedFuture(unknown);
            }
            Session session = sessions.get(name);
            if (session != null) {
                session.deadline = deadline(member.config());
            }
        }
        if (member.status() == Status.ACTIVE) {
            return CompletableFuture.completedFuture(member);
        }
        return writer.submit(before -> GroupChanges.rejoin(before, name, context.clock().millis()))
                .thenApply(now -> GroupChanges.require(now, name));
    }

    CompletableFuture<Polled> poll(String name, PollRequest request) {
        return present(name).thenCompose(member -> {
            if (request.form() != null && request.form() != member.config().form()) {
                return CompletableFuture.failedFuture(new BrokerException(ErrorKind.WRONG_FORMAT, ("consumer '%s' was created"
                        + " for format %s: accept that, or create another one").formatted(name,
                        member.config().form().name().toLowerCase(Locale.ROOT))));
            }
            List<Runnable> after = new ArrayList<>();
            PollTask task;
            synchronized (this) {
                Session session = sessions.get(name);
                if (session == null || closed != null) {
                    return CompletableFuture.failedFuture(closed != null ? closed : unknown(name));
                }
                task = new PollTask(this, session, request, context.now() + TimeUnit.MILLISECONDS.toNanos(waitMs(member.config(), request)));
                PollTask previous = session.poll;
                session.poll = task;
                if (previous != null) {
                    previous.supersede(after); // and starts this one once it is over
                } else if (session.delivering == null) {
                    startWhenKnown(session, task, after);
                }
            }
            run(after);
            return task.answer();
        });
    }

    /** A member, when it is known whether the answer to its last poll arrived. */
    private CompletableFuture<GroupMember> confirmed(String name, PollRequest.Source source) {
        return present(name).thenCompose(member -> {
            LastPoll last;
            synchronized (this) {
                Session session = sessions.get(name);
                last = session == null ? null : session.last;
                if (session != null && last == null) {
                    compare(session, source);
                }
            }
            if (last == null) {
                return CompletableFuture.completedFuture(member);
            }
            return hasArrived(name, last, source).thenApply(arrived -> {
                learned(name, last, arrived);
                return member;
            });
        });
    }

    /** Under the lock: what the member says that it received, with what it was given. */
    private void compare(Session session, PollRequest.Source source) {
        if (source.received() != null && session.lastNumber != GroupMember.NO_POLL
                && session.lastNumber != source.received()) {
            session.rewind(state::committed);
        }
    }

    private synchronized void learned(String name, LastPoll last, boolean arrived) {
        Session session = sessions.get(name);
        if (session != null && session.last == last) {
            session.last = null;
            if (!arrived) {
                session.rewind(last);
            }
        }
    }

    private CompletableFuture<Boolean> hasArrived(String name, LastPoll last, PollRequest.Source source) {
        if (source.received() != null) {
            return CompletableFuture.completedFuture(source.received() == last.number());
        } else if (source.vouched() != null && source.entry() == last.entry() && source.vouched() == last.number()) {
            return CompletableFuture.completedFuture(true); // if it speaks of another one, that is from before this answer
        }
        return last.written().thenCompose(whole -> !whole || last.entry() == context.coordination().self().brokerId()
                ? CompletableFuture.completedFuture(whole) : wasPassedOn(name, last));
    }

    /** As the broker knows that passed the answer on; one that is not there has lost it. */
    private CompletableFuture<Boolean> wasPassedOn(String name, LastPoll last) {
        Member entry = context.coordination().member(last.entry()).orElse(null);
        return entry == null ? CompletableFuture.completedFuture(false)
                : context.deliveries().wasWritten(entry, id, name, last.number()).exceptionally(unknown -> false);
    }

    private long waitMs(ConsumerConfig config, PollRequest request) {
        long wanted = request.waitMs() != PollRequest.NOT_SAID ? request.waitMs()
                : config.requestTimeoutMs() != ConsumerConfig.DEFAULT_REQUEST_TIMEOUT_MS ? config.requestTimeoutMs()
                : SHORT_WAIT_MS;
        return Math.min(Math.min(wanted, config.requestTimeoutMs()),
                Math.min(context.options().maxWaitMs(), config.sessionTimeoutMs() / 2));
    }

    /** It is back for more, so what it had is done with. */
    private void acknowledge(GroupMember member, Session session, long now, List<Runnable> after) {
        session.acknowledged.putAll(session.arrived());
        boolean due = member.config().autoCommit() && now - session.autoCommittedAt >= AUTO_COMMIT_NANOS;
        if (due) {
            session.autoCommittedAt = now;
            Map<TopicIdPartition, Long> read = new TreeMap<>(session.acknowledged);
            after.add(() -> submitQuietly(before -> commitQuietly(before, session.member, read)));
        } else if (!session.revokedAt.isEmpty()) {
            settle(after);
        }
    }

    /** Commits what the consumer says. */
    CompletableFuture<GroupState> commit(String name, Map<TopicPartition, Long> offsets, int memberEpoch) {
        return present(name).thenCompose(member -> {
            SortedMap<TopicIdPartition, Long> meant = meant(name, offsets, false);
            Set<TopicIdPartition> unproven = memberEpoch == GroupChanges.ANY_EPOCH ? unproven(name, meant.keySet()) : Set.of();
            return within(name, meant).thenCompose(done -> writer.submit(before -> {
                GroupState next = GroupChanges.commit(before, name, meant, memberEpoch, topics(), context.clock().millis());
                GroupChanges.requireBegun(before, name, meant.keySet(), unproven);
                return next;
            })).whenComplete((now, failure) -> {
                if (failure == null) {
                    proven(name, meant.keySet());
                }
            });
        });
    }

    /** Of which topics the consumer was given records is not known of one that an earlier coordinator looked after. */
    private synchronized Set<TopicIdPartition> unproven(String name, Set<TopicIdPartition> partitions) {
        Session session = sessions.get(name);
        Set<TopicIdPartition> unproven = new HashSet<>(partitions);
        unproven.removeIf(each -> session != null && (!session.inherited || session.given.containsKey(each.topic())));
        return unproven;
    }

    private synchronized void proven(String name, Set<TopicIdPartition> partitions) {
        Session session = sessions.get(name);
        if (session != null) {
            // What it was given meanwhile may be of a later topic.
            partitions.forEach(each -> session.given.putIfAbsent(each.topic(), each.topicId()));
        }
    }

    /**
     * A consumer speaks of topics by name, and means those that it was given records of.
     *
     * @param told whether it may also mean what it was told that it owns
     * @throws BrokerException FENCED, UNKNOWN_TOPIC
     */
    private synchronized SortedMap<TopicIdPartition, Long> meant(String name, Map<TopicPartition, Long> offsets, boolean told) {
        GroupMember member = GroupChanges.require(state, name);
        Session session = sessions.get(name);
        TreeMap<TopicIdPartition, Long> meant = new TreeMap<>();
        offsets.forEach((partition, offset) -> {
            Integer since = member.owned().get(partition);
            if (since == null) {
                throw GroupChanges.notOwned(member, partition);
            }
            TopicIdPartition owned = state.assigned(partition);
            GroupChanges.requireCurrent(member, owned, topics());
            UUID given = session == null ? null : session.given.get(partition.topic());
            if (given != null && !given.equals(owned.topicId()) && !(told && session.toldEpoch >= since)) {
                throw GroupChanges.anew(member, partition.topic());
            }
            meant.put(owned, offset);
        });
        return meant;
    }

    /**
     * An offset beyond the end would be a mistake that hides all lag, and could not be taken back by a lower one. Only what is
     * beyond all that the consumer was given needs to be looked up.
     */
    private CompletableFuture<Void> within(String name, Map<TopicIdPartition, Long> offsets) {
        List<TopicIdPartition> doubtful = new ArrayList<>();
        synchronized (this) {
            Session session = sessions.get(name);
            offsets.forEach((partition, offset) -> {
                Long given = session == null ? null : session.positions.get(partition);
                if (given == null || offset > given) {
                    doubtful.add(partition);
                }
            });
        }
        if (doubtful.isEmpty()) {
            return CompletableFuture.completedFuture(null);
        }
        return ends(doubtful, OffsetReset.LATEST).thenAccept(ends -> {
            for (int i = 0; i < doubtful.size(); i++) {
                FetchAllResult.Part end = ends.get(i);
                long offset = offsets.get(doubtful.get(i));
                if (end.result() != null && offset > end.result().offset()) { // else its leader is away
                    throw new BrokerException(ErrorKind.OFFSET_OUT_OF_RANGE, "offset %d of %s is beyond the end, which is %d"
                            .formatted(offset, end.id(), end.result().offset()));
                }
            }
        });
    }

    private CompletableFuture<List<FetchAllResult.Part>> ends(List<TopicIdPartition> partitions, OffsetReset which) {
        FetchPosition from = which == OffsetReset.EARLIEST ? new FetchPosition.Earliest() : new FetchPosition.Latest();
        return context.log().fetch(new FetchAllRequest(partitions.stream().map(each -> new FetchAllRequest.Part(each, from))
                .toList(), 0, 0, 0)).thenApply(FetchAllResult::parts);
    }

    /** Commits what the consumer was given. */
    CompletableFuture<GroupState> commitPolled(String name, int memberEpoch, PollRequest.Source source) {
        return confirmed(name, source).thenCompose(member -> {
            TreeMap<TopicIdPartition, Long> read;
            synchronized (this) {
                Session session = sessions.get(name);
                if (session == null || session.inherited && !session.polled) {
                    return CompletableFuture.failedFuture(new BrokerException(ErrorKind.FENCED, "what consumer '" + name
                            + "' was given is not known here, because its group got another coordinator, or was reset: poll"
                            + " again, what was not committed is delivered again; or commit offsets"));
                }
                if (source.received() != null && source.received() != session.lastNumber) {
                    return CompletableFuture.failedFuture(new BrokerException(ErrorKind.FENCED, ("consumer '%s' speaks of poll"
                            + " %d, but was given others since, or another coordinator gave it that: poll again").formatted(name,
                            source.received())));
                }
                read = new TreeMap<>(session.positions);
                // Of a topic that was deleted there is nothing to be committed, whatever has its name now.
                read.entrySet().removeIf(each -> !GroupChanges.isCurrent(each.getKey(), topics())
                        || isDone(member, each.getKey(), each.getValue()));
                // what is lost is told of once, and delivered to its next owner
                session.positions.keySet().removeIf(each -> !state.owns(member, each));
            }
            return writer.submit(before -> GroupChanges.commit(before, name, read, memberEpoch, topics(),
                    context.clock().millis()));
        });
    }

    /** Whether as much is committed, and the consumer did not seek back since. */
    private boolean isDone(GroupMember member, TopicIdPartition partition, long position) {
        OptionalLong committed = state.committed(partition);
        return committed.isPresent() && (committed.getAsLong() == position
                || committed.getAsLong() > position && !member.positions().containsKey(partition.partition()));
    }

    CompletableFuture<GroupState> seek(String name, Map<TopicPartition, Long> offsets) {
        return present(name).thenCompose(member -> {
            offsets.keySet().forEach(partition -> GroupChanges.requireAssigned(member, partition));
            return moveTo(name, meant(name, offsets, true));
        });
    }

    private CompletableFuture<GroupState> moveTo(String name, Map<TopicIdPartition, Long> offsets) {
        return writer.submit(before -> GroupChanges.seek(before, name, offsets)).whenComplete((done, failure) -> {
            if (failure == null) {
                locked(after -> moved(name, offsets, after));
            }
        });
    }

    private void moved(String name, Map<TopicIdPartition, Long> offsets, List<Runnable> after) {
        Session session = sessions.get(name);
        if (session != null) {
            session.moveTo(offsets);
            if (session.poll != null) {
                session.poll.moved(after);
            }
        }
    }

    /** @param to EARLIEST or LATEST */
    CompletableFuture<GroupState> seekTo(String name, Collection<TopicPartition> partitions, OffsetReset to) {
        return present(name).thenCompose(member -> {
            partitions.forEach(partition -> GroupChanges.requireAssigned(member, partition));
            GroupState now = state();
            List<TopicIdPartition> asked = List.copyOf(now.assigned(partitions));
            return asked.isEmpty() ? CompletableFuture.completedFuture(now)
                    : ends(asked, to).thenCompose(found -> moveTo(name, resolved(asked, found)));
        });
    }

    private static Map<TopicIdPartition, Long> resolved(List<TopicIdPartition> asked, List<FetchAllResult.Part> found) {
        TreeMap<TopicIdPartition, Long> offsets = new TreeMap<>();
        for (int i = 0; i < asked.size(); i++) {
            if (found.get(i).failure() != null) {
                throw found.get(i).failure();
            }
            offsets.put(asked.get(i), found.get(i).result().offset());
        }
        return offsets;
    }

    // ---- requests of administrators

    CompletableFuture<GroupState> reset(Map<TopicIdPartition, Long> offsets) {
        return writer.submit(before -> GroupChanges.reset(before, id, offsets, topics(), context.clock().millis()),
                context.options().maxBytes())
                .whenComplete((done, failure) -> {
                    if (failure == null) {
                        locked(after -> sessions.clear());
                    }
                });
    }

    CompletableFuture<GroupState> delete() {
        return writer.submit(before -> {
            GroupChanges.requireEmpty(before, id);
            return before.withMembers(new TreeMap<>()).withOffsets(new TreeMap<>());
        });
    }

    // ---- time

    /** Looks after sessions, polls and topics; often. */
    void tick() {
        List<Runnable> after = new ArrayList<>();
        synchronized (this) {
            if (closed != null) {
                return;
            }
            long now = context.now();
            for (Session session : List.copyOf(sessions.values())) {
                GroupMember member = state.member(session.member);
                if (member == null) {
                    continue;
                }
                if (session.poll != null) {
                    session.poll.tick(after);
                }
                if (session.last != null && now - session.last.at() >= WRITE_NANOS) {
                    after.add(lostAnswer(session.last));
                }
                boolean writing = session.delivering != null;
                if (member.takesPart() && !writing && now - session.deadline >= 0) {
                    session.deadline = now + TimeUnit.SECONDS.toNanos(1); // when it cannot be written, it is tried again
                    expire(member, session, after);
                } else if (session.revokedAt.values().stream().anyMatch(since -> isOverdue(member, since, now))) {
                    settle(after);
                }
            }
            if (context.log().revision() != topicsSeen) {
                topicsSeen = context.log().revision();
                settle(after);
            }
        }
        run(after);
    }

    /** Nobody said what became of it. */
    private static Runnable lostAnswer(LastPoll last) {
        return () -> last.written().complete(false);
    }

    private void expire(GroupMember member, Session session, List<Runnable> after) {
        LOG.log(Level.INFO, "group {0}: consumer {1} was not heard of for {2} ms, and loses its partitions", id,
                member.name(), Long.toString(member.config().sessionTimeoutMs()));
        Map<TopicIdPartition, Long> done = member.config().autoCommit() ? new TreeMap<>(session.acknowledged) : Map.of();
        after.add(() -> submitQuietly(before -> GroupChanges.expire(commitQuietly(before, member.name(), done), member.name(),
                context.clock().millis())));
    }

    /** Drops offsets and dormant members that nobody came back for; now and then. */
    void forget() {
        Set<String> subscribed = new HashSet<>();
        synchronized (this) {
            state.members().values().stream().filter(GroupMember::takesPart).forEach(member -> {
                subscribed.addAll(member.subscription().topics(topics().keySet()));
                member.owned().keySet().forEach(partition -> subscribed.add(partition.topic()));
            });
        }
        submitQuietly(before -> GroupChanges.forget(before, subscribed, context.options().offsetsRetentionMs(),
                context.options().idleMs(), context.clock().millis()));
    }

    /** Looks whether partitions can go on to their next owners; one such look at a time. */
    @Override
    public void settle(List<Runnable> after) {
        if (!settling) {
            settling = true;
            after.add(() -> writer.submit(before -> {
                synchronized (this) {
                    settling = false;
                }
                return before;
            }).exceptionally(failure -> {
                synchronized (this) {
                    settling = false;
                }
                LOG.log(Level.DEBUG, "a step of the rebalance was not written, and is tried again", failure);
                return null;
            }));
        }
    }

    private void submitQuietly(UnaryOperator<GroupState> change) {
        writer.submit(change).exceptionally(failure -> {
            LOG.log(Level.DEBUG, "a change of group " + id + " that nobody waits for was not written", failure);
            return null;
        });
    }

    /** What is to be committed for a member that says that it is done. */
    private Map<TopicIdPartition, Long> autoCommitted(String name) {
        synchronized (this) {
            GroupMember member = state.member(name);
            Session session = sessions.get(name);
            return member == null || session == null || !member.config().autoCommit() ? Map.of()
                    : new TreeMap<>(session.positions);
        }
    }

    /** As far as the member still owns what it read, and nothing goes back. */
    private GroupState commitQuietly(GroupState before, String name, Map<TopicIdPartition, Long> read) {
        GroupState next = before;
        for (Map.Entry<TopicIdPartition, Long> each : read.entrySet()) {
            GroupMember member = next.member(name);
            OptionalLong committed = next.committed(each.getKey());
            if (member != null && next.owns(member, each.getKey())
                    && !(committed.isPresent() && committed.getAsLong() == each.getValue())) {
                try {
                    next = GroupChanges.commit(next, name, new TreeMap<>(Map.of(each.getKey(), each.getValue())),
                            GroupChanges.ANY_EPOCH, topics(), context.clock().millis());
                } catch (BrokerException notThis) {
                    LOG.log(Level.DEBUG, "an automatic commit of " + each.getKey() + " was left out", notThis);
                }
            }
        }
        return next;
    }

    // ---- what the writer tells

    @Override
    public synchronized GroupState settle(GroupState before, GroupState changed) {
        GroupState next = context.rebalance().settle(changed, topics(), this::release, context.clock().millis());
        before.members().forEach((name, member) -> {
            Session session = sessions.get(name);
            GroupMember now = next.member(name);
            if (session != null) {
                before.assigned(member.owned().keySet()).stream().filter(each -> now == null || !next.owns(now, each))
                        .forEach(session.releasing::add);
            }
        });
        return next;
    }

    /** Called with the lock held, by way of {@link #settle}. */
    private Release release(GroupMember member, TopicIdPartition partition, OptionalLong committed) {
        Session session = sessions.get(member.name());
        if (session == null) {
            return Release.YES;
        }
        Long position = session.positions.get(partition);
        boolean writing = session.givenOut.contains(partition);
        if (!writing && (position == null || committed.isPresent() && committed.getAsLong() >= position)) {
            return Release.YES;
        }
        if (!writing && member.config().autoCommit() && position.equals(session.acknowledged.get(partition))) {
            return new Release(true, OptionalLong.of(position));
        }
        long since = session.revokedAt.computeIfAbsent(partition, any -> context.now());
        return isOverdue(member, since, context.now()) ? Release.YES : Release.NO;
    }

    private static boolean isOverdue(GroupMember member, long since, long now) {
        return now - since >= TimeUnit.MILLISECONDS.toNanos(member.config().sessionTimeoutMs());
    }

    @Override
    public void written(GroupState now) {
        // Polls that look again read the log: not on the writer's thread.
        List<Runnable> after = new ArrayList<>();
        synchronized (this) {
            state = now;
            Set<TopicIdPartition> taken = new HashSet<>();
            now.members().values().forEach(member -> taken.addAll(now.assigned(member.owned().keySet())));
            now.members().values().stream().filter(GroupMember::takesPart).filter(member -> !sessions.containsKey(member.name()))
                    .forEach(member -> sessions.put(member.name(), new Session(member.name(), true,
                            deadline(member.config()), context.now())));
            for (Session session : List.copyOf(sessions.values())) {
                follow(session, now.member(session.member), taken, after);
            }
        }
        after.forEach(context.workers()::execute);
    }

    private void follow(Session session, GroupMember member, Set<TopicIdPartition> taken, List<Runnable> after) {
        session.releasing.clear();
        if (member == null) {
            sessions.remove(session.member);
            if (session.poll != null) {
                session.poll.fail(unknown(session.member), after);
            }
            return;
        }
        // What nobody else got stays in mind for a member whose session ended: it may be back for it.
        Set<TopicIdPartition> lost = new TreeSet<>(session.positions.keySet());
        lost.removeIf(each -> state.owns(member, each) || member.status() == Status.DORMANT && !taken.contains(each)
                && GroupChanges.isCurrent(each, topics()));
        lost.forEach(session::forget);
        session.givenOut.removeIf(each -> !state.owns(member, each));
        session.revokedAt.keySet().removeIf(each -> !state.owns(member, each) || member.target().contains(each.partition()));
        session.given.keySet().removeIf(topic -> !member.subscription().names(topic) && !state.offsets().containsKey(topic));
        if (session.poll != null) {
            session.poll.partitionsChanged(after);
        }
    }

    @Override
    public void undecided() {
        locked(after -> sessions.values().forEach(session -> session.releasing.clear()));
    }

    @Override
    public void lost(BrokerException reason) {
        close(reason);
        context.lost(this);
    }

    // ---- the end

    /** Lets the group go to another coordinator, which goes on where this one was. */
    CompletableFuture<Void> handOver() {
        List<CompletableFuture<Void>> answers = new ArrayList<>();
        locked(after -> {
            closed = new BrokerException(ErrorKind.NOT_COORDINATOR, "group '" + id
                    + "' goes to another coordinator: try again in a moment");
            sessions.values().forEach(session -> {
                PollTask poll = session.poll;
                if (poll != null && !poll.isDelivering()) {
                    poll.complete(after);
                }
                PollTask given = session.delivering;
                answers.add((given == null ? CompletableFuture.<Void>completedFuture(null) : given.over())
                        .thenCompose(over -> arrived(session.member, PollRequest.Source.SILENT)));
            });
        });
        CompletableFuture<Void> known = CompletableFuture.allOf(answers.toArray(CompletableFuture[]::new));
        context.timers().schedule(() -> known.complete(null), ANSWERS_MS, TimeUnit.MILLISECONDS);
        return known.thenCompose(done -> {
            Map<String, GroupChanges.Read> read = read();
            return writer.submit(before -> before.isEmpty() ? before : GroupChanges.handOver(before, read));
        }).handle((done, failure) -> {
            if (failure != null) {
                LOG.log(Level.INFO, "group {0} could not be handed over, and is taken over: {1}", id, failure.getMessage());
            }
            return null;
        });
    }

    /** Learns whether the last answer to a member arrived, and rewinds if not. */
    private CompletableFuture<Void> arrived(String name, PollRequest.Source source) {
        LastPoll last;
        synchronized (this) {
            Session session = sessions.get(name);
            last = session == null ? null : session.last;
        }
        return last == null ? CompletableFuture.completedFuture(null)
                : hasArrived(name, last, source).thenAccept(arrived -> learned(name, last, arrived));
    }

    /** Of all members; what is not known to have arrived was not read. */
    private synchronized Map<String, GroupChanges.Read> read() {
        Map<String, GroupChanges.Read> all = new TreeMap<>();
        sessions.values().forEach(session -> {
            all.put(session.member, new GroupChanges.Read(session.arrived(),
                    session.last == null ? session.lastNumber : GroupMember.NO_POLL));
        });
        return all;
    }

    /** Ends a group of which there is nothing to be kept, unless it is being changed. */
    boolean endIfVacant() {
        boolean vacant;
        synchronized (this) {
            vacant = state.members().isEmpty() && state.offsets().isEmpty();
        }
        return vacant && writer.closeIfIdle(new BrokerException(ErrorKind.NOT_COORDINATOR,
                "group '" + id + "' was just forgotten: try again"));
    }

    /** Answers polls with nothing, so that their members ask whoever coordinates now; refuses the rest. */
    void close(BrokerException reason) {
        writer.close(reason);
        locked(after -> {
            closed = reason;
            endPolls(after);
        });
    }

    /** Answers polls with nothing. */
    void endPolls() {
        locked(this::endPolls);
    }

    /** Under the lock. */
    private void endPolls(List<Runnable> after) {
        sessions.values().forEach(session -> {
            if (session.poll != null && !session.poll.isDelivering()) {
                session.poll.complete(after);
            }
        });
    }

    // ---- for polls and others

    String id() {
        return id;
    }

    @Override
    public synchronized GroupState state() {
        return state;
    }

    @Override
    public GroupLog log() {
        return context.log();
    }

    @Override
    public long now() {
        return context.now();
    }

    @Override
    public CompletableFuture<GroupState> begin(String member, Map<TopicIdPartition, Long> offsets) {
        return writer.submit(before -> GroupChanges.begin(before, member, offsets, topics(), context.clock().millis()));
    }

    @Override
    public void locked(Consumer<List<Runnable>> action) {
        List<Runnable> after = new ArrayList<>();
        synchronized (this) {
            action.accept(after);
        }
        run(after);
    }

    /** Each, whatever becomes of the others. */
    private void run(List<Runnable> after) {
        for (Runnable each : after) {
            try {
                each.run();
            } catch (RuntimeException | Error fault) {
                LOG.log(Level.ERROR, "group " + id + ": something was left undone by a fault", fault);
            }
        }
    }

    @Override
    public long nextNumber() {
        return nextPoll++;
    }

    @Override
    public void over(Session session, PollTask poll, boolean gave, List<Runnable> after) {
        GroupMember member = state.member(session.member);
        if (gave && member != null) {
            session.deadline = deadline(member.config());
        }
        if (session.delivering == poll) {
            session.delivering = null;
        }
        PollTask next = session.poll;
        if (next == poll) {
            session.poll = null;
        } else if (next != null && session.delivering == null) {
            startWhenKnown(session, next, after);
        }
    }

    /**
     * A poll that comes while the answer to another one is written may come because that did not arrive. It may be over
     * before that is known.
     */
    private void startWhenKnown(Session session, PollTask poll, List<Runnable> after) {
        if (session.last == null) {
            compare(session, poll.source());
            start(session, poll, after);
        } else {
            after.add(() -> arrived(session.member, poll.source()).whenComplete((done, failure) ->
                    locked(then -> start(session, poll, then))));
        }
    }

    private void start(Session session, PollTask poll, List<Runnable> after) {
        GroupMember member = state.member(session.member);
        if (session.poll == poll && member != null) {
            acknowledge(member, session, context.now(), after);
        }
        poll.start(after);
    }

    private Map<String, TopicInfo> topics() {
        return context.log().topics();
    }

    private long deadline(ConsumerConfig config) {
        return context.now() + TimeUnit.MILLISECONDS.toNanos(config.sessionTimeoutMs());
    }

    private static BrokerException unknown(String name) {
        return new BrokerException(ErrorKind.UNKNOWN_CONSUMER, "consumer '" + name + "' was deleted");
    }
}
