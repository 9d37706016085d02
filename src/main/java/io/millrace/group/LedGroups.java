package io.millrace.group;

import io.millrace.coordinator.Change;
import io.millrace.coordinator.CoordinatorRuntime;
import io.millrace.coordinator.Decision;
import io.millrace.coordinator.VerificationGuard;
import io.millrace.group.offsets.SeenOffset;
import io.millrace.group.records.GroupKey;
import io.millrace.group.records.GroupValue;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.TopicPartition;
import io.millrace.metadata.topics.InternalTopic;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * The groups of one partition of the offsets topic, in one leadership of this broker.
 *
 * @param machine of that leadership and no other: by it what was decided in an earlier one is refused
 * @param polls   number of the last poll of any of its groups; what a leadership gives out no other one does
 * @param millis  since the epoch
 */
record LedGroups(CoordinatorRuntime<GroupKey, GroupValue, GroupMachine> runtime, int partition, int epoch,
                 GroupMachine machine, AtomicLong polls, LongSupplier millis) {
    static LedGroups begun(CoordinatorRuntime<GroupKey, GroupValue, GroupMachine> runtime, int partition, int epoch,
                           GroupMachine machine, LongSupplier millis) {
        return new LedGroups(runtime, partition, epoch, machine, new AtomicLong((epoch + 1L) << Integer.SIZE), millis);
    }

    /** The partition in which the groups stand, by its name. */
    TopicPartition id() {
        return new TopicPartition(InternalTopic.OFFSETS, partition);
    }

    /** See {@link CoordinatorRuntime#guard}. */
    VerificationGuard guard(TransactionalProducer producer) {
        return runtime.guard(partition, producer.id(), producer.epoch());
    }

    GroupLedger ledger(String group) {
        return new Ledger(group);
    }

    /** @throws BrokerException NOT_COORDINATOR when the leadership is over, UNAVAILABLE when it may be */
    void requireLeading() {
        runtime.requireLeading(partition, epoch);
    }

    private final class Ledger implements GroupLedger {
        private final String group;
        /** Looked at by the partition's task, so that a write is decided before all that is read after the end, or not at all. */
        private volatile boolean closed;

        private Ledger(String group) {
            this.group = group;
        }

        @Override
        public CompletableFuture<Void> write(List<Change<GroupKey, GroupValue>> changes) {
            return runtime.change(partition, present -> {
                require(present);
                return new Decision<>(changes, null);
            });
        }

        @Override
        public CompletableFuture<Void> write(VerificationGuard guard, List<Change<GroupKey, GroupValue>> changes) {
            return runtime.changeInTransaction(partition, guard, present -> {
                require(present);
                return new Decision<>(changes, null);
            });
        }

        @Override
        public CompletableFuture<List<SeenOffset>> seen(Collection<TopicPartition> partitions) {
            return runtime.change(partition, present -> {
                require(present);
                return Decision.nothing(present.seen(group, partitions));
            });
        }

        @Override
        public CompletableFuture<GroupState> read() {
            return runtime.change(partition, present -> {
                require(present);
                return Decision.nothing(present.state(group, millis.getAsLong()));
            });
        }

        @Override
        public void close() {
            closed = true;
        }

        private void require(GroupMachine present) {
            if (present != machine) {
                throw new BrokerException(ErrorKind.NOT_COORDINATOR, "another leadership has begun: try again in a moment");
            } else if (closed) {
                throw new BrokerException(ErrorKind.NOT_COORDINATOR, "group '" + group + "' was let go here: try again in a moment");
            }
        }
    }
}
