package io.millrace.group;

import io.millrace.agreement.Member;
import io.millrace.agreement.registers.RegisterStore;
import io.millrace.group.GroupState.Claim;
import io.millrace.log.Closing;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.TopicInfo;
import java.lang.System.Logger.Level;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Which groups are at this broker: loads those that it comes to coordinate, and hands those over that another one does.
 * Thread-safe.
 */
final class CoordinatedGroups implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(CoordinatedGroups.class.getName());
    /** How long a coordinator that is up has to hand its group over before it is taken from it. */
    private static final long HANDOVER_MS = 2_000;
    private static final long HANDOVER_RETRY_MS = 100;

    private final GroupContext context;
    private final GroupTable groups;
    private final Coordination coordination;
    private final ScheduledExecutorService timers;
    private final AutoCloseable listening;
    private volatile boolean closed;

    CoordinatedGroups(GroupContext context, GroupTable groups) {
        this.context = context;
        this.groups = groups;
        this.coordination = context.coordination();
        this.timers = context.timers();
        this.listening = coordination.listen(this::coordinatorsChanged);
    }

    boolean isOpen() {
        return !closed;
    }

    /** From now on no group comes here, and none is given to anybody who asks. */
    void refuse() {
        closed = true;
    }

    /** A group that this broker coordinates, loaded if need be. @throws BrokerException NOT_COORDINATOR */
    CompletableFuture<Group> group(String id) {
        requireHere(id);
        CompletableFuture<Group> fresh = new CompletableFuture<>();
        CompletableFuture<Group> known = groups.add(id, fresh);
        if (known != null) {
            return known;
        }
        long giveUpWaiting = context.now() + TimeUnit.MILLISECONDS.toNanos(HANDOVER_MS);
        begin(id, fresh, giveUpWaiting);
        return fresh;
    }

    private void begin(String id, CompletableFuture<Group> loading, long giveUpWaiting) {
        try {
            context.workers().execute(() -> load(id, loading, giveUpWaiting));
        } catch (RuntimeException | OutOfMemoryError refused) { // also where no thread can be made
            groups.failed(id, loading, new BrokerException(ErrorKind.OVERLOADED, "this broker has no thread to load group '" + id
                    + "' now: try again later", refused));
        }
    }

    private void requireHere(String id) {
        if (closed || !coordination.isHere(id)) {
            throw new BrokerException(ErrorKind.NOT_COORDINATOR, "this broker does not coordinate group '" + id
                    + "': try again in a moment");
        }
    }

    private void load(String id, CompletableFuture<Group> loading, long giveUpWaiting) {
        try {
            requireHere(id);
            Optional<GroupStore.Stored> stored = context.store().read(id);
            Claim before = stored.map(found -> found.state().claim()).orElse(Claim.NOBODY);
            if (isHeldElsewhere(before) && context.now() - giveUpWaiting < 0) {
                timers.schedule(() -> begin(id, loading, giveUpWaiting), HANDOVER_RETRY_MS, TimeUnit.MILLISECONDS);
                return;
            }
            stored.map(GroupStore.Stored::state).ifPresent(this::catchUp);
            Member self = coordination.self();
            Group group = new Group(id, context, new Claim(before.epoch() + 1, self.brokerId(), self.session(), false),
                    stored.map(GroupStore.Stored::state).orElseGet(() -> GroupState.empty(before, context.clock().millis())),
                    stored.map(GroupStore.Stored::version).orElse(RegisterStore.ABSENT));
            group.claim().whenComplete((done, failure) -> {
                if (failure == null) {
                    loading.complete(group);
                    if (!coordination.isHere(id)) {
                        handOver(group);
                    }
                } else {
                    groups.failed(id, loading, failure);
                }
            });
        } catch (RuntimeException | Error failure) {
            groups.failed(id, loading, failure); // or it would be on its way for ever
        }
    }

    /** What the last coordinator knew of topics is known here before anything is made of it. Blocks. */
    private void catchUp(GroupState state) {
        TreeMap<String, UUID> ids = new TreeMap<>(state.membership().topicIds());
        state.offsets().byTopic().forEach((topic, offsets) -> ids.putIfAbsent(topic, offsets.topicId()));
        ids.forEach((topic, topicId) -> {
            TopicInfo known = context.log().topics().get(topic);
            if (known == null || !known.id().equals(topicId)) {
                context.log().refresh(topic);
            }
        });
    }

    private boolean isHeldElsewhere(Claim claim) {
        return !claim.released() && claim.broker() != coordination.self().brokerId()
                && coordination.isLive(claim.broker(), claim.session());
    }

    private void coordinatorsChanged() {
        if (closed) {
            return;
        }
        groups.loaded().stream().filter(group -> !coordination.isHere(group.id())).forEach(this::handOver);
        loadMine();
    }

    private CompletableFuture<Void> handOver(Group group) {
        return group.handOver().thenRun(() -> {
            groups.remove(group);
            group.close(new BrokerException(ErrorKind.NOT_COORDINATOR, "group '" + group.id()
                    + "' goes to another coordinator: try again in a moment"));
        });
    }

    /** Also those nobody asks for: sessions are to end, and lag is to be seen. */
    void loadMine() {
        try {
            for (String id : context.store().ids()) {
                if (!closed && coordination.isHere(id)) {
                    group(id).exceptionally(failure -> {
                        LOG.log(Level.WARNING, "group {0} cannot be coordinated now: {1}", id, failure.getMessage());
                        return null;
                    });
                }
            }
        } catch (BrokerException unavailable) {
            LOG.log(Level.INFO, "the groups could not be read now, and are once they are asked for: {0}",
                    unavailable.getMessage());
        }
    }

    private void handAllOver() {
        CompletableFuture<Void> all = CompletableFuture.allOf(
                groups.loaded().stream().map(this::handOver).toArray(CompletableFuture[]::new));
        try {
            all.get(HANDOVER_MS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException late) {
            LOG.log(Level.INFO, "not every group could be handed over before the stop; they are taken over", late);
        }
    }

    /** Hands all groups over and ends them. Blocks for some seconds at most. */
    @Override
    public void close() {
        refuse();
        BrokerException reason = new BrokerException(ErrorKind.NOT_COORDINATOR, "this broker is stopping: try another one");
        Closing.all(listening, this::handAllOver, () -> groups.loaded().forEach(group -> group.close(reason)));
    }
}
