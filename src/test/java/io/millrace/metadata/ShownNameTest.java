package io.millrace.metadata;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.log.LogDirectoryOfflineException;
import org.junit.jupiter.api.Test;

/** What of names and paths logs and clients see. */
class ShownNameTest {
    @Test
    void aNameCannotForgeWhatStandsBesideIt() {
        assertThat(ShownName.of("gr\u00fcn \u05d0 \\u-1")).isEqualTo("gr\u00fcn \u05d0 \\u-1");
        assertThat(ShownName.of("a\nb\u001b[2J\u202ec\u2028\u2066\u200fd\u0085")).isEqualTo(
                "a\\u000ab\\u001b[2J\\u202ec\\u2028\\u2066\\u200fd\\u0085");
        assertThat(ShownName.of("\ud83d\ude00")).isEqualTo("\ud83d\ude00");
        assertThat(ShownName.of(null)).isEqualTo("null");
    }

    @Test
    void clientsAreNotToldWhereFilesLie() {
        RuntimeException told = BrokerErrors.translate(new LogDirectoryOfflineException("the log directory /var/mill/data is offline"
                + " after an error (java.io.IOException: /var/mill/data/t-0/00.log: No space left on device): see a/b or /", null));

        assertThat(told).isInstanceOf(BrokerException.class).hasMessage("the log directory data is offline after an error"
                + " (java.io.IOException: 00.log: No space left on device): see a/b or /");
    }
}
