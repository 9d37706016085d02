package io.millrace.group;

import io.millrace.agreement.Member;
import io.millrace.metadata.BrokerErrors;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/**
 * The groups of the whole cluster: each broker that is up tells those that it coordinates. All or nothing, because a list in
 * which some are missing would be taken for a whole one. Thread-safe.
 */
final class GroupListing {
    private final Coordination coordination;
    private final Supplier<List<Member>> coordinators;
    private final GroupPeers peers;
    private final Supplier<CompletableFuture<List<GroupSummary>>> here;
    private final Executor workers;

    /**
     * @param coordinators the other brokers that coordinate groups; fails when nobody coordinates some
     * @param here         those that this broker coordinates
     * @param workers      run what goes on with the list, which keeps no thread that talks to brokers
     */
    GroupListing(Coordination coordination, Supplier<List<Member>> coordinators, GroupPeers peers,
                 Supplier<CompletableFuture<List<GroupSummary>>> here, Executor workers) {
        this.coordination = coordination;
        this.coordinators = coordinators;
        this.peers = peers;
        this.here = here;
        this.workers = workers;
    }

    /**
     * Asks all of them.
     *
     * @return every group, sorted by id; fails with UNAVAILABLE when a broker does not tell its own
     * @throws BrokerException NOT_COORDINATOR when nobody coordinates some groups now
     */
    CompletableFuture<List<GroupSummary>> list() {
        List<CompletableFuture<List<GroupSummary>>> all = new ArrayList<>();
        others().forEach(other -> all.add(told(other, peers.groups(other))));
        all.add(told(coordination.self(), here.get()));
        return CompletableFuture.allOf(all.toArray(CompletableFuture[]::new)).handleAsync((done, failure) -> merged(all), workers);
    }

    /** Those that are up, which may coordinate more than is known here; and those that coordinate although they are about to stop. */
    private Collection<Member> others() {
        TreeMap<Integer, Member> others = new TreeMap<>();
        coordination.others().forEach(other -> others.put(other.brokerId(), other));
        coordinators.get().forEach(other -> others.put(other.brokerId(), other));
        return others.values();
    }

    private static CompletableFuture<List<GroupSummary>> told(Member broker, CompletableFuture<List<GroupSummary>> groups) {
        return groups.exceptionallyCompose(failure -> CompletableFuture.failedFuture(notWhole(broker, BrokerErrors.outcome(failure))));
    }

    private static Throwable notWhole(Member broker, Throwable failure) {
        return !(failure instanceof BrokerException) ? failure : new BrokerException(ErrorKind.UNAVAILABLE,
                "not all groups can be listed now, because broker %d at %s does not tell its own: %s".formatted(broker.brokerId(),
                        broker.url(), failure.getMessage()), failure);
    }

    /** @param all that are done */
    private static List<GroupSummary> merged(List<CompletableFuture<List<GroupSummary>>> all) {
        TreeMap<String, GroupSummary> byId = new TreeMap<>();
        for (CompletableFuture<List<GroupSummary>> each : all) {
            // One that has just moved may be at two: where it was left nobody takes part any more.
            each.join().forEach(group -> byId.merge(group.group(), group, (one, other) -> other.members() > one.members() ? other : one));
        }
        return List.copyOf(byId.values());
    }
}
