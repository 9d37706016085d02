package io.millrace.transaction.idempotency;

import java.nio.ByteBuffer;
import java.util.UUID;

/** What a record of {@code __idempotency_keys} says of its key. */
sealed interface StoredValue {
    /** Of a request. */
    sealed interface OfRequest extends StoredValue {
        Fingerprint fingerprint();

        /** Of the very topic: in another one of its name it is another request. */
        UUID topicId();

        Layout layout();

        /** Since when it is as it is, in ms since the epoch. */
        long atMs();
    }

    /**
     * A request that may have been carried out in part, or as a whole, in the name of a producer that does nothing else
     * meanwhile: whoever carries it out again does so in that name, and the logs know what they have.
     *
     * @param producerEpoch used for this request only; in each partition its sequences begin with 0
     */
    record Prepared(Fingerprint fingerprint, UUID topicId, Layout layout, long atMs, long producerId, short producerEpoch)
            implements OfRequest {
    }

    /**
     * A request that was carried out.
     *
     * @param baseOffsets by slot of the layout; not to be changed
     */
    record Completed(Fingerprint fingerprint, UUID topicId, Layout layout, long atMs, long[] baseOffsets) implements OfRequest {
    }

    /**
     * The last epoch of a producer that was used.
     *
     * @param epoch 0 and above
     */
    record LastEpoch(short epoch) implements StoredValue {
    }

    /**
     * Under a key that this version does not know.
     *
     * @param bytes the whole value, not to be changed
     */
    record Unknown(ByteBuffer bytes) implements StoredValue {
        public Unknown {
            bytes = ByteBuffer.allocate(bytes.remaining()).put(bytes.duplicate()).flip().asReadOnlyBuffer();
        }
    }
}
