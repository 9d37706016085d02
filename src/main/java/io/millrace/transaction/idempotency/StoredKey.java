package io.millrace.transaction.idempotency;

import java.nio.ByteBuffer;

/** What a record of {@code __idempotency_keys} is about. */
sealed interface StoredKey {
    /** A request that a client named. */
    record Named(IdempotencyKey key) implements StoredKey {
    }

    /** A producer id of the partition's own, in whose name requests are carried out. */
    record Producer(long id) implements StoredKey {
    }

    /**
     * Of a type that this version does not know: to be passed over.
     *
     * @param bytes the whole key, not to be changed
     */
    record Unknown(ByteBuffer bytes) implements StoredKey {
        public Unknown {
            bytes = ByteBuffer.allocate(bytes.remaining()).put(bytes.duplicate()).flip().asReadOnlyBuffer();
        }
    }
}
