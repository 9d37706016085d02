package io.millrace.rest.routing;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.rest.body.JsonBodies;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class BodySubjectTest {
    private final JsonBodies json = new JsonBodies();

    private Route in(BodySubject subject, String body) {
        return subject.in(body.getBytes(StandardCharsets.UTF_8), json);
    }

    @Test
    void theBodyNamesTheOwner() {
        assertThat(in(BodySubject.TRANSACTIONAL_ID, "{\"transactional_id\":\"tx\"}")).isEqualTo(new Route.TransactionCoordinator("tx"));
        assertThat(in(BodySubject.GROUP, "{\"group\":\"shop\",\"producer_epoch\":1,\"offsets\":[]}"))
                .isEqualTo(Route.GroupCoordinator.of("shop"));
        assertThat(in(BodySubject.PARTITION, "{\"topic\":\"t\",\"partition\":2,\"producer_id\":1,\"producer_epoch\":0}"))
                .isEqualTo(new Route.Leader("t", 2));
    }

    @Test
    void aBodyThatIsWrongIsRefusedHere() {
        for (BodySubject subject : BodySubject.values()) {
            assertThat(in(subject, "")).isEqualTo(Route.HERE);
            assertThat(in(subject, "{")).isEqualTo(Route.HERE);
            assertThat(in(subject, "{\"transactional_id\":1,\"group\":[]}")).isEqualTo(Route.HERE);
        }
    }
}
