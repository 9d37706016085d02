package io.millrace.rest.cluster;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.List;
import java.util.stream.Stream;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * What only the brokers of a cluster know, and the keys that are made of it: one for what one run of a broker asks one run of another.
 * While the secret is changed a second one is believed as well. Shows itself to nobody. Immutable.
 */
public final class ClusterSecret {
    /** A server alone has none, and nobody's requests are good. */
    public static final ClusterSecret NONE = new ClusterSecret(null, null);

    private static final String ALGORITHM = "HmacSHA256";

    /** The one that signs first. */
    private final List<SecretKeySpec> secrets;

    /**
     * @param secret   signs, and is believed; null or empty: there is none
     * @param accepted is believed too, or null or empty
     */
    public ClusterSecret(String secret, String accepted) {
        boolean none = secret == null || secret.isEmpty();
        secrets = none ? List.of() : Stream.of(secret, accepted == null || accepted.isEmpty() ? secret : accepted).distinct()
                .map(text -> new SecretKeySpec(text.getBytes(StandardCharsets.UTF_8), ALGORITHM)).toList();
    }

    /**
     * The keys of one direction between two runs, the one that signs first; none without a secret. They are ready to be cloned: a clone
     * costs a fraction of looking the algorithm up and setting the key.
     */
    List<Mac> keys(BrokerRun sender, int receiver, String receiverSession) {
        byte[] between = new CanonicalText("millrace-session").number(sender.brokerId()).text(sender.session())
                .number(sender.startedMs()).number(receiver).text(receiverSession).bytes();
        return secrets.stream().map(secret -> keyed(new SecretKeySpec(keyed(secret).doFinal(between), ALGORITHM))).toList();
    }

    private static Mac keyed(SecretKeySpec key) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(key);
            return mac;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java lacks " + ALGORITHM, e);
        }
    }

    @Override
    public String toString() {
        return secrets.isEmpty() ? "ClusterSecret[none]" : "ClusterSecret[set]";
    }
}
