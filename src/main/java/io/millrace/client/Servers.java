package io.millrace.client;

import io.millrace.client.RequestFailedException.Outcome;
import jakarta.json.Json;
import jakarta.json.JsonException;
import jakarta.json.JsonReader;
import jakarta.json.JsonReaderFactory;
import jakarta.json.JsonStructure;
import java.io.IOException;
import java.io.StringReader;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Sends a request to one server after the other until it is answered or its time is up. A request that would do harm when it is
 * done twice is sent again only where the one before was certainly not done. Thread-safe.
 */
final class Servers {
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(3);
    private static final long LEAST_ATTEMPT_NS = 1_000_000_000;
    private static final long FIRST_PAUSE_MS = 20;
    private static final long LAST_PAUSE_MS = 500;
    /** Refusals of the moment of which the server does not know whether what was asked for was done before. */
    private static final Set<String> MAYBE_DONE = Set.of("UNAVAILABLE", "NOT_COMMITTED", "LOG_DIRECTORY_OFFLINE");

    private final List<URI> urls;
    private final String authorization;
    private final long timeoutNs;
    private final HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(CONNECT_TIMEOUT)
            .followRedirects(HttpClient.Redirect.NEVER).build();
    /** Kept, because to find one takes long. */
    private final JsonReaderFactory readers = Json.createReaderFactory(Map.of());
    /** The one that answered last, by its place in the list: a hint. */
    private volatile int preferred;

    Servers(List<URI> urls, String user, String password, Duration timeout) {
        this.urls = List.copyOf(urls);
        this.authorization = user == null || user.isEmpty() ? null : "Basic " + Base64.getEncoder().encodeToString(
                (user + ":" + (password == null ? "" : password)).getBytes(StandardCharsets.UTF_8));
        this.timeoutNs = timeout.toNanos();
    }

    /** @param repeatable whether it does no harm to do it twice */
    record Request(String method, String path, String contentType, String body, String transaction, boolean repeatable) {
    }

    /**
     * The answer, of a status below 300; null when it has no content.
     *
     * @throws RequestFailedException when there is none
     */
    JsonStructure send(Request request) {
        long deadline = System.nanoTime() + timeoutNs;
        int first = preferred;
        long pauseMs = FIRST_PAUSE_MS;
        boolean maybeDone = false;
        for (int attempt = 0; ; attempt++) {
            int server = (first + attempt) % urls.size();
            Attempt result = attempt(request, server, deadline);
            if (result.failure == null) {
                preferred = server;
                return result.answer;
            }
            Outcome outcome = result.failure.outcome();
            maybeDone |= outcome == Outcome.UNKNOWN;
            boolean late = System.nanoTime() + pauseMs * 1_000_000 - deadline > 0;
            if (outcome == Outcome.REFUSED || maybeDone && !request.repeatable || late || Thread.currentThread().isInterrupted()) {
                throw outcome == Outcome.NOT_DONE && maybeDone ? new RequestFailedException(Outcome.UNKNOWN, result.failure.error(),
                        result.failure.getMessage(), result.failure) : result.failure;
            }
            if (server == (first + urls.size() - 1) % urls.size()) { // nobody could do it: that takes a moment
                pause(pauseMs);
                pauseMs = Math.min(2 * pauseMs, LAST_PAUSE_MS);
            }
        }
    }

    /** @param failure null: there is an answer */
    private record Attempt(JsonStructure answer, RequestFailedException failure) {
    }

    private Attempt attempt(Request request, int server, long deadline) {
        URI url = urls.get(server);
        long share = Math.max(LEAST_ATTEMPT_NS, timeoutNs / urls.size());
        long timeout = Math.max(LEAST_ATTEMPT_NS, Math.min(share, deadline - System.nanoTime()));
        try {
            HttpResponse<String> response = http.send(build(request, url, timeout), HttpResponse.BodyHandlers.ofString());
            return response.statusCode() < 300 ? new Attempt(json(response.body()), null) : failed(url, response);
        } catch (ConnectException | HttpConnectTimeoutException unreachable) {
            return failed(Outcome.NOT_DONE, url, unreachable);
        } catch (IOException | JsonException broken) {
            return failed(Outcome.UNKNOWN, url, broken);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            return failed(Outcome.UNKNOWN, url, stopped);
        }
    }

    private HttpRequest build(Request request, URI url, long timeoutNs) {
        HttpRequest.Builder builder = HttpRequest.newBuilder(URI.create(url + request.path)).timeout(Duration.ofNanos(timeoutNs))
                .header("Accept", "application/json").method(request.method, request.body == null
                        ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(request.body));
        if (request.contentType != null) {
            builder.header("Content-Type", request.contentType);
        }
        if (request.transaction != null) {
            builder.header("Millrace-Transaction", request.transaction);
        }
        if (authorization != null) {
            builder.header("Authorization", authorization);
        }
        return builder.build();
    }

    private static Attempt failed(Outcome outcome, URI url, Exception cause) {
        return new Attempt(null, new RequestFailedException(outcome, "", url + ": " + cause, cause));
    }

    private static Attempt failed(URI url, HttpResponse<String> response) {
        int status = response.statusCode();
        String error = response.headers().firstValue("Millrace-Error").orElse("");
        boolean ours = response.body().startsWith("{"); // while an application server starts, it answers 404 itself, in HTML
        Outcome outcome;
        if (status == 503) {
            outcome = error.isEmpty() || MAYBE_DONE.contains(error) ? Outcome.UNKNOWN : Outcome.NOT_DONE; // without: a proxy's
        } else if (status >= 500 || status == 408) {
            outcome = Outcome.UNKNOWN;
        } else {
            outcome = status == 404 && !ours ? Outcome.NOT_DONE : Outcome.REFUSED;
        }
        return new Attempt(null, new RequestFailedException(outcome, error, "%s answers %d %s: %s".formatted(url, status, error,
                ours ? response.body() : "(no answer of Millrace)"), null));
    }

    private JsonStructure json(String body) {
        if (body.isEmpty()) {
            return null;
        }
        try (JsonReader reader = readers.createReader(new StringReader(body))) {
            return reader.read();
        }
    }

    private static void pause(long ms) {
        try {
            Thread.sleep(ms);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt(); // the next attempt ends with that
        }
    }
}
