package io.millrace.group;

import io.millrace.coordinator.Change;
import io.millrace.group.records.GroupKey;
import io.millrace.group.records.GroupValue;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;

/**
 * Takes groups into the log that earlier versions kept in registers, each when its coordinator first loads it. The register
 * ends when all of it is committed in the log, and before that the group is not served: so what is in the log while there is
 * a register is a part of it at most, and is written once more. Thread-safe.
 */
final class RegisterTakeover {
    private static final System.Logger LOG = System.getLogger(RegisterTakeover.class.getName());

    private final GroupRegisters registers;
    private final Executor workers;
    /** Those that are in registers yet, as last looked; null: nobody has. */
    private volatile Set<String> left;

    /** @param workers run what blocks */
    RegisterTakeover(GroupRegisters registers, Executor workers) {
        this.registers = registers;
        this.workers = workers;
    }

    /** Groups that are in registers yet. Blocks the first time. @throws BrokerException UNAVAILABLE */
    Set<String> left() {
        Set<String> known = left;
        if (known == null) {
            known = ConcurrentHashMap.newKeySet();
            known.addAll(registers.ids());
            left = known;
        }
        return known;
    }

    /** Others may have taken groups over, or a server of an earlier version may have made one. */
    void lookAgain() {
        left = null;
    }

    /**
     * Blocks for the register of a group that has one.
     *
     * @param logged what the log says
     * @return the group as it is in the log then
     * @throws BrokerException UNAVAILABLE
     */
    CompletableFuture<GroupState> takeOver(String id, GroupLedger ledger, GroupState logged) {
        GroupRegisters.Stored found = left().contains(id) ? registers.read(id).orElse(null) : null;
        if (found == null) {
            left().remove(id);
            return CompletableFuture.completedFuture(logged);
        }
        List<Change<GroupKey, GroupValue>> changes = GroupDelta.between(id, logged, found.state());
        CompletableFuture<Void> written = changes.isEmpty() ? CompletableFuture.completedFuture(null) : ledger.write(changes);
        return written.thenApplyAsync(committed -> {
            end(id, found.version());
            LOG.log(Level.INFO, "group {0} was taken over from its register into the log", id);
            return found.state();
        }, workers);
    }

    private void end(String id, long version) {
        if (!registers.delete(id, version)) {
            throw new BrokerException(ErrorKind.UNAVAILABLE, "the register of group '" + id
                    + "' was changed while it was taken over: try again in a moment");
        }
        left().remove(id);
    }
}
