package io.millrace.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
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
    private final String password;

    /** @param names of certificates, as the script takes them */
    public SecuredKeys(String... names) {
        this(UUID.randomUUID().toString(), names);
    }

    private SecuredKeys(String password, String... names) {
        this.password = password;
        try {
            folder = Files.createTempDirectory("millrace-keys-");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        make(names);
    }

    /** Makes new keys and certificates of the same authority, in the place of those of these names. */
    void make(String... names) {
        try {
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

    /** Keys of another authority, with the same password. */
    SecuredKeys ofAnotherAuthority(String... names) {
        return new SecuredKeys(password, names);
    }

    /** From now on certificates of the other's authority are believed as well. */
    void believeAlso(SecuredKeys other) throws GeneralSecurityException, IOException {
        KeyStore both = store("trust");
        both.setCertificateEntry("another", other.store("trust").getCertificate("ca"));
        Path next = folder.resolve("trust.p12.next");
        try (OutputStream out = Files.newOutputStream(next)) {
            both.store(out, password.toCharArray());
        }
        Files.move(next, folder.resolve("trust.p12"), StandardCopyOption.ATOMIC_MOVE);
    }

    /** Puts a file of the other's in the place of the one of the same name. */
    void take(SecuredKeys other, String name) throws IOException {
        Path next = Files.copy(other.folder.resolve(name + ".p12"), folder.resolve(name + ".p12.next"));
        Files.move(next, folder.resolve(name + ".p12"), StandardCopyOption.ATOMIC_MOVE);
    }

    X509Certificate certificate(String name) throws GeneralSecurityException, IOException {
        return (X509Certificate) store(name).getCertificate("own");
    }

    public Path folder() {
        return folder;
    }

    public String password() {
        return password;
    }

    /** @param name whose certificate is shown; null: none is */
    public SSLContext context(String name) throws GeneralSecurityException, IOException {
        return context(name, this);
    }

    /** @param believed by whose authorities the other side is believed */
    SSLContext context(String name, SecuredKeys believed) throws GeneralSecurityException, IOException {
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(believed.store("trust"));
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
    public String token(String signer, String issuer, String user, String group, Instant expires)
            throws GeneralSecurityException, IOException {
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
