package io.millrace.ops;

import io.millrace.config.AddressRanges;
import io.millrace.config.HttpSettings;
import io.millrace.config.Settings;
import io.millrace.rest.origin.Cors;
import io.millrace.rest.origin.KnownHosts;
import io.millrace.rest.origin.OriginRules;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Translates the settings of where requests may come from. */
final class HttpOrigins {
    private static final AddressRanges LOOPBACK = AddressRanges.of(AddressRanges.LOOPBACK);

    private HttpOrigins() {
    }

    static OriginRules of(Settings settings) {
        List<String> listed = HttpSettings.list(settings.text(HttpSettings.HOSTS));
        List<String> names = new ArrayList<>(listed);
        String listens = settings.text(Settings.HTTP_HOST);
        names.add(listens);
        String url = settings.text(Settings.HTTP_URL);
        String own = url.isEmpty() ? null : URI.create(url).getHost();
        if (own != null) {
            names.add(own);
        }
        return new OriginRules(AddressRanges.of(settings.text(HttpSettings.TRUSTED_PROXIES))::contains, LOOPBACK::contains,
                new KnownHosts(names, !listed.isEmpty(), isLoopback(listens)), cors(settings));
    }

    /** A listener of another name hears others as well. */
    private static boolean isLoopback(String host) {
        return host.equalsIgnoreCase("localhost") || LOOPBACK.contains(host.replace("[", "").replace("]", ""));
    }

    private static Cors cors(Settings settings) {
        return settings.text(HttpSettings.CORS_ENABLED).equals("true")
                ? new Cors(Set.copyOf(HttpSettings.list(settings.text(HttpSettings.CORS_ORIGINS))),
                        HttpSettings.list(settings.text(HttpSettings.CORS_METHODS))) : Cors.OFF;
    }
}
