package io.millrace.ops;

import io.millrace.config.Settings;
import io.millrace.rest.cluster.BrokerTls;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import javax.net.ssl.SSLContext;

/**
 * The keys and certificates of an {@code ssl} element of Open Liberty, as the server has them now: it reads renewed files by itself,
 * and makes another context of them. It is asked at most once a second, by the thread of the request that comes next. Its class is
 * found by name, because a server without the feature transportSecurity has none. Thread-safe.
 */
final class LibertyTls implements BrokerTls {
    private static final System.Logger LOG = System.getLogger(LibertyTls.class.getName());
    private static final String HELPER = "com.ibm.websphere.ssl.JSSEHelper";
    private static final String LISTENER = "com.ibm.websphere.ssl.SSLConfigChangeListener";
    private static final Map<String, Object> OUTBOUND = Map.of("com.ibm.ssl.direction", "outbound");
    private static final long ASK_AGAIN_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final Source source;
    private final LongSupplier nanoTime;
    /** These three are guarded by this. */
    private SSLContext current;
    private long askedAt;
    private boolean isStale;

    /** Where contexts come from. */
    @FunctionalInterface
    interface Source {
        /** @throws IOException with a message that says what to do */
        SSLContext ask() throws IOException;
    }

    LibertyTls(Source source, LongSupplier nanoTime) {
        this.source = source;
        this.nanoTime = nanoTime;
    }

    /** @param ssl the element's id; empty: the one for outgoing connections */
    static LibertyTls of(String ssl) {
        return new LibertyTls(source(ssl), System::nanoTime);
    }

    private static Source source(String ssl) {
        ClassLoader loader = LibertyTls.class.getClassLoader();
        try {
            Class<?> type = Class.forName(HELPER, true, loader);
            Object helper = type.getMethod("getInstance").invoke(null);
            Method context = type.getMethod("getSSLContext", String.class, Map.class, Class.forName(LISTENER, true, loader),
                    boolean.class);
            boolean named = !ssl.isEmpty();
            return () -> contextOf(context, helper, named ? ssl : null, !named);
        } catch (ReflectiveOperationException | LinkageError missing) {
            return () -> {
                throw new IOException("this server has no TLS of which it could show certificates to other brokers: give it the feature"
                        + " transportSecurity-1.0 and a key store (docs/security.md)", missing);
            };
        }
    }

    private static SSLContext contextOf(Method method, Object helper, String ssl, boolean otherwiseDefault) throws IOException {
        try {
            if (method.invoke(helper, ssl, new HashMap<>(OUTBOUND), null, otherwiseDefault) instanceof SSLContext context) {
                return context;
            }
            throw unusable(ssl, null);
        } catch (InvocationTargetException e) {
            throw unusable(ssl, e.getCause());
        } catch (IllegalAccessException e) {
            throw unusable(ssl, e);
        }
    }

    private static IOException unusable(String ssl, Throwable cause) {
        return new IOException("the server's configuration has no usable " + (ssl == null ? "ssl element for outgoing connections"
                : "ssl element '" + ssl + "', which " + Settings.CLUSTER_SSL.name() + " names") + ": give it one with a key store and a"
                + " trust store (docs/security.md)" + (cause == null ? "" : "; the server says: " + cause.getMessage()), cause);
    }

    @Override
    public synchronized SSLContext context() throws IOException {
        long now = nanoTime.getAsLong();
        if (current == null) {
            current = source.ask();
            askedAt = now;
        } else if (now - askedAt >= ASK_AGAIN_NANOS) {
            askedAt = now;
            renew();
        }
        return current;
    }

    /** A file that cannot be read just now ends nothing: what there was is good for as long as the others believe it. */
    private void renew() {
        try {
            current = source.ask();
            isStale = false;
        } catch (IOException unusable) {
            if (!isStale) {
                LOG.log(Level.WARNING, "the keys for other brokers cannot be read again, so those from before are used", unusable);
            }
            isStale = true;
        }
    }
}
