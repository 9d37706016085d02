package io.millrace.transaction.records;

import io.millrace.coordinator.RecordCodec;
import io.millrace.coordinator.fields.FieldReader;
import io.millrace.coordinator.fields.FieldWriter;
import io.millrace.transaction.state.Transaction;
import java.nio.ByteBuffer;

/**
 * Transactional ids as Kafka writes them. Of keys that this version does not know the values are not read: they are null. No
 * buffer that is given is changed, nor its position moved. Thread-safe.
 */
public final class TransactionRecordCodec implements RecordCodec<TransactionKey, Transaction> {
    private static final int KEY_VERSION = 0;

    /** @throws IllegalArgumentException when the id is no text, or one of more than 32767 bytes */
    @Override
    public ByteBuffer writeKey(TransactionKey key) {
        return key instanceof TransactionKey.Id id
                ? new FieldWriter().int16(KEY_VERSION).string("transactional id", id.transactionalId()).written()
                : ((TransactionKey.Unknown) key).bytes();
    }

    /** @throws IllegalArgumentException when a topic's name cannot be written, or the key is of another version */
    @Override
    public ByteBuffer writeValue(TransactionKey key, Transaction value) {
        if (key instanceof TransactionKey.Unknown) {
            throw new IllegalArgumentException("what a key of another version is about is not known: nothing can be written there");
        }
        return TransactionFormat.write(value);
    }

    /** @throws IllegalStateException when it cannot be read, or is null */
    @Override
    public TransactionKey readKey(ByteBuffer bytes) {
        if (bytes == null) {
            throw new IllegalStateException("it has no key");
        }
        FieldReader in = new FieldReader("its key", bytes);
        if (in.int16("version") != KEY_VERSION) {
            return new TransactionKey.Unknown(bytes);
        }
        TransactionKey key = new TransactionKey.Id(in.string("transactional id"));
        in.end();
        return key;
    }

    /** @throws IllegalStateException when it cannot be read */
    @Override
    public Transaction readValue(TransactionKey key, ByteBuffer bytes) {
        if (key instanceof TransactionKey.Unknown) {
            return null;
        }
        FieldReader in = new FieldReader(key, bytes);
        Transaction value = TransactionFormat.read(in);
        in.end();
        return value;
    }
}
