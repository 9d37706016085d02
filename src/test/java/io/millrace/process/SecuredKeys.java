package io.millrace.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Signature;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** Keys as {@code deploy/secured/keys.sh} makes them, and the credentials that come of them. */
public final class SecuredKeys {
    private static final int PATIENCE_MINUTES = 5;

    private final Path folder;
    private final String password = UUID.randomUUID().toString();

    /** @param names of certificates, as the script takes them */
    public SecuredKeys(String... names) {
        try {
            folder = Files.createTempDirectory("millrace-keys-");
            List<String> command = new ArrayList<>(List.of(
                    Path.of(System.getProperty("basedir", ""), "deploy/secured/keys.sh").toAbsolutePath().toString(), folder.toString()));
            command.addAll(List.of(names));
            ProcessBuilder builder = new ProcessBuilder(command).inheritIO();
            builder.environment().put("SECURED_KEYS_PASSWORD", password);
            Process process = builder.start();
            assertThat(process.waitFor(PATIENCE_MINUTES, TimeUnit.MINUTES)).isTrue();
            assertThat(process.exitValue()).isZero();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        }
    }

    public Path folder() {
        return folder;
    }

    public String password() {
        return password;
    }

    /** @param name whose certificate is shown; null: none is */
    public SSLContext context(String name) throws GeneralSecurityException, IOException {
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store("trust"));
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        if (name != null) {
            keys.init(store(name), password.toCharArray());
        }
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(name == null ? null : keys.getKeyManagers(), trust.getTrustManagers(), null);
        return context;
    }

    /**
     * A bearer token.
     *
     * @param signer whose key signs it: {@code tokens} is believed
     */
    public String token(String signer, String issuer, String user, String group, Instant expires) throws GeneralSecurityException, IOException {
        KeyStore store = store(signer);
        String alias = store.aliases().nextElement();
        String claims = """
                {"iss":"%s","aud":"millrace","sub":"%s","upn":"%s","groups":["%s"],"iat":%d,"exp":%d,"jti":"%s"}"""
                .formatted(issuer, user, user, group, Instant.now().getEpochSecond() - 5, expires.getEpochSecond(), UUID.randomUUID());
        String content = encode("{\"alg\":\"RS256\",\"typ\":\"JWT\"}".getBytes(StandardCharsets.UTF_8)) + "."
                + encode(claims.getBytes(StandardCharsets.UTF_8));
        Signature signature = Signature.getInstance("SHA256withRSA");
        signature.initSign((PrivateKey) store.getKey(alias, password.toCharArray()));
        signature.update(content.getBytes(StandardCharsets.US_ASCII));
        return content + "." + encode(signature.sign());
    }

    private static String encode(byte[] bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    private KeyStore store(String name) throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(folder.resolve(name + ".p12"))) {
            store.load(in, password.toCharArray());
        }
        return store;
    }
}
