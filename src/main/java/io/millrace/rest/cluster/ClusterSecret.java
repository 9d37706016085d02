package io.millrace.rest.cluster;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Clock;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * What only the brokers of a cluster know. It signs a request's method, path, time and sender. A signature does not
 * expire, because brokers' clocks may be wrong, and replication must not stop for that: whoever can read the traffic,
 * and so could repeat a request, has seen its answer already. Shows itself to nobody. Thread-safe.
 */
public final class ClusterSecret {
    public static final String AUTHORIZATION = "Authorization";
    public static final String DATE = "Millrace-Date";
    public static final String BROKER = "Millrace-Broker";
    public static final String SCHEME = "Millrace";

    private static final String ALGORITHM = "HmacSHA256";

    private final SecretKeySpec key;
    private final Clock clock;

    /** @param secret null or empty: this server is alone, and nobody's requests are good */
    public ClusterSecret(String secret, Clock clock) {
        this.key = secret == null || secret.isEmpty() ? null
                : new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), ALGORITHM);
        this.clock = clock;
    }

    /** A request's signature. */
    public record Signature(String authorization, long dateMs, int brokerId) {
        @Override
        public String toString() {
            return "Signature[brokerId=" + brokerId + "]";
        }
    }

    /** @throws IllegalStateException when there is no secret */
    public Signature sign(String method, String path, int brokerId) {
        if (key == null) {
            throw new IllegalStateException("no cluster secret is configured");
        }
        long now = clock.millis();
        return new Signature(SCHEME + " " + HexFormat.of().formatHex(code(method, path, now, brokerId)), now, brokerId);
    }

    /** Whether a broker of this cluster made this request. The three last are headers' values. */
    public boolean accepts(String method, String path, String authorization, String date, String broker) {
        if (key == null || date == null || broker == null || !authorization.startsWith(SCHEME + " ")) {
            return false;
        }
        try {
            long dateMs = Long.parseLong(date);
            byte[] claimed = HexFormat.of().parseHex(authorization.substring(SCHEME.length() + 1));
            return MessageDigest.isEqual(code(method, path, dateMs, Integer.parseInt(broker)), claimed);
        } catch (IllegalArgumentException e) {
            // no number, or no hexadecimal digits
            return false;
        }
    }

    private byte[] code(String method, String path, long dateMs, int brokerId) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(key);
            return mac.doFinal((method + ' ' + path + ' ' + dateMs + ' ' + brokerId).getBytes(StandardCharsets.UTF_8));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java lacks " + ALGORITHM, e);
        }
    }

    @Override
    public String toString() {
        return key == null ? "ClusterSecret[none]" : "ClusterSecret[set]";
    }
}
