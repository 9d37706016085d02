package io.millrace.rest.routing;

import io.millrace.rest.cluster.BrokerTls;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import javax.net.ssl.SSLContext;

/**
 * Asks other brokers, which are reached directly. A client of the JDK keeps the keys that it began with: when there are others, the
 * thread of the next request makes a new one, and the one before ends with its connections, when its last exchange has. So there is
 * one, and those before it for no longer than a request may take. Thread-safe.
 */
public final class BrokerClient {
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(2);

    private final Executor executor;
    private final BrokerTls tls;
    private final HttpClient plain;
    /** Guarded by this; null until it is needed. */
    private Secured secured;

    private record Secured(SSLContext context, HttpClient client) {
    }

    /**
     * @param executor for the clients' work
     * @param tls      of brokers whose URL says https
     */
    public BrokerClient(Executor executor, BrokerTls tls) {
        this.executor = executor;
        this.tls = tls;
        this.plain = builder().build();
    }

    /**
     * As {@link HttpClient#sendAsync(HttpRequest, BodyHandler)} does.
     *
     * @return fails with an {@link IOException} also when this broker has no TLS
     */
    public <T> CompletableFuture<HttpResponse<T>> send(HttpRequest request, BodyHandler<T> answers) {
        HttpClient client;
        try {
            client = isSecured(request.uri().toString()) ? secured() : plain;
        } catch (IOException withoutTls) {
            return CompletableFuture.failedFuture(withoutTls);
        }
        return client.sendAsync(request, answers);
    }

    static boolean isSecured(String url) {
        return url.regionMatches(true, 0, "https:", 0, "https:".length());
    }

    private synchronized HttpClient secured() throws IOException {
        SSLContext now = tls.context();
        if (secured == null || secured.context() != now) {
            secured = new Secured(now, builder().sslContext(now).build());
        }
        return secured.client();
    }

    private HttpClient.Builder builder() {
        return HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).executor(executor)
                .connectTimeout(CONNECT_TIMEOUT).proxy(HttpClient.Builder.NO_PROXY)
                .followRedirects(HttpClient.Redirect.NEVER);
    }
}
