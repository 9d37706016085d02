package io.millrace.process;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** One server of several, the next one when it does not answer. One thread. */
final class AnyServer {
    static final String TEXT = "application/vnd.kafka.text.v2+json";
    private static final String DIALECT = "application/vnd.kafka.v2+json";

    private final List<URI> servers;
    private final Duration patience;
    private final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(1)).build();
    private int current;

    /** @param first where to begin, any number */
    AnyServer(List<URI> servers, int first, Duration patience) {
        this.servers = List.copyOf(servers);
        this.current = Math.floorMod(first, servers.size());
        this.patience = patience;
    }

    /**
     * @param body null: none
     * @return null when there is no answer of the application: whether anything was done is not known
     */
    HttpResponse<String> ask(String method, String path, Map<String, String> headers, String body) throws InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(servers.get(current).resolve(path)).timeout(patience)
                .header("Accept", path.contains("/records") ? TEXT : DIALECT)
                .method(method, body == null ? BodyPublishers.noBody() : BodyPublishers.ofString(body));
        if (body != null) {
            request.header("Content-Type", path.startsWith("/topics/") ? TEXT : DIALECT);
        }
        headers.forEach(request::header);
        try {
            HttpResponse<String> answer = client.send(request.build(), BodyHandlers.ofString());
            if (isOfTheApplication(answer)) {
                return answer;
            }
        } catch (IOException unreachable) {
            // the next one is asked from now on
        }
        turnAway();
        return null;
    }

    /** The next request goes to another server. */
    void turnAway() {
        current = (current + 1) % servers.size();
    }

    /** While it starts, the application server answers 404 with a page of its own. */
    private static boolean isOfTheApplication(HttpResponse<String> answer) {
        return answer.statusCode() != 404
                || answer.headers().firstValue("Content-Type").filter(type -> type.contains("json")).isPresent();
    }
}
