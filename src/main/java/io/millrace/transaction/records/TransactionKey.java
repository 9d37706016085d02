package io.millrace.transaction.records;

import io.millrace.coordinator.fields.FrozenBytes;
import java.nio.ByteBuffer;

/** What a record of {@code __transaction_state} is about. */
public sealed interface TransactionKey {
    /** A transactional id. */
    record Id(String transactionalId) implements TransactionKey {
    }

    /**
     * Of a version that this one does not know: to be passed over.
     *
     * @param bytes the whole key, read-only
     */
    record Unknown(ByteBuffer bytes) implements TransactionKey {
        public Unknown {
            bytes = FrozenBytes.copy(bytes);
        }

        @Override
        public ByteBuffer bytes() {
            return bytes.duplicate();
        }
    }
}
