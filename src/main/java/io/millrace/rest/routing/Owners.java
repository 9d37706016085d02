package io.millrace.rest.routing;

import io.millrace.agreement.Member;
import io.millrace.metadata.BrokerException;
import io.millrace.rest.access.BrokerAccess;
import io.millrace.rest.access.GroupAccess;
import io.millrace.rest.access.IdempotencyAccess;
import io.millrace.rest.access.TransactionAccess;
import io.millrace.transaction.idempotency.IdempotencyKey;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.Optional;

/** Knows which broker owns what. */
@ApplicationScoped
public class Owners {
    @Inject
    BrokerAccess broker;
    @Inject
    GroupAccess groups;
    @Inject
    IdempotencyAccess keys;
    @Inject
    TransactionAccess transactions;

    /**
     * The broker to answer, when it is another one; empty: this one is. May block for a moment.
     *
     * @throws BrokerException NOT_LEADER, NOT_COORDINATOR, UNAVAILABLE when nobody can answer now; UNKNOWN_TOPIC, UNKNOWN_PARTITION,
     *                         INVALID_CONSUMER when nobody ever will
     */
    Optional<Member> elsewhere(Route.Owned route) {
        if (route instanceof Route.Leader leader) {
            return broker.broker().remoteLeader(leader.topic(), leader.partition());
        } else if (route instanceof Route.GroupCoordinator coordinator) {
            return groups.groups().remoteCoordinator(coordinator.group());
        } else if (route instanceof Route.KeyCoordinator coordinator) {
            return elsewhere(coordinator.key());
        } else if (route instanceof Route.TransactionCoordinator coordinator) {
            return transactions.transactions().coordinator().remote(coordinator.transactionalId());
        }
        throw new IllegalArgumentException("nobody is the owner of " + route);
    }

    private Optional<Member> elsewhere(IdempotencyKey key) {
        broker.broker().repetition(key.topic()); // what there is no topic for needs no coordinator
        return keys.idempotencyKeys().remoteCoordinator(key);
    }
}
