package io.millrace.transaction.idempotency;

import io.millrace.coordinator.RecordCodec;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.UUID;

/**
 * Idempotency keys as records, in a format of our own, since Kafka has none: see docs/idempotency-keys.md. Keys of types that
 * this version does not know are {@link StoredKey.Unknown}. No buffer that is given is changed, nor its position moved.
 * Thread-safe.
 */
final class IdempotencyCodec implements RecordCodec<StoredKey, StoredValue> {
    private static final short NAMED_TYPE = 0;
    private static final short PRODUCER_TYPE = 1;
    /** Grows when what was written before would be misread. */
    private static final short VERSION = 0;
    private static final byte PREPARED = 0;
    private static final byte COMPLETED = 1;
    private static final int REQUEST_BYTES = Short.BYTES + 1 + Fingerprint.BYTES + 2 * Long.BYTES + Long.BYTES + Integer.BYTES;

    @Override
    public ByteBuffer writeKey(StoredKey key) {
        if (key instanceof StoredKey.Named named) {
            byte[] topic = named.key().topic().getBytes(StandardCharsets.US_ASCII);
            byte[] text = named.key().text().getBytes(StandardCharsets.US_ASCII);
            return ByteBuffer.allocate(3 * Short.BYTES + Integer.BYTES + topic.length + text.length).putShort(NAMED_TYPE)
                    .putShort((short) topic.length).put(topic).putInt(named.key().partition())
                    .putShort((short) text.length).put(text).flip();
        } else if (key instanceof StoredKey.Producer producer) {
            return ByteBuffer.allocate(Short.BYTES + Long.BYTES).putShort(PRODUCER_TYPE).putLong(producer.id()).flip();
        }
        return ((StoredKey.Unknown) key).bytes().duplicate();
    }

    /** @throws IllegalArgumentException when it is not of the key's kind */
    @Override
    public ByteBuffer writeValue(StoredKey key, StoredValue value) {
        if (key instanceof StoredKey.Named && value instanceof StoredValue.Prepared prepared) {
            return request(PREPARED, prepared, Long.BYTES + Short.BYTES).putLong(prepared.producerId())
                    .putShort(prepared.producerEpoch()).flip();
        } else if (key instanceof StoredKey.Named && value instanceof StoredValue.Completed completed) {
            ByteBuffer out = request(COMPLETED, completed, completed.baseOffsets().length * Long.BYTES);
            for (long offset : completed.baseOffsets()) {
                out.putLong(offset);
            }
            return out.flip();
        } else if (key instanceof StoredKey.Producer && value instanceof StoredValue.LastEpoch last) {
            return ByteBuffer.allocate(2 * Short.BYTES).putShort(VERSION).putShort(last.epoch()).flip();
        } else if (key instanceof StoredKey.Unknown && value instanceof StoredValue.Unknown unknown) {
            return unknown.bytes().duplicate();
        }
        throw new IllegalArgumentException(value + " is no value of " + key);
    }

    private static ByteBuffer request(byte state, StoredValue.OfRequest request, int more) {
        byte[] layout = request.layout().bytes();
        ByteBuffer out = ByteBuffer.allocate(REQUEST_BYTES + layout.length + more).putShort(VERSION).put(state);
        request.fingerprint().writeTo(out);
        return out.putLong(request.topicId().getMostSignificantBits()).putLong(request.topicId().getLeastSignificantBits())
                .putLong(request.atMs()).putInt(layout.length).put(layout);
    }

    /** @throws IllegalStateException when it cannot be read, or is null */
    @Override
    public StoredKey readKey(ByteBuffer bytes) {
        if (bytes == null) {
            throw new IllegalStateException("it has no key");
        }
        try {
            ByteBuffer in = bytes.duplicate();
            StoredKey key;
            switch (in.getShort()) {
                case NAMED_TYPE -> key = new StoredKey.Named(new IdempotencyKey(text(in), in.getInt(), text(in)));
                case PRODUCER_TYPE -> key = new StoredKey.Producer(in.getLong());
                default -> {
                    return new StoredKey.Unknown(bytes);
                }
            }
            requireEnd(in, "its key");
            return key;
        } catch (BufferUnderflowException | IllegalArgumentException e) {
            throw new IllegalStateException("its key ends too early", e);
        }
    }

    /** @throws IllegalStateException when it cannot be read */
    @Override
    public StoredValue readValue(StoredKey key, ByteBuffer bytes) {
        if (key instanceof StoredKey.Unknown) {
            return new StoredValue.Unknown(bytes);
        }
        try {
            ByteBuffer in = bytes.duplicate();
            short version = in.getShort();
            if (version != VERSION) {
                throw new IllegalStateException(key + " has version " + version + ", and this server knows " + VERSION);
            }
            StoredValue value = key instanceof StoredKey.Producer ? new StoredValue.LastEpoch(in.getShort()) : request(key, in);
            requireEnd(in, key);
            return value;
        } catch (BufferUnderflowException | IllegalArgumentException e) {
            throw new IllegalStateException("the value of " + key + " ends too early", e);
        }
    }

    private static StoredValue request(StoredKey key, ByteBuffer in) {
        byte state = in.get();
        Fingerprint fingerprint = Fingerprint.read(in);
        UUID topicId = new UUID(in.getLong(), in.getLong());
        long atMs = in.getLong();
        Layout layout = Layout.read(bytes(in, in.getInt()));
        if (state == PREPARED) {
            return new StoredValue.Prepared(fingerprint, topicId, layout, atMs, in.getLong(), in.getShort());
        } else if (state != COMPLETED) {
            throw new IllegalStateException(key + " is in state " + state + ", which this server does not know");
        }
        long[] baseOffsets = new long[layout.partitionCount()];
        for (int slot = 0; slot < baseOffsets.length; slot++) {
            baseOffsets[slot] = in.getLong();
        }
        return new StoredValue.Completed(fingerprint, topicId, layout, atMs, baseOffsets);
    }

    private static String text(ByteBuffer in) {
        return new String(bytes(in, in.getShort()), StandardCharsets.US_ASCII);
    }

    private static byte[] bytes(ByteBuffer in, int length) {
        if (length < 0 || length > in.remaining()) {
            throw new BufferUnderflowException();
        }
        byte[] bytes = new byte[length];
        in.get(bytes);
        return bytes;
    }

    private static void requireEnd(ByteBuffer in, Object what) {
        if (in.hasRemaining()) {
            throw new IllegalStateException(in.remaining() + " bytes follow the end of " + what);
        }
    }
}
