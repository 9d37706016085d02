package io.millrace.group;

import io.millrace.coordinator.CoordinatorListener;
import io.millrace.coordinator.CoordinatorRuntime;
import io.millrace.coordinator.CoordinatorStatus;
import io.millrace.coordinator.Decision;
import io.millrace.group.records.GroupKey;
import io.millrace.group.records.GroupValue;
import io.millrace.log.Closing;
import io.millrace.metadata.BrokerErrors;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.ShownName;
import io.millrace.metadata.TopicInfo;
import io.millrace.metadata.TopicPartition;
import java.lang.System.Logger.Level;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * Which groups are at this broker: it coordinates those whose partition of the offsets topic it leads. Loads them from what
 * the partition's records say, and lets go of them when the leadership ends. Thread-safe.
 */
final class CoordinatedGroups implements CoordinatorListener<GroupMachine>, AutoCloseable {
    private static final System.Logger LOG = System.getLogger(CoordinatedGroups.class.getName());

    /** Most partitions are read in much less: then whoever asks is not told to ask again. */
    private static final long LOADING_MS = 1_000;
    private static final long LOADING_RETRY_MS = 20;

    private final GroupContext context;
    private final GroupTable groups;
    private final RegisterTakeover takeover;
    private final CoordinatorRuntime<GroupKey, GroupValue, GroupMachine> runtime;
    /** By partition. */
    private final Map<Integer, LedGroups> led = new ConcurrentHashMap<>();
    private final GroupBalance balance;
    private volatile boolean closed;

    /** @param opening makes the runtime, of what it tells */
    CoordinatedGroups(GroupContext context, GroupTable groups, GroupRegisters registers,
                      Function<CoordinatorListener<GroupMachine>, CoordinatorRuntime<GroupKey, GroupValue, GroupMachine>> opening) {
        this.context = context;
        this.groups = groups;
        this.balance = new GroupBalance(context, groups, this::letGo);
        this.takeover = new RegisterTakeover(registers, context.workers());
        this.runtime = opening.apply(this);
        runtime.start();
        takeOver(takeover.left());
    }

    /**
     * Where earlier versions left groups the offsets topic is made, and whoever leads its partitions takes them over.
     *
     * @return completes in any case
     */
    private CompletableFuture<Void> takeOver(CompletableFuture<Set<String>> registered) {
        return registered.thenAcceptAsync(left -> left.stream().findAny().ifPresent(runtime::partitionOf), context.workers())
                .exceptionally(failure -> {
                    LOG.log(Level.INFO, "groups that earlier versions kept in registers cannot be taken over now, which is tried"
                            + " again: {0}", failure.getMessage());
                    return null;
                });
    }

    CoordinatorRuntime<GroupKey, GroupValue, GroupMachine> runtime() {
        return runtime;
    }

    boolean isOpen() {
        return !closed;
    }

    /** From now on no group comes here, and none is given to anybody who asks. */
    void refuse() {
        closed = true;
    }

    /** What was read of a group, and in which leadership. */
    private record Loaded(LedGroups led, GroupState state) {
    }

    /**
     * A group that this broker coordinates, loaded if need be.
     *
     * @return fails with NOT_COORDINATOR, COORDINATOR_LOADING
     * @throws BrokerException NOT_COORDINATOR when this broker stops
     */
    CompletableFuture<Group> group(String id) {
        if (closed) {
            throw stopping();
        }
        CompletableFuture<Group> fresh = new CompletableFuture<>();
        CompletableFuture<Group> known = groups.add(id, fresh);
        if (known != null) {
            return known;
        }
        load(id, fresh, context.now() + TimeUnit.MILLISECONDS.toNanos(LOADING_MS));
        return fresh;
    }

    private static BrokerException stopping() {
        return new BrokerException(ErrorKind.NOT_COORDINATOR, "this broker is stopping: try another one");
    }

    /** @param patience until when it is waited for the partition, in ns */
    private void load(String id, CompletableFuture<Group> loading, long patience) {
        try {
            int partition = runtime.partitionOf(id);
            runtime.change(partition, machine -> Decision.nothing(new Loaded(led.get(partition),
                            machine.state(id, context.clock().millis()))))
                    .thenComposeAsync(found -> takenOver(id, found), context.workers())
                    .thenApplyAsync(found -> open(id, found), context.workers())
                    .whenComplete((group, failure) -> {
                        if (failure != null) {
                            notLoaded(id, loading, patience, failure);
                            return;
                        }
                        loading.complete(group);
                        if (led.get(partition) != group.led()) {
                            letGo(group); // it was too late to be told
                        }
                    });
        } catch (RuntimeException | Error failure) { // or it would be on its way for ever
            groups.failed(id, loading, failure);
        }
    }

    private void notLoaded(String id, CompletableFuture<Group> loading, long patience, Throwable failure) {
        boolean soon = BrokerErrors.outcome(failure) instanceof BrokerException known
                && known.kind() == ErrorKind.COORDINATOR_LOADING && context.now() - patience < 0;
        if (!soon || closed) {
            groups.failed(id, loading, failure);
            return;
        }
        try {
            context.timers().schedule(() -> load(id, loading, patience), LOADING_RETRY_MS, TimeUnit.MILLISECONDS);
        } catch (RuntimeException refused) {
            groups.failed(id, loading, failure);
        }
    }

    private CompletableFuture<Loaded> takenOver(String id, Loaded found) {
        if (found.led() == null) {
            throw moved(id);
        }
        return takeover.takeOver(id, found.led().ledger(id), found.state()).thenApply(state -> new Loaded(found.led(), state));
    }

    private Group open(String id, Loaded found) {
        catchUp(found.state());
        return new Group(id, context, found.led(), found.state());
    }

    /** What the last coordinator knew of topics is known here before anything is made of it. Blocks. */
    private void catchUp(GroupState state) {
        TreeMap<String, UUID> ids = new TreeMap<>(state.membership().topicIds());
        state.offsets().byTopic().forEach((topic, offsets) -> {
            if (!offsets.byPartition().isEmpty()) {
                ids.putIfAbsent(topic, offsets.topicId());
            }
        });
        state.pending().forEach(each -> ids.putIfAbsent(each.topic(), each.topicId()));
        ids.forEach((topic, topicId) -> {
            TopicInfo known = context.log().topics().get(topic);
            if (known == null || !known.id().equals(topicId)) {
                context.log().refresh(topic);
            }
        });
    }

    // ---- what the runtime tells

    @Override
    public void began(int partition, int epoch, GroupMachine machine) {
        LedGroups begun = LedGroups.begun(runtime, partition, epoch, machine, context.clock()::millis);
        led.put(partition, begun);
        machine.listen(offset -> groups.whenLoaded(offset.group(), group ->
                group.outdate(new TopicPartition(offset.topic(), offset.partition()))));
        Set<String> logged = machine.groups();
        context.workers().execute(() -> loadAll(begun, logged));
    }

    @Override
    public void ended(int partition, int epoch) {
        LedGroups gone = led.remove(partition);
        context.workers().execute(() -> groups.loaded().stream().filter(group -> group.led() == gone).forEach(this::letGo));
    }

    /** It writes nothing any more when the next one of its id is read. */
    private void letGo(Group group) {
        group.close(moved(group.id()));
        groups.remove(group);
    }

    private static BrokerException moved(String id) {
        return new BrokerException(ErrorKind.NOT_COORDINATOR, "this broker does not coordinate group '" + id
                + "' any more: try again in a moment");
    }

    /** Also those nobody asks for: sessions are to end, and lag is to be seen. */
    private void loadAll(LedGroups begun, Collection<String> logged) {
        logged.forEach(this::loadQuietly);
        takeover.left().whenComplete((left, unavailable) -> {
            if (unavailable == null) {
                left.stream().filter(id -> runtime.partitionOf(id) == begun.partition()).forEach(this::loadQuietly);
            } else {
                LOG.log(Level.INFO, "whether earlier versions kept groups in registers is not known yet, and is looked up"
                        + " again: {0}", unavailable.getMessage());
            }
        });
    }

    private void loadQuietly(String id) {
        if (!closed) {
            group(id).exceptionally(failure -> {
                LOG.log(Level.INFO, "group {0} cannot be coordinated now, which is tried again: {1}", ShownName.of(id),
                        failure.getMessage());
                return null;
            });
        }
    }

    /** Gives back what others are to coordinate. Not at the same time. */
    void balance() {
        balance.look(led.keySet());
    }

    /** Those that could not be loaded when they came here. */
    void loadMissing() {
        takeOver(takeover.lookAgain()).thenRun(() -> led.values().forEach(this::loadMissing));
    }

    private void loadMissing(LedGroups each) {
        runtime.change(each.partition(), machine -> Decision.nothing(machine.groups()))
                .thenAcceptAsync(logged -> {
                    if (led.get(each.partition()) == each) {
                        loadAll(each, logged);
                    }
                }, context.workers());
    }

    /** Those that are here, sorted; fails while it is not known which these are. */
    CompletableFuture<List<GroupSummary>> list() {
        List<CompletableFuture<List<GroupSummary>>> all = List.copyOf(runtime.readAll(this::summaries).values());
        return CompletableFuture.allOf(all.toArray(CompletableFuture[]::new)).thenApply(done -> all.stream()
                .flatMap(each -> each.join().stream()).sorted(Comparator.comparing(GroupSummary::group)).toList());
    }

    private List<GroupSummary> summaries(GroupMachine machine) {
        return machine.groups().stream().map(id -> GroupAdministration.summary(id,
                machine.membership(id, context.clock().millis()))).toList();
    }

    /** How the partitions stand that this broker leads. */
    List<CoordinatorStatus> status() {
        return runtime.status();
    }

    /** Hands all groups over, so that others go on where this broker was. @return completes when that is so, or cannot be */
    CompletableFuture<Void> handOver() {
        return CompletableFuture.allOf(groups.loaded().stream().map(Group::handOver).toArray(CompletableFuture[]::new));
    }

    @Override
    public void close() {
        refuse();
        Closing.all(() -> groups.loaded().forEach(group -> group.close(stopping())), runtime);
    }
}
