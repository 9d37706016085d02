package io.millrace.group;

import io.millrace.coordinator.Change;
import io.millrace.group.records.GroupKey;
import io.millrace.group.records.GroupValue;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * The records of one group in one leadership of its partition. Both fail with a {@link io.millrace.metadata.BrokerException}:
 * NOT_COORDINATOR or COORDINATOR_LOADING when that leadership is over, and the others of
 * {@link io.millrace.coordinator.CoordinatorRuntime}.
 */
interface GroupLedger {
    /** @return completes when they are committed, all of them */
    CompletableFuture<Void> write(List<Change<GroupKey, GroupValue>> changes);

    /** @return what they say, once all of that is committed */
    CompletableFuture<GroupState> read();
}
