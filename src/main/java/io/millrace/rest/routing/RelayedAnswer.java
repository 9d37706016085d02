package io.millrace.rest.routing;

import io.millrace.rest.dialect.StreamForm;
import io.millrace.rest.routing.RelayedRequest.Header;
import java.net.http.HttpHeaders;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;

/** What a request's owner answers; the body is yet to come, and is to be read or given up. */
final class RelayedAnswer {
    private static final String OWN_PREFIX = "millrace-";
    private static final Set<String> PASSED = Set.of("content-type", "content-length", "content-encoding", "vary", "cache-control",
            "x-accel-buffering", "retry-after", "idempotency-replayed");

    private final int status;
    private final List<Header> headers;
    private final Flow.Publisher<List<ByteBuffer>> body;
    private final CompletableFuture<Void> passing = new CompletableFuture<>();
    private final PassedBytes passed = new PassedBytes();

    /**
     * @param ownerHeader names the header that says who answered
     * @param ownerUrl    base URL of that broker
     */
    RelayedAnswer(HttpResponse<Flow.Publisher<List<ByteBuffer>>> response, String ownerHeader, String ownerUrl) {
        this.status = response.statusCode();
        this.headers = passedOn(response.headers(), ownerHeader);
        this.headers.add(new Header(ownerHeader, ownerUrl));
        this.body = response.body();
    }

    private static List<Header> passedOn(HttpHeaders headers, String ownerHeader) {
        List<Header> passed = new ArrayList<>();
        headers.map().forEach((name, values) -> {
            String lower = name.toLowerCase(Locale.ROOT);
            if (PASSED.contains(lower) || lower.startsWith(OWN_PREFIX) && !lower.equalsIgnoreCase(ownerHeader)) {
                values.forEach(value -> passed.add(new Header(name, value)));
            }
        });
        return passed;
    }

    int status() {
        return status;
    }

    /** Those that are meant for the client. */
    List<Header> headers() {
        return headers;
    }

    /** The value of a header that is passed on; null when there is none. */
    String header(String name) {
        return headers.stream().filter(header -> header.name().equalsIgnoreCase(name)).map(Header::value).findFirst().orElse(null);
    }

    /** Whether it may go on for as long as the client likes. */
    boolean isStream() {
        return StreamForm.of(header("Content-Type")) != null;
    }

    /** Done when no more of it is passed on; who fails it ends that. */
    CompletableFuture<Void> passing() {
        return passing;
    }

    /** How much of the body was written to the client. */
    PassedBytes passed() {
        return passed;
    }

    /** Of one subscriber. */
    Flow.Publisher<List<ByteBuffer>> body() {
        return body;
    }

    /** Nobody wants the body: what it comes by is given up. */
    void giveUp() {
        passing.complete(null);
        body.subscribe(new Flow.Subscriber<>() {
            @Override
            public void onSubscribe(Flow.Subscription subscription) {
                subscription.cancel();
            }

            @Override
            public void onNext(List<ByteBuffer> piece) {
                // not asked for
            }

            @Override
            public void onError(Throwable failure) {
                // given up all the same
            }

            @Override
            public void onComplete() {
                // there was none
            }
        });
    }
}
