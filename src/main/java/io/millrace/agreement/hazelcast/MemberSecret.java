package io.millrace.agreement.hazelcast;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** Shows that one knows the cluster's secret, without telling it. */
final class MemberSecret {
    private static final String ALGORITHM = "HmacSHA256";
    private static final int PROOF_BYTES = 8;

    private MemberSecret() {
    }

    /** 16 hexadecimal digits that only who knows the secret can find. */
    static String proof(String secret, String name) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), ALGORITHM));
            return HexFormat.of().formatHex(mac.doFinal(name.getBytes(StandardCharsets.UTF_8)), 0, PROOF_BYTES);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java runtime lacks " + ALGORITHM, e);
        }
    }
}
