package io.millrace.rest.forwarding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.millrace.agreement.Member;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.rest.forwarding.PassedRequest.Owner;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class PassedRequestTest {
    private static final Member OTHER = new Member(2, "run", "http://b:9080", null);

    @Test
    void whatAnotherBrokerLeadsGoesThere() {
        assertThat(request(false).receiver(Optional.of(OTHER))).contains(OTHER);
    }

    @Test
    void whatThisBrokerLeadsStaysHere() {
        assertThat(request(false).receiver(Optional.empty())).isEmpty();
        assertThat(request(true).receiver(Optional.empty())).isEmpty();
    }

    @Test
    void whatWasPassedOnIsNotPassedOnAgain() {
        BrokerException e = catchThrowableOfType(BrokerException.class,
                () -> request(true).receiver(Optional.of(OTHER)));

        assertThat(e.kind()).isEqualTo(ErrorKind.NOT_LEADER);
        assertThat(e).hasMessageContaining("orders-3").hasMessageContaining(OTHER.url());
    }

    private static PassedRequest request(boolean forwarded) {
        return new PassedRequest(Owner.LEADER, "orders-3", "GET", "/", null, List.of(), null, forwarded, Map.of());
    }
}
