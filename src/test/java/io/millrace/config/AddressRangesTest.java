package io.millrace.config;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which addresses are in which ranges. */
class AddressRangesTest {
    @ParameterizedTest
    @CsvSource({"127.9.9.9,true", "128.0.0.1,false", "::1,true", "0:0:0:0:0:0:0:1,true", "::2,false", "10.1.2.129,true", "10.1.2.127,false",
        "fe80::1%eth0,true", "fe80:1::1,false", "::ffff:127.0.0.1,true", "localhost,false", "'',false"})
    void anAddressIsInARangeBitByBit(String address, boolean inside) {
        assertThat(AddressRanges.of(AddressRanges.LOOPBACK + ", 10.1.2.128/25,fe80::/64").contains(address)).isEqualTo(inside);
    }

    @ParameterizedTest
    @ValueSource(strings = {"localhost", "10.0.0", "10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0.0/x", "10.0.0.0/-1", "1.2.3.400", "g::"})
    void whatIsNoRangeIsNotTaken(String text) {
        assertThat(AddressRanges.isValid(text)).isFalse();
        assertThat(HttpSettings.TRUSTED_PROXIES.type().accepts(text)).isFalse();
    }

    @Test
    void originsHostsAndMethodsAreChecked() {
        assertThat(HttpSettings.CORS_ORIGINS.type().accepts("https://a.b:81,http://[::1]")).isTrue();
        assertThat(HttpSettings.CORS_ORIGINS.type().accepts("*")).isTrue();
        assertThat(HttpSettings.CORS_ORIGINS.type().accepts("https://a/")).isFalse();
        assertThat(HttpSettings.CORS_METHODS.type().accepts("GET, POST")).isTrue();
        assertThat(HttpSettings.CORS_METHODS.type().accepts("get")).isFalse();
        assertThat(HttpSettings.HOSTS.type().accepts("a.example,b")).isTrue();
        assertThat(HttpSettings.HOSTS.type().accepts("a:80")).isFalse();
    }
}
