package io.millrace.rest.internal;

import io.millrace.agreement.Member;
import io.millrace.rest.cluster.BrokerTls;
import io.millrace.rest.dialect.ErrorStatus;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.HttpURLConnection;
import java.net.Proxy;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;

/**
 * Asks other brokers with the caller's thread, which waits for the answer. For answers of megabytes: the JDK's client
 * without such threads puts bodies together from pieces of 16 KiB and takes about five times the CPU for each MiB.
 * Thread-safe.
 */
final class WaitingExchange implements AutoCloseable {
    private static final int CONNECT_TIMEOUT_MS = 2_000;

    private final Set<HttpURLConnection> underWay = ConcurrentHashMap.newKeySet();
    private final BrokerTls tls;
    private volatile boolean closed;
    /** Guarded by this; null until it is needed. */
    private Secured secured;

    private record Secured(SSLContext context, SSLSocketFactory sockets) {
    }

    /** @param tls for brokers whose URL says https */
    WaitingExchange(BrokerTls tls) {
        this.tls = tls;
    }

    /**
     * @param timeoutMs how long the request may take to go out, and how long the other one may keep silent
     * @throws SocketTimeoutException when that was over, after the connection stood
     * @throws IOException            when it cannot be reached, the connection broke, or this is closed
     */
    BrokerAnswer post(Member to, String path, Map<String, String> headers, ByteBuffer body, int timeoutMs) throws IOException {
        HttpURLConnection connection = (HttpURLConnection) URI.create(to.url() + path).toURL().openConnection(Proxy.NO_PROXY);
        if (connection instanceof HttpsURLConnection secured) {
            secure(secured);
        }
        connection.setConnectTimeout(CONNECT_TIMEOUT_MS);
        connection.setReadTimeout(timeoutMs);
        connection.setInstanceFollowRedirects(false);
        connection.setUseCaches(false);
        connection.setRequestMethod("POST");
        connection.setDoOutput(true); // not streamed: before each of those the JDK waits a millisecond for the end of the connection
        connection.setRequestProperty("Accept", "*/*");
        headers.forEach(connection::setRequestProperty);
        underWay.add(connection);
        // The JDK's own timeout is that of a read. A request that the other one's system takes no more of would wait for ever.
        CompletableFuture<Void> sent = new CompletableFuture<Void>().orTimeout(CONNECT_TIMEOUT_MS + timeoutMs,
                TimeUnit.MILLISECONDS);
        sent.whenComplete((done, late) -> {
            if (late != null) {
                connection.disconnect();
            }
        });
        boolean whole = false;
        try {
            BrokerAnswer answer = exchange(to, connection, body, sent);
            whole = true;
            return answer;
        } catch (RuntimeException torn) {
            if (closed || sent.isCompletedExceptionally()) { // the JDK stumbles over what is gone from under it
                throw new IOException("the connection was given up", torn);
            }
            throw torn;
        } finally {
            underWay.remove(connection);
            sent.complete(null);
            if (!whole) {
                connection.disconnect();
            }
        }
    }

    /** As the JDK's other client does it: a container may have set defaults that do not look at the name of the host. */
    private void secure(HttpsURLConnection connection) throws IOException {
        connection.setSSLSocketFactory(sockets());
        connection.setHostnameVerifier((host, session) -> false); // asked where the certificate names another host
    }

    /** The same one for the same keys: connections are kept by it, and those that were made with other keys end unused. */
    private synchronized SSLSocketFactory sockets() throws IOException {
        SSLContext now = tls.context();
        if (secured == null || secured.context() != now) {
            secured = new Secured(now, now.getSocketFactory());
        }
        return secured.sockets();
    }

    private BrokerAnswer exchange(Member to, HttpURLConnection connection, ByteBuffer body, CompletableFuture<Void> sent)
            throws IOException {
        connect(connection);
        if (closed) { // looked at when there is something to disconnect
            throw new IOException("this server stops");
        }
        try (OutputStream out = connection.getOutputStream()) {
            out.write(body.array(), body.arrayOffset() + body.position(), body.remaining());
        }
        // This writes the request, and reads the head of the answer.
        int status = connection.getResponseCode();
        sent.complete(null);
        try (InputStream in = status < HttpURLConnection.HTTP_BAD_REQUEST ? connection.getInputStream()
                : connection.getErrorStream()) {
            return new BrokerAnswer(to, status, connection.getHeaderField(ErrorStatus.KIND_HEADER),
                    in == null ? new byte[0] : read(in, connection.getContentLength()));
        }
    }

    private static void connect(HttpURLConnection connection) throws IOException {
        try {
            connection.connect();
        } catch (SocketTimeoutException e) {
            ConnectException unreachable = new ConnectException(e.getMessage());
            unreachable.initCause(e);
            throw unreachable;
        }
    }

    /** @param length -1 when it was not told */
    private static byte[] read(InputStream in, int length) throws IOException {
        if (length < 0) {
            return in.readAllBytes();
        }
        byte[] bytes = new byte[length];
        int read = in.readNBytes(bytes, 0, length);
        if (read < length) {
            throw new EOFException("the answer ended after " + read + " of " + length + " bytes");
        }
        return bytes;
    }

    /** Ends what is under way: it fails. */
    @Override
    public void close() {
        closed = true;
        underWay.forEach(HttpURLConnection::disconnect);
    }
}
