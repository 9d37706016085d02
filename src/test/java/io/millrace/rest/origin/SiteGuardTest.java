package io.millrace.rest.origin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.millrace.rest.dialect.RequestException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which requests of browsers are let in, and which names this server is called by. */
class SiteGuardTest {
    private static final Origin OWN = new Origin("https", "mill", 443, null);
    private static final Cors SHOP = new Cors(Set.of("https://shop.example"), List.of("GET", "POST"));

    private static int check(Cors cors, String method, String path, String... headers) {
        Map<String, String> all = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        all.put("Host", "mill:9080");
        for (int i = 0; i < headers.length; i += 2) {
            all.put(headers[i], headers[i + 1]);
        }
        RequestException refused = catchThrowableOfType(RequestException.class,
                () -> new SiteGuard(cors).check(method, path, OWN, all.containsKey("known"), all::get));
        return refused == null ? 0 : refused.status();
    }

    @ParameterizedTest
    @ValueSource(strings = {"https://evil", "null", "https://mill:9081", "https://mill.evil", "http://mill", "mill"})
    void anActOfAnotherSiteIsRefused(String origin) {
        for (String method : List.of("POST", "PUT", "DELETE", "PATCH", "BREW")) {
            assertThat(check(Cors.OFF, method, "/admin/brokers/1/drain", "Origin", origin)).isEqualTo(403);
        }
        assertThat(check(Cors.OFF, "GET", "/topics", "Origin", origin)).isZero();
        assertThat(check(Cors.OFF, "GET", "/consumers/g/instances/c/records", "Origin", origin)).isEqualTo(403);
    }

    @ParameterizedTest
    @CsvSource({"https://mill", "HTTPS://MILL", "http://mill:9080", "https://mill:9080"})
    void aPageOfOursMayAct(String origin) {
        assertThat(check(Cors.OFF, "POST", "/topics/t", "Origin", origin)).isZero();
    }

    @ParameterizedTest
    @CsvSource({"cross-site,403", "same-site,403", "Cross-Site,403", "x,403", "same-origin,0", "none,0"})
    void whatTheBrowserSaysOfTheSiteCounts(String site, int status) {
        assertThat(check(Cors.OFF, "POST", "/topics/t", "Sec-Fetch-Site", site)).isEqualTo(status);
    }

    @ParameterizedTest
    @ValueSource(strings = {"text/plain", "Text/Plain; charset=UTF-8", "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x"})
    void whatAPlainFormSendsIsNoAct(String type) {
        assertThat(check(Cors.OFF, "POST", "/admin/brokers/1/drain", "Content-Type", type)).isEqualTo(415);
        assertThat(check(Cors.OFF, "GET", "/topics", "Content-Type", type)).isZero();
    }

    @Test
    void clientsThatAreNoBrowsersSayNothingOfIt() {
        assertThat(check(Cors.OFF, "POST", "/admin/brokers/1/drain")).isZero();
        assertThat(check(Cors.OFF, "POST", "/topics/t", "Content-Type", "application/json")).isZero();
        assertThat(check(Cors.OFF, "POST", "/topics/t", "Content-Type", ";")).as("what is no type is refused as that").isZero();
    }

    @Test
    void aSiteThatIsListedMayAct() {
        assertThat(check(SHOP, "POST", "/topics/t", "Origin", "https://shop.example", "Sec-Fetch-Site", "cross-site")).isZero();
        assertThat(check(SHOP, "POST", "/topics/t", "Origin", "https://shop.example.evil", "Sec-Fetch-Site", "cross-site"))
                .isEqualTo(403);
    }

    @Test
    void whatIsSharedWithAnySiteIsSoWithoutCredentialsAndByTheMethodsThatAreListed() {
        Cors any = new Cors(Set.of("*"), List.of("GET", "POST"));
        assertThat(check(any, "POST", "/admin/brokers/1/drain", "Origin", "https://evil")).isZero();
        for (String credential : List.of("Authorization", "Cookie", "known")) {
            assertThat(check(any, "POST", "/admin/brokers/1/drain", "Origin", "https://evil", credential, "x")).as(credential).isEqualTo(403);
            assertThat(check(SHOP, "POST", "/topics/t", "Origin", "https://shop.example", credential, "x")).as(credential).isZero();
        }
        assertThat(check(any, "DELETE", "/admin/topics/t", "Origin", "https://evil")).isEqualTo(403);
        assertThat(check(SHOP, "DELETE", "/admin/topics/t", "Origin", "https://shop.example")).isEqualTo(403);
    }

    @Test
    void credentialsAreForListedSitesOnly() {
        assertThat(SHOP.headers("https://shop.example")).containsEntry("Access-Control-Allow-Origin", "https://shop.example")
                .containsEntry("Access-Control-Allow-Credentials", "true").containsEntry("Vary", "Origin");
        assertThat(SHOP.headers("https://evil")).containsOnlyKeys("Vary");
        assertThat(SHOP.headers(null)).containsOnlyKeys("Vary");
        assertThat(Cors.OFF.headers("https://evil")).isEmpty();
        assertThat(new Cors(Set.of("*"), List.of("GET")).headers("https://any")).containsEntry("Access-Control-Allow-Origin", "*")
                .doesNotContainKey("Access-Control-Allow-Credentials");
    }

    @Test
    void aPreflightIsToldWhatMayFollow() {
        assertThat(SHOP.preflight("https://shop.example", "POST", "content-type, x-a")).containsEntry("Access-Control-Allow-Methods",
                "GET, POST").containsEntry("Access-Control-Allow-Headers", "content-type, x-a");
        assertThat(SHOP.preflight("https://shop.example", "GET", "a\u0001")).doesNotContainKey("Access-Control-Allow-Headers");
        assertThat(catchThrowableOfType(RequestException.class, () -> SHOP.preflight("https://evil", "POST", null)).status()).isEqualTo(403);
        assertThat(catchThrowableOfType(RequestException.class, () -> SHOP.preflight("https://shop.example", "DELETE", null)).status())
                .isEqualTo(403);
    }

    @Test
    void aNameThatWasMadeToLeadHereIsNotOurs() {
        KnownHosts local = new KnownHosts(List.of("mill"), false, true);
        for (String host : List.of("localhost", "LOCALHOST.", "a.localhost", "127.0.0.1", "10.1.2.3", "[::1]", "Mill")) {
            assertThatCode(() -> local.require(host, true)).doesNotThrowAnyException();
        }
        for (String host : List.of("evil.example", "localhost.evil", "127.0.0.1.evil", "mill.evil")) {
            assertThat(catchThrowableOfType(RequestException.class, () -> local.require(host, true)).status()).isEqualTo(421);
            assertThatCode(() -> local.require(host, false)).doesNotThrowAnyException();
            assertThatCode(() -> new KnownHosts(List.of("mill"), false, false).require(host, true)).doesNotThrowAnyException();
            assertThat(catchThrowableOfType(RequestException.class, () -> new KnownHosts(List.of("mill"), true, false)
                    .require(host, false)).status()).isEqualTo(421);
        }
    }
}
