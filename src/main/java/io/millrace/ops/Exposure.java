package io.millrace.ops;

import io.millrace.config.InvalidSettingsException;
import io.millrace.config.Settings;
import io.millrace.rest.cluster.BrokerTls;
import java.io.IOException;
import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/** Whether others than the users of this machine reach the server; no name is looked up, so one that is unknown counts as elsewhere. */
final class Exposure {
    private static final Pattern LOOPBACK = Pattern.compile("localhost|127(\\.\\d{1,3}){3}|\\[?::1]?");

    private Exposure() {
    }

    /** @throws IllegalArgumentException when the server is reached from elsewhere and nothing says whether callers are to be known */
    static void requireChoice(Settings settings) {
        String url = settings.text(Settings.HTTP_URL);
        List<String> elsewhere = List.of(settings.text(Settings.HTTP_HOST), url.isEmpty() ? "localhost" : host(url)).stream()
                .filter(host -> !isLoopback(host)).toList();
        if (!elsewhere.isEmpty() && settings.text(Settings.SECURITY).isEmpty()) {
            throw new IllegalArgumentException("the server would be reached from other machines (" + Settings.HTTP_HOST.name() + " or "
                    + Settings.HTTP_URL.name() + " is " + elsewhere.get(0) + "), and nothing says who may: set "
                    + Settings.SECURITY.name() + " (" + Settings.SECURITY.environmentName() + ") to on, with a server that"
                    + " authenticates callers as docs/security.md shows, or write out off where everybody who reaches the port may do"
                    + " everything");
        }
    }

    /** @throws InvalidSettingsException when this server belongs to a cluster, is reached by TLS, and cannot speak it to the others */
    static void requireTls(Settings settings, BrokerTls tls) {
        String members = settings.text(Settings.CLUSTER_MEMBERS) + settings.text(Settings.CLUSTER_KUBERNETES_DNS);
        if (members.isEmpty() || !settings.text(Settings.HTTP_URL).toLowerCase(Locale.ROOT).startsWith("https:")) {
            return;
        }
        try {
            tls.context();
        } catch (IOException none) {
            throw new InvalidSettingsException(List.of(("%s (%s) begins with https, so the servers of the cluster need TLS between"
                    + " them, but %s").formatted(Settings.HTTP_URL.name(), Settings.HTTP_URL.environmentName(), none.getMessage())));
        }
    }

    private static boolean isLoopback(String host) {
        return LOOPBACK.matcher(host.toLowerCase(Locale.ROOT)).matches();
    }

    private static String host(String url) {
        String host = URI.create(url).getHost();
        return host == null ? url : host;
    }
}
