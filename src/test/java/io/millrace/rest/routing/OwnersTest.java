package io.millrace.rest.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.transaction.idempotency.IdempotencyKey;
import org.junit.jupiter.api.Test;

class OwnersTest {
    private final Owners owners = new Owners();

    OwnersTest() {
        owners.broker = () -> {
            throw asked("broker");
        };
        owners.groups = () -> {
            throw asked("groups");
        };
        owners.keys = () -> {
            throw asked("keys");
        };
        owners.transactions = () -> {
            throw asked("transactions");
        };
    }

    private static BrokerException asked(String whom) {
        return new BrokerException(ErrorKind.UNAVAILABLE, whom);
    }

    private String asked(Route.Owned route) {
        return catchThrowableOfType(BrokerException.class, () -> owners.elsewhere(route)).getMessage();
    }

    @Test
    void eachIsAskedForWhatItKnows() {
        assertThat(asked(new Route.Leader("t", 0))).isEqualTo("broker");
        assertThat(asked(Route.GroupCoordinator.of("g"))).isEqualTo("groups");
        assertThat(asked(new Route.TransactionCoordinator("tx"))).isEqualTo("transactions");
    }

    @Test
    void aKeyOfNoTopicNeedsNoCoordinator() {
        assertThat(asked(new Route.KeyCoordinator(new IdempotencyKey("t", 0, "k")))).isEqualTo("broker");
    }
}
