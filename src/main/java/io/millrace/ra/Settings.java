package io.millrace.ra;

import java.net.URI;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;

/**
 * What a connection factory is configured with, and who connects.
 *
 * @param servers            their URLs, without a slash at the end
 * @param resourceManager    1 to 64 characters of A-Z a-z 0-9 . _ -: what the transactional ids begin with
 * @param user               null: nobody is named
 * @param requestTimeout     how long a request may take, with all its attempts
 * @param transactionTimeout after which the servers abort a branch that is not prepared, unless the transaction manager says another one
 */
record Settings(List<URI> servers, String resourceManager, String user, String password, Duration requestTimeout,
                Duration transactionTimeout) {
    /** @throws IllegalArgumentException when something cannot be used; the message says what is expected */
    Settings {
        if (servers.isEmpty()) {
            throw new IllegalArgumentException("servers: name at least one, such as http://localhost:9080");
        } else if (!resourceManager.matches("[A-Za-z0-9._-]{1,64}")) {
            throw new IllegalArgumentException("resourceManager: 1 to 64 characters of A-Z a-z 0-9 . _ - are expected, and it is '"
                    + resourceManager + "'");
        } else if (requestTimeout.toSeconds() < 1 || transactionTimeout.toSeconds() < 1) {
            throw new IllegalArgumentException("requestTimeoutSeconds and transactionTimeoutSeconds: at least 1 is expected");
        }
    }

    /** @param list of URLs, separated by commas or blanks */
    static List<URI> servers(String list) {
        return Arrays.stream(list.trim().split("[,\\s]+")).filter(each -> !each.isEmpty()).map(Settings::server).toList();
    }

    private static URI server(String text) {
        URI url = URI.create(text.replaceAll("/+$", ""));
        if (url.getHost() == null || !List.of("http", "https").contains(String.valueOf(url.getScheme()))) {
            throw new IllegalArgumentException("servers: URLs such as http://localhost:9080 are expected, and one is '" + text + "'");
        }
        return url;
    }

    /** Without the password. */
    @Override
    public String toString() {
        return "%s as %s at %s".formatted(resourceManager, user == null ? "nobody" : user, servers);
    }
}
