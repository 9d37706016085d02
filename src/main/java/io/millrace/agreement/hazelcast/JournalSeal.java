package io.millrace.agreement.hazelcast;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.UUID;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Shows a member that a request to its journal comes from who knows the cluster's secret, as what joins the cluster must. A request that
 * is repeated to the same member does what a late one does, which the journal's rounds are made for. Thread-safe.
 */
public final class JournalSeal {
    private static final String ALGORITHM = "HmacSHA256";
    private static final String PURPOSE = "millrace-journal";

    /** Null: there is no secret, and so nobody who may ask. */
    private final SecretKeySpec key;

    /** @param secret of the cluster; blank: a server alone, whose journal nobody asks */
    public JournalSeal(String secret) {
        key = secret.isBlank() ? null : new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), ALGORITHM);
    }

    /**
     * @param receiver the member that is asked
     * @throws IllegalStateException without a secret
     */
    byte[] of(UUID receiver, String[] request) {
        if (key == null) {
            throw new IllegalStateException("a server without a cluster's secret asks no other");
        }
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(key);
            update(mac, PURPOSE);
            update(mac, receiver.toString());
            for (String each : request) {
                update(mac, each);
            }
            return mac.doFinal();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java runtime lacks " + ALGORITHM, e);
        }
    }

    /** Each text after its length, so that no other request has the same bytes. */
    private static void update(Mac mac, String text) {
        byte[] bytes = text == null ? new byte[0] : text.getBytes(StandardCharsets.UTF_8);
        mac.update(ByteBuffer.allocate(Integer.BYTES).putInt(text == null ? -1 : bytes.length).array());
        mac.update(bytes);
    }

    /** Whether who asks knows the secret, and meant this request for this member. */
    boolean holds(byte[] seal, UUID receiver, String[] request) {
        return key != null && seal != null && MessageDigest.isEqual(seal, of(receiver, request));
    }
}
