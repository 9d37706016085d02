package io.millrace.rest.routing;

import io.millrace.rest.cluster.BrokerSignatures;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.concurrent.Executor;

/**
 * What requests to other brokers are made with.
 *
 * @param signatures sign what is passed on
 * @param client     see {@link #client(Executor)}
 * @param waits      those that wait for another broker's answer
 */
public record Peers(BrokerSignatures signatures, HttpClient client, RelayedWaits waits) {
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(2);

    /** A client for brokers, which are reached directly. */
    public static HttpClient client(Executor executor) {
        return HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).executor(executor)
                .connectTimeout(CONNECT_TIMEOUT).proxy(HttpClient.Builder.NO_PROXY)
                .followRedirects(HttpClient.Redirect.NEVER).build();
    }
}
