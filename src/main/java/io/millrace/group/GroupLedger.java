package io.millrace.group;

import io.millrace.coordinator.Change;
import io.millrace.coordinator.VerificationGuard;
import io.millrace.group.offsets.SeenOffset;
import io.millrace.group.records.GroupKey;
import io.millrace.group.records.GroupValue;
import io.millrace.metadata.TopicPartition;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * The records of one group in one leadership of its partition, as one writer of them sees them. Reading and writing fail with
 * a {@link io.millrace.metadata.BrokerException}: NOT_COORDINATOR or COORDINATOR_LOADING when that leadership is over or this is
 * closed, and the others of {@link io.millrace.coordinator.CoordinatorRuntime}.
 */
interface GroupLedger {
    /** @return completes when they are committed, all of them */
    CompletableFuture<Void> write(List<Change<GroupKey, GroupValue>> changes);

    /**
     * As above, in a producer's transaction; fails, too, with what {@link
     * io.millrace.coordinator.CoordinatorRuntime#changeInTransaction} does.
     */
    CompletableFuture<Void> write(VerificationGuard guard, List<Change<GroupKey, GroupValue>> changes);

    /** @return what they say of some partitions, once all of that is committed */
    CompletableFuture<List<SeenOffset>> seen(Collection<TopicPartition> partitions);

    /** @return what they say, once all of that is committed */
    CompletableFuture<GroupState> read();

    /** From now on nothing is written through this: whoever reads the group after that sees all that ever was. */
    void close();
}
