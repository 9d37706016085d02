package io.millrace.metadata.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;
import org.apache.kafka.common.utils.Utils;
import org.junit.jupiter.api.Test;

class KeyHashPartitionerTest {
    @Test
    void keysMapAsWithTheFieldsDefaultProducer() {
        Random random = new Random(20261123);
        for (int i = 0; i < 20_000; i++) {
            byte[] key = new byte[random.nextInt(70)];
            random.nextBytes(key);
            int partitions = 1 + random.nextInt(1000);

            assertThat(KeyHashPartitioner.murmur2(ByteBuffer.wrap(key))).isEqualTo(Utils.murmur2(key));
            assertThat(KeyHashPartitioner.partition(ByteBuffer.wrap(key), partitions))
                    .isEqualTo(Utils.toPositive(Utils.murmur2(key)) % partitions);
        }
    }

    @Test
    void onlyTheBytesFromPositionToLimitCountAndNothingIsMoved() {
        byte[] key = "customer-4711".getBytes();
        ByteBuffer inside = ByteBuffer.allocateDirect(key.length + 7).order(ByteOrder.LITTLE_ENDIAN);
        inside.position(3).put(key).position(3).limit(3 + key.length);

        assertThat(KeyHashPartitioner.murmur2(inside)).isEqualTo(Utils.murmur2(key));
        assertThat(inside.position()).isEqualTo(3);
        assertThat(inside.limit()).isEqualTo(3 + key.length);
    }
}
