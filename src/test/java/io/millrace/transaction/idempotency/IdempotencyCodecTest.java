package io.millrace.transaction.idempotency;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.nio.ByteBuffer;
import java.util.UUID;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class IdempotencyCodecTest {
    private static final UUID TOPIC_ID = UUID.fromString("6f1b2c3d-0000-4000-8000-000000000001");
    private static final StoredKey.Named KEY = new StoredKey.Named(new IdempotencyKey("orders", -1, "payment 17"));
    private static final StoredKey.Producer PRODUCER = new StoredKey.Producer(4_000_000_007L);
    private static final Layout LAYOUT = Layout.of(4, record -> record / 2 * 5);
    private static final StoredValue.Prepared PREPARED = new StoredValue.Prepared(new Fingerprint(1, -2, 3, Long.MIN_VALUE), TOPIC_ID,
            LAYOUT, 1_700_000_000_000L, 4_000_000_007L, Short.MAX_VALUE);
    private static final StoredValue.Completed COMPLETED = new StoredValue.Completed(new Fingerprint(1, -2, 3, 4), TOPIC_ID, LAYOUT,
            1_700_000_000_001L, new long[] {17, 1L << 40});

    private final IdempotencyCodec codec = new IdempotencyCodec();

    /** The same bytes with others around them. */
    private static ByteBuffer amid(ByteBuffer bytes) {
        ByteBuffer amid = ByteBuffer.allocate(bytes.remaining() + 64);
        amid.position(7).put(bytes.duplicate());
        return amid.flip().position(7);
    }

    private StoredValue again(StoredKey key, StoredValue value) {
        return codec.readValue(key, amid(codec.writeValue(key, value)));
    }

    @Test
    void whatIsWrittenIsReadAgain() {
        assertThat(codec.readKey(amid(codec.writeKey(KEY)))).isEqualTo(KEY);
        assertThat(codec.readKey(amid(codec.writeKey(PRODUCER)))).isEqualTo(PRODUCER);
        assertThat(again(KEY, PREPARED)).isEqualTo(PREPARED);
        assertThat(again(KEY, COMPLETED)).usingRecursiveComparison().isEqualTo(COMPLETED);
        assertThat(again(PRODUCER, new StoredValue.LastEpoch((short) 12))).isEqualTo(new StoredValue.LastEpoch((short) 12));
    }

    @Test
    void aTypicalAnswerIsSmall() {
        assertThat(codec.writeValue(KEY, COMPLETED).remaining()).isLessThan(100);
    }

    @Test
    void keysOfLaterVersionsArePassedOver() {
        ByteBuffer later = ByteBuffer.allocate(10).putShort((short) 9).putLong(3).flip();
        StoredKey key = codec.readKey(later);

        assertThat(key).isInstanceOf(StoredKey.Unknown.class);
        assertThat(codec.writeKey(key)).isEqualTo(later);
        assertThat(codec.writeValue(key, codec.readValue(key, later))).isEqualTo(later);
        assertThat(new IdempotencyMachine(new IdempotencyOptions(1_000, 10, 10, 10, 10)).replay(key, codec.readValue(key, later))).isNull();
    }

    @Test
    void whatEndsTooEarlyOrTooLateIsRefused() {
        ByteBuffer key = codec.writeKey(KEY);
        refusesParts(key, cut -> codec.readKey(cut));
        refusesParts(codec.writeKey(PRODUCER), cut -> codec.readKey(cut));
        refusesParts(codec.writeValue(KEY, PREPARED), cut -> codec.readValue(KEY, cut));
        refusesParts(codec.writeValue(KEY, COMPLETED), cut -> codec.readValue(KEY, cut));
        refusesParts(codec.writeValue(PRODUCER, new StoredValue.LastEpoch((short) 1)), cut -> codec.readValue(PRODUCER, cut));
    }

    private static void refusesParts(ByteBuffer whole, Consumer<ByteBuffer> reading) {
        for (int length = 0; length < whole.remaining(); length++) {
            ByteBuffer cut = whole.slice(0, length);
            assertThatIllegalStateException().as("%d of %d bytes", length, whole.remaining()).isThrownBy(() -> reading.accept(cut));
        }
        ByteBuffer longer = ByteBuffer.allocate(whole.remaining() + 1).put(whole.duplicate()).rewind();
        assertThatIllegalStateException().isThrownBy(() -> reading.accept(longer)).withMessageContaining("1 bytes follow");
    }

    @Test
    void whatALaterVersionWroteUnderAKnownKeyIsNotGuessed() {
        ByteBuffer version = codec.writeValue(KEY, PREPARED).putShort(0, (short) 1);
        assertThatIllegalStateException().isThrownBy(() -> codec.readValue(KEY, version)).withMessageContaining("version 1");
        ByteBuffer state = codec.writeValue(KEY, PREPARED).put(2, (byte) 7);
        assertThatIllegalStateException().isThrownBy(() -> codec.readValue(KEY, state)).withMessageContaining("state 7");
        assertThatIllegalStateException().isThrownBy(() -> codec.readKey(null)).withMessageContaining("no key");
    }

    @Test
    void aValueUnderTheWrongKeyIsRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> codec.writeValue(PRODUCER, PREPARED));
        assertThatIllegalArgumentException().isThrownBy(() -> codec.writeValue(KEY, new StoredValue.LastEpoch((short) 1)));
    }
}
