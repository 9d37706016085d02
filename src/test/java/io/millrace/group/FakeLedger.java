package io.millrace.group;

import io.millrace.coordinator.Change;
import io.millrace.coordinator.VerificationGuard;
import io.millrace.group.offsets.SeenOffset;
import io.millrace.group.records.GroupKey;
import io.millrace.group.records.GroupValue;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.TopicPartition;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** The records of one group in memory, whose writes a test commits, loses and refuses. */
final class FakeLedger implements GroupLedger {
    /** What is committed. */
    final GroupMachine machine = new GroupMachine();
    /** What was to be written, one list a write. */
    final List<List<Change<GroupKey, GroupValue>>> writes = new ArrayList<>();
    int reads;
    /** Whether writes wait for {@link #commit()}. */
    boolean holding;
    /** What writes and reads fail with, or null. */
    ErrorKind failing;
    /** Whether what failed is there all the same. */
    boolean thereAllTheSame;
    /** More records than that are too many. */
    int mostRecords = Integer.MAX_VALUE;
    private final String group;
    private final Deque<Runnable> held = new ArrayDeque<>();

    FakeLedger(String group) {
        this.group = group;
    }

    @Override
    public CompletableFuture<Void> write(List<Change<GroupKey, GroupValue>> changes) {
        writes.add(changes);
        if (changes.size() > mostRecords) {
            return failed(ErrorKind.RECORD_TOO_LARGE);
        } else if (failing != null) {
            if (thereAllTheSame) {
                apply(changes);
            }
            return failed(failing);
        }
        CompletableFuture<Void> done = new CompletableFuture<>();
        held.add(() -> {
            apply(changes);
            done.complete(null);
        });
        if (!holding) {
            commit();
        }
        return done;
    }

    private void apply(List<Change<GroupKey, GroupValue>> changes) {
        changes.forEach(each -> machine.replay(each.key(), each.value()));
    }

    private static <T> CompletableFuture<T> failed(ErrorKind kind) {
        return CompletableFuture.failedFuture(new BrokerException(kind, "for the test"));
    }

    /** What was written by now. */
    void commit() {
        for (int writes = held.size(); writes > 0; writes--) {
            held.remove().run();
        }
    }

    @Override
    public CompletableFuture<Void> write(VerificationGuard guard, List<Change<GroupKey, GroupValue>> changes) {
        throw new UnsupportedOperationException("no transactions here");
    }

    @Override
    public CompletableFuture<List<SeenOffset>> seen(Collection<TopicPartition> partitions) {
        return failing != null ? failed(failing) : CompletableFuture.completedFuture(machine.seen(group, partitions));
    }

    @Override
    public CompletableFuture<GroupState> read() {
        reads++;
        return failing != null ? failed(failing) : CompletableFuture.completedFuture(state());
    }

    @Override
    public void close() {
        failing = ErrorKind.NOT_COORDINATOR;
    }

    GroupState state() {
        return machine.state(group, 0);
    }
}
