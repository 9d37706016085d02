package io.millrace.config;

import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/** The settings of whom the HTTP interface listens to. */
public final class HttpSettings {
    private static final Pattern HOST = Pattern.compile("[A-Za-z0-9._-]+");
    private static final Pattern ORIGIN = Pattern.compile("\\*|https?://(\\[[0-9a-fA-F:.]+]|[A-Za-z0-9._-]+)(:[0-9]{1,5})?");
    private static final List<String> METHODS = List.of("GET", "HEAD", "POST", "PUT", "DELETE");

    public static final Setting TRUSTED_PROXIES = new Setting("millrace.http.trusted.proxies",
            new SettingType.Checked("IP addresses or ranges like 10.0.0.0/8, separated by commas, or nothing", AddressRanges::isValid),
            AddressRanges.LOOPBACK, "Proxies whose `Forwarded` and `X-Forwarded-*` say where a client found this server; those of"
            + " others are not read.");
    public static final Setting HOSTS = new Setting("millrace.http.hosts",
            new SettingType.Checked("host names without a port, separated by commas, or nothing", each(HOST.asMatchPredicate())), "",
            "Names that the header `Host` may have, beside `localhost`, this server's own and any address; nothing: all, but on a"
            + " server that listens on the loopback interface only these.");
    public static final Setting CORS_ENABLED = new Setting("millrace.http.cors.enabled",
            new SettingType.Checked("true or false", value -> value.equals("true") || value.equals("false")), "false",
            "Whether web pages of other sites may use this server.");
    public static final Setting CORS_ORIGINS = new Setting("millrace.http.cors.origins",
            new SettingType.Checked("origins like https://shop.example, separated by commas, or `*`, or nothing",
                    each(ORIGIN.asMatchPredicate())), "",
            "Those sites; `*` is any, but without credentials.");
    public static final Setting CORS_METHODS = new Setting("millrace.http.cors.methods",
            new SettingType.Checked("some of GET, HEAD, POST, PUT and DELETE, separated by commas", each(METHODS::contains)),
            String.join(",", METHODS), "The methods that they may use.");

    /** All of them. */
    public static final List<Setting> ALL = List.of(TRUSTED_PROXIES, HOSTS, CORS_ENABLED, CORS_ORIGINS, CORS_METHODS);

    private HttpSettings() {
    }

    private static Predicate<String> each(Predicate<String> check) {
        return value -> list(value).stream().allMatch(check);
    }

    /** The values of a setting that are separated by commas. */
    public static List<String> list(String value) {
        return Arrays.stream(value.split(",")).map(String::strip).filter(each -> !each.isEmpty()).toList();
    }
}
