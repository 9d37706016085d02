package io.millrace.log.compact;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The newest offset of each key, as far as there is room. */
class OffsetMapTest {
    private static ByteBuffer key(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void theNewestOffsetOfAKeyIsKnownAndThatOfAnUnknownOneIsNone() {
        OffsetMap map = new OffsetMap(1 << 20);
        assertThat(map.get(key("a"))).isEqualTo(-1);
        assertThat(map.put(key("a"), 0)).isTrue();
        assertThat(map.put(key(""), 1)).isTrue();
        assertThat(map.put(key("a"), 7)).isTrue();
        assertThat(map.get(key("a"))).isEqualTo(7);
        assertThat(map.get(key(""))).isEqualTo(1);
        assertThat(map.size()).isEqualTo(2);
    }

    @Test
    void itAgreesWithAnOrdinaryMapHoweverItGrew() {
        Random random = new Random(1);
        OffsetMap map = new OffsetMap(64 << 20);
        Map<String, Long> expected = new HashMap<>();
        for (long offset = 0; offset < 200_000; offset++) {
            String key = "key" + random.nextInt(60_000);
            assertThat(map.put(key(key), offset)).isTrue();
            expected.put(key, offset);
        }
        assertThat(map.size()).isEqualTo(expected.size());
        expected.forEach((key, offset) -> assertThat(map.get(key(key))).isEqualTo(offset));
    }

    @Test
    void aNewKeyIsRefusedWhenThereIsNoRoomAndAKnownOneIsNot() {
        OffsetMap map = new OffsetMap(24 * 100);
        int taken = 0;
        while (map.put(key("key" + taken), taken)) {
            taken++;
        }
        assertThat(taken).isBetween(20, 100);
        assertThat(map.get(key("key" + taken))).isEqualTo(-1);
        assertThat(map.put(key("key0"), 1_000)).isTrue();
        assertThat(map.get(key("key0"))).isEqualTo(1_000);
    }

    @Test
    void atLeastOneKeyIsTakenHoweverLittleMemoryThereIs() {
        OffsetMap map = new OffsetMap(1);
        assertThat(map.put(key("a"), 0)).isTrue();
        assertThat(map.put(key("b"), 1)).isFalse();
        assertThat(map.get(key("b"))).isEqualTo(-1);
    }
}
