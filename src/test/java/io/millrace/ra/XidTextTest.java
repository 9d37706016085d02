package io.millrace.ra;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import javax.transaction.xa.Xid;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class XidTextTest {
    @Test
    void everyXidIsFoundAgainInItsText() {
        Random random = new Random(7);
        for (int i = 0; i < 1_000; i++) {
            Xid xid = new TestXid(i == 0 ? -1 : random.nextInt(), bytes(random), bytes(random));
            XidText text = XidText.of(xid);
            assertThat(text.text()).matches("[\\w.-]{1,183}");
            Xid read = text.xid().orElseThrow();
            assertThat(read.getFormatId()).isEqualTo(xid.getFormatId());
            assertThat(read.getGlobalTransactionId()).isEqualTo(xid.getGlobalTransactionId());
            assertThat(read.getBranchQualifier()).isEqualTo(xid.getBranchQualifier());
            assertThat(XidText.of(read)).isEqualTo(text);
        }
    }

    private static byte[] bytes(Random random) {
        byte[] bytes = new byte[random.nextInt(65)];
        random.nextBytes(bytes);
        return bytes;
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "1.YQ", "1.YQ.Yg.", "x.YQ.Yg", "1.Y.Yg", "1.YQ.Y+", "123456789.YQ.Yg"})
    void whatIsNoXidIsSomebodyElses(String text) {
        assertThat(new XidText(text).xid()).isEmpty();
    }
}
