package io.millrace.process;

import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;

/**
 * Lets the system property {@code millrace.url} name a running server. One server process serves all test classes that
 * ask for it, from the first of them to the end of the run; when the property is set from outside, that server is used.
 */
public final class RunningServer implements BeforeAllCallback {
    private static final String PROPERTY = "millrace.url";

    @Override
    public void beforeAll(ExtensionContext context) {
        if (System.getProperty(PROPERTY) == null) {
            context.getRoot().getStore(Namespace.create(RunningServer.class))
                    .computeIfAbsent(LocalServers.class, key -> start(), LocalServers.class);
        }
    }

    private static LocalServers start() {
        LocalServers servers = new LocalServers("shared");
        servers.start();
        System.setProperty(PROPERTY, servers.url(1).toString());
        return servers;
    }
}
