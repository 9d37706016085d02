package io.millrace.rest.cluster;

import java.io.IOException;
import javax.net.ssl.SSLContext;

/** For tests in which brokers' URLs begin with http. */
public final class WithoutTls implements BrokerTls {
    @Override
    public SSLContext context() throws IOException {
        throw new IOException("there is no TLS in this test");
    }
}
