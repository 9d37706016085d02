package io.millrace.rest.cluster;

import java.io.IOException;
import javax.net.ssl.SSLContext;

/** What this broker shows, and whom it believes, when it speaks TLS to others. Thread-safe. */
@FunctionalInterface
public interface BrokerTls {
    /**
     * Cheap enough to be asked before each request.
     *
     * @return the same object until keys or certificates are others
     * @throws IOException when there is none; the message says what to do
     */
    SSLContext context() throws IOException;
}
