package io.millrace.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.security.GeneralSecurityException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Test;

class LibertyTlsTest {
    private final AtomicLong now = new AtomicLong();
    /** Null: what the server has cannot be used. */
    private SSLContext configured = context();
    private int asked;
    private final LibertyTls tls = new LibertyTls(this::ask, now::get);

    private SSLContext ask() throws IOException {
        asked++;
        if (configured == null) {
            throw new IOException("half a file");
        }
        return configured;
    }

    private static SSLContext context() {
        try {
            return SSLContext.getInstance("TLS");
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    private void pass(long milliseconds) {
        now.addAndGet(TimeUnit.MILLISECONDS.toNanos(milliseconds));
    }

    @Test
    void newKeysAreUsedWithinASecondAndTheServerIsAskedNoMoreOften() throws IOException {
        SSLContext first = tls.context();
        configured = context();
        pass(999);
        assertThat(tls.context()).isSameAs(first);
        assertThat(asked).isEqualTo(1);
        pass(1);
        assertThat(tls.context()).isSameAs(configured).isNotSameAs(first);
    }

    @Test
    void keysThatCannotBeReadAgainLeaveThoseFromBeforeInUse() throws IOException {
        SSLContext first = tls.context();
        configured = null;
        pass(1_000);
        assertThat(tls.context()).isSameAs(first);
        pass(1_000);
        assertThat(tls.context()).isSameAs(first);
        configured = context();
        pass(1_000);
        assertThat(tls.context()).isSameAs(configured);
    }

    @Test
    void withoutAnyKeysThereIsNoTlsUntilThereAreSome() throws IOException {
        configured = null;
        assertThatThrownBy(tls::context).isInstanceOf(IOException.class);
        configured = context();
        assertThat(tls.context()).isSameAs(configured);
    }

    @Test
    void aServerWithoutTheFeatureSaysWhatToDo() {
        assertThatThrownBy(LibertyTls.of("")::context).isInstanceOf(IOException.class)
                .hasMessageContaining("transportSecurity-1.0").hasMessageContaining("docs/security.md");
    }
}
