package io.millrace.rest.routing;

import io.millrace.rest.body.JsonBodies;
import io.millrace.rest.body.TransactionBodies;
import io.millrace.rest.dialect.RequestException;
import jakarta.json.JsonObject;
import java.util.function.Function;

/** What a small body is about, where the path does not tell. */
enum BodySubject {
    TRANSACTIONAL_ID(body -> new Route.TransactionCoordinator(TransactionBodies.begin(body).transactionalId())),
    GROUP(body -> Route.GroupCoordinator.of(TransactionBodies.offsets(body).group())),
    PARTITION(body -> {
        TransactionBodies.NamedOpen open = TransactionBodies.open(body);
        return new Route.Leader(open.partition().topic(), open.partition().partition());
    });

    private final Function<JsonObject, Route> named;

    BodySubject(Function<JsonObject, Route> named) {
        this.named = named;
    }

    /** Here, where the body is not what it should be: the resource says so. */
    Route in(byte[] body, JsonBodies json) {
        try {
            return named.apply(json.object(body));
        } catch (RequestException wrong) {
            // told by the resource, which reads it once more
            return Route.HERE;
        }
    }
}
