package io.millrace.transaction.records;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.metadata.TopicPartition;
import io.millrace.transaction.state.ProducerIdAndEpoch;
import io.millrace.transaction.state.RandomTransactions;
import io.millrace.transaction.state.Transaction;
import io.millrace.transaction.state.TransactionState;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.TreeSet;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.MessageUtil;
import org.apache.kafka.coordinator.transaction.generated.TransactionLogKey;
import org.apache.kafka.coordinator.transaction.generated.TransactionLogValue.PartitionsSchema;
import org.apache.kafka.coordinator.transaction.generated.TransactionLogValue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is written is read again, and is what Kafka's own classes write and read. */
class TransactionRecordCodecTest {
    private static final TransactionKey KEY = new TransactionKey.Id("transfer-1");

    private final TransactionRecordCodec codec = new TransactionRecordCodec();

    private static Transaction transaction(TransactionState state, long previous, long next, TopicPartition... partitions) {
        return new Transaction(new ProducerIdAndEpoch(42, (short) 7), previous, next, 60_000, state, new TreeSet<>(List.of(partitions)),
            1_700_000_000_000L, 1_600_000_000_000L);
    }

    private static TransactionLogValue kafkas(ByteBuffer bytes) {
        ByteBuffer in = bytes.duplicate();
        short version = in.getShort();
        TransactionLogValue value = new TransactionLogValue(new ByteBufferAccessor(in), version);
        assertThat(in.hasRemaining()).isFalse();
        return value;
    }

    @ParameterizedTest
    @EnumSource(TransactionState.class)
    void whatIsWrittenIsReadAgainByUsAndWrittenTheSameByKafka(TransactionState state) {
        RandomTransactions random = new RandomTransactions(state.ordinal());
        for (int i = 0; i < 300; i++) {
            Transaction value = random.next(state);
            ByteBuffer bytes = codec.writeValue(KEY, value);
            assertThat(codec.readValue(KEY, bytes)).isEqualTo(value);
            assertThat(MessageUtil.toVersionPrefixedByteBuffer((short) 1, kafkas(bytes))).isEqualTo(bytes);
        }
    }

    @Test
    void kafkaReadsWhatIsWritten() {
        TransactionLogValue value = kafkas(codec.writeValue(KEY, transaction(TransactionState.PREPARE_COMMIT, 42, 99,
            new TopicPartition("bills", 3), new TopicPartition("orders", 0), new TopicPartition("orders", 2))));
        assertThat(value).isEqualTo(new TransactionLogValue().setProducerId(42).setProducerEpoch((short) 7).setTransactionTimeoutMs(60_000)
            .setTransactionStatus((byte) 2).setPreviousProducerId(42).setNextProducerId(99).setClientTransactionVersion((short) 2)
            .setTransactionLastUpdateTimestampMs(1_700_000_000_000L).setTransactionStartTimestampMs(1_600_000_000_000L)
            .setTransactionPartitions(List.of(new PartitionsSchema().setTopic("bills").setPartitionIds(List.of(3)),
                new PartitionsSchema().setTopic("orders").setPartitionIds(List.of(0, 2)))));
    }

    @Test
    void kafkaSeesWhatIsPreparedAsOngoingWithoutATimeLimit() {
        Transaction prepared = transaction(TransactionState.PREPARED, -1, -1, new TopicPartition("orders", 0));
        TransactionLogValue value = kafkas(codec.writeValue(KEY, prepared));
        assertThat(value.transactionStatus()).isEqualTo((byte) 1);
        assertThat(value.transactionTimeoutMs()).isEqualTo(Integer.MAX_VALUE);
        assertThat(codec.readValue(KEY, codec.writeValue(KEY, prepared)).timeoutMs()).isEqualTo(60_000);
    }

    @Test
    void aTransactionThatIsEmptyHasNoListOfPartitionsAsInKafka() {
        assertThat(kafkas(codec.writeValue(KEY, transaction(TransactionState.EMPTY, -1, -1))).transactionPartitions()).isNull();
        assertThat(kafkas(codec.writeValue(KEY, transaction(TransactionState.COMPLETE_ABORT, -1, -1))).transactionPartitions()).isEmpty();
    }

    @Test
    void whatKafkaWroteInItsFirstVersionIsRead() {
        TransactionLogValue value = new TransactionLogValue().setProducerId(42).setProducerEpoch((short) 7).setTransactionTimeoutMs(60_000)
            .setTransactionStatus((byte) 1).setTransactionLastUpdateTimestampMs(1_700_000_000_000L)
            .setTransactionStartTimestampMs(1_600_000_000_000L)
            .setTransactionPartitions(List.of(new PartitionsSchema().setTopic("orders").setPartitionIds(List.of(0, 2))));
        assertThat(codec.readValue(KEY, MessageUtil.toVersionPrefixedByteBuffer((short) 0, value))).isEqualTo(
            transaction(TransactionState.ONGOING, -1, -1, new TopicPartition("orders", 0), new TopicPartition("orders", 2)));
        value.setTransactionStatus((byte) 0).setTransactionPartitions(null);
        assertThat(codec.readValue(KEY, MessageUtil.toVersionPrefixedByteBuffer((short) 0, value)))
            .isEqualTo(transaction(TransactionState.EMPTY, -1, -1));
    }

    @Test
    void taggedFieldsOfLaterVersionsArePassedOver() {
        TransactionLogValue value = kafkas(codec.writeValue(KEY, transaction(TransactionState.EMPTY, -1, -1)));
        value.setNextProducerEpoch((short) 5);
        assertThat(codec.readValue(KEY, MessageUtil.toVersionPrefixedByteBuffer((short) 1, value)))
            .isEqualTo(transaction(TransactionState.EMPTY, -1, -1));
    }

    @Test
    void keysAreKafkas() {
        ByteBuffer bytes = codec.writeKey(KEY);
        assertThat(bytes).isEqualTo(MessageUtil.toVersionPrefixedByteBuffer((short) 0,
            new TransactionLogKey().setTransactionalId("transfer-1")));
        assertThat(codec.readKey(bytes)).isEqualTo(KEY);
    }

    @Test
    void whatAKeyOfALaterVersionIsAboutIsNotRead() {
        ByteBuffer bytes = ByteBuffer.wrap(new byte[] {0, 1, 9, 9});
        TransactionKey key = codec.readKey(bytes);
        assertThat(key).isEqualTo(new TransactionKey.Unknown(bytes));
        assertThat(codec.writeKey(key)).isEqualTo(bytes);
        assertThat(codec.readValue(key, ByteBuffer.wrap(new byte[] {1}))).isNull();
        assertThatThrownBy(() -> codec.writeValue(key, transaction(TransactionState.EMPTY, -1, -1)))
            .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void whatCannotBeReadSaysWhy() {
        ByteBuffer whole = codec.writeValue(KEY, transaction(TransactionState.ONGOING, -1, -1, new TopicPartition("orders", 0)));
        for (int size = 0; size < whole.remaining(); size++) {
            ByteBuffer part = whole.duplicate().limit(size);
            assertThatThrownBy(() -> codec.readValue(KEY, part)).isInstanceOf(IllegalStateException.class).hasMessageContaining("it ends");
        }
        ByteBuffer later = ByteBuffer.allocate(whole.remaining()).put(whole.duplicate()).flip().putShort(0, (short) 2);
        assertThatThrownBy(() -> codec.readValue(KEY, later)).hasMessageContaining("it has version 2, and this server knows 0 to 1");
        ByteBuffer status = ByteBuffer.allocate(whole.remaining()).put(whole.duplicate()).flip().put(16, (byte) 7);
        assertThatThrownBy(() -> codec.readValue(KEY, status)).hasMessageContaining("status 7");
        ByteBuffer longer = ByteBuffer.allocate(whole.remaining() + 1).put(whole.duplicate()).rewind();
        assertThatThrownBy(() -> codec.readValue(KEY, longer)).hasMessageContaining("1 bytes follow its end");
        assertThatThrownBy(() -> codec.readKey(null)).hasMessageContaining("it has no key");
    }
}
