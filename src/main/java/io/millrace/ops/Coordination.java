package io.millrace.ops;

import io.millrace.coordinator.CoordinatorStatus;
import io.millrace.group.Groups;
import io.millrace.metadata.topics.InternalTopic;
import io.millrace.transaction.ProducerIds;
import io.millrace.transaction.idempotency.IdempotencyKeys;
import io.millrace.transaction.routing.Transactions;
import java.util.List;

/** What this broker coordinates. */
record Coordination(Groups groups, ProducerIds producerIds, IdempotencyKeys idempotencyKeys, Transactions transactions,
                    TransactionWatch transactionWatch) {
    /** The internal topics that hold it. */
    static final List<String> TOPICS = List.of(InternalTopic.OFFSETS, InternalTopic.IDEMPOTENCY_KEYS, InternalTopic.TRANSACTIONS);

    /** The partitions of one of these topics that are led here, and how they stand. */
    List<CoordinatorStatus> status(String topic) {
        return switch (topic) {
            case InternalTopic.OFFSETS -> groups.coordinators();
            case InternalTopic.IDEMPOTENCY_KEYS -> idempotencyKeys.coordinators();
            case InternalTopic.TRANSACTIONS -> transactions.status();
            default -> throw new IllegalArgumentException("nothing is coordinated in " + topic);
        };
    }
}
