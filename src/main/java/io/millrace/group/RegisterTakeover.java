package io.millrace.group;

import io.millrace.coordinator.Change;
import io.millrace.group.records.GroupKey;
import io.millrace.group.records.GroupValue;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.ShownName;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;

/**
 * Takes groups into the log that earlier versions kept in registers, each when its coordinator first loads it: all of it in
 * one write, and the register ends when that is committed, before which the group is not served. So where the log knows the
 * group the register says nothing any more, be it that only its end is missing or that a server of an earlier version, which
 * ought not to serve the group any more, made it anew. Thread-safe.
 */
final class RegisterTakeover {
    private static final System.Logger LOG = System.getLogger(RegisterTakeover.class.getName());

    private final GroupRegisters registers;
    private final Executor workers;
    /** Those that are in registers yet, as was last looked up; null: nobody has looked, or could. Guarded by this. */
    private CompletableFuture<Set<String>> left;

    /** @param workers run what blocks */
    RegisterTakeover(GroupRegisters registers, Executor workers) {
        this.registers = registers;
        this.workers = workers;
    }

    /** Groups that are in registers yet, as was last looked up; fails with UNAVAILABLE while nobody could. */
    synchronized CompletableFuture<Set<String>> left() {
        if (left == null || left.isCompletedExceptionally()) {
            left = lookUp();
        }
        return left;
    }

    /** As above, looked up anew: a server of an earlier version may have written one since. What was found before counts until then. */
    CompletableFuture<Set<String>> lookAgain() {
        CompletableFuture<Set<String>> again = lookUp();
        return again.thenApply(found -> {
            synchronized (this) {
                left = again;
            }
            return found;
        });
    }

    private CompletableFuture<Set<String>> lookUp() {
        return CompletableFuture.supplyAsync(() -> {
            Set<String> found = ConcurrentHashMap.newKeySet();
            found.addAll(registers.ids());
            return found;
        }, workers);
    }

    /**
     * Ends the register of a group that has one. Of a group that the log does not know the register itself is read, whatever was
     * looked up: that is once for a group that is new, never for any other, and misses nothing that was written before.
     *
     * @param logged what the log says
     * @return the group as it is in the log then; fails with UNAVAILABLE
     */
    CompletableFuture<GroupState> takeOver(String id, GroupLedger ledger, GroupState logged) {
        return left().thenCompose(known -> !known.contains(id) && !logged.isVacant() ? CompletableFuture.completedFuture(logged)
                : CompletableFuture.supplyAsync(() -> registers.read(id), workers)
                        .thenCompose(found -> takeOver(id, ledger, logged, found))
                        .whenComplete((done, failure) -> {
                            if (failure == null) {
                                known.remove(id);
                            }
                        }));
    }

    private CompletableFuture<GroupState> takeOver(String id, GroupLedger ledger, GroupState logged,
                                                   Optional<GroupRegisters.Stored> found) {
        if (found.isEmpty()) {
            return CompletableFuture.completedFuture(logged);
        } else if (!logged.isVacant()) {
            return CompletableFuture.supplyAsync(() -> {
                end(id, found.get().version());
                LOG.log(Level.WARNING, "the register of group {0} is dropped, because the group is in the log", ShownName.of(id));
                return logged;
            }, workers);
        }
        List<Change<GroupKey, GroupValue>> changes = GroupDelta.between(id, logged, found.get().state());
        CompletableFuture<Void> written = changes.isEmpty() ? CompletableFuture.completedFuture(null) : ledger.write(changes);
        return written.thenApplyAsync(committed -> {
            end(id, found.get().version());
            LOG.log(Level.INFO, "group {0} was taken over from its register into the log", ShownName.of(id));
            return found.get().state();
        }, workers);
    }

    private void end(String id, long version) {
        if (!registers.delete(id, version)) {
            throw new BrokerException(ErrorKind.UNAVAILABLE, "the register of group '" + id
                    + "' was changed while it was taken over: try again in a moment");
        }
    }
}
