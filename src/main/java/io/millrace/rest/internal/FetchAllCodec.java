package io.millrace.rest.internal;

import io.millrace.broker.fetch.FetchAllRequest;
import io.millrace.broker.fetch.FetchAllResult;
import io.millrace.log.IsolationLevel;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.TopicPartition;
import io.millrace.replica.hosting.FetchPosition;
import io.millrace.replica.hosting.FetchResult;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * Fetches of several partitions as bytes, in the manner of {@link ReplicaFetchCodec}: the version first, topics once,
 * record batches as they are stored. A failure is its kind's name and its message.
 */
public final class FetchAllCodec {
    static final byte VERSION = 4;
    /** Its requests have no isolation level, and its results no last stable offset: it knows no transactions. */
    static final byte WITHOUT_ISOLATION = 3;
    /** Its requests say nothing of leader epochs. */
    static final byte WITHOUT_EPOCHS = 2;
    /** Its requests have no topic ids; its results are those of today. */
    static final byte WITHOUT_IDS = 1;

    private static final byte AT_OFFSET = 0;
    private static final byte EARLIEST = 1;
    private static final byte LATEST = 2;
    private static final byte AT_TIMESTAMP = 3;
    private static final byte END_OF_EPOCH = 4;
    private static final int NO_EPOCH = -1;
    private static final byte READ = 0;
    private static final byte FAILED = 1;

    private static final int MIN_TOPIC_BYTES = Short.BYTES;
    /** Topic, partition, kind of position, offset or timestamp. */
    private static final int REQUEST_PART_BYTES = 2 * Integer.BYTES + 1 + Long.BYTES;
    private static final int EPOCH_BYTES = Integer.BYTES;
    private static final byte UNCOMMITTED = 0;
    private static final byte COMMITTED = 1;
    private static final int ID_BYTES = 2 * Long.BYTES;
    /** Stands for no id. */
    private static final UUID ANY_TOPIC = new UUID(0, 0);
    /** Topic, partition, whether it failed. */
    private static final int PART_HEAD_BYTES = 2 * Integer.BYTES + 1;
    /** Offset, next offset, high watermark, log start, leader epoch, batches' length. */
    private static final int RESULT_BYTES = 4 * Long.BYTES + 2 * Integer.BYTES;
    private static final int LAST_STABLE_OFFSET_BYTES = Long.BYTES;
    private static final int MIN_RESPONSE_PART_BYTES = PART_HEAD_BYTES + 2 * Short.BYTES;
    private static final int MAX_MESSAGE = 1000;

    private FetchAllCodec() {
    }

    public static ByteBuffer encode(FetchAllRequest request) {
        return encode(request, VERSION);
    }

    /**
     * As brokers of earlier versions read it: they give a reader of committed records all that is there, as their logs have no
     * transactions; the older ones take a position for what it is whatever its epoch, and the oldest a topic for the one that
     * is meant by its name.
     *
     * @param version {@link #WITHOUT_ISOLATION}, {@link #WITHOUT_EPOCHS} or {@link #WITHOUT_IDS}
     */
    static ByteBuffer encodeFor(byte version, FetchAllRequest request) {
        return encode(request, version);
    }

    private static ByteBuffer encode(FetchAllRequest request, byte version) {
        Topics topics = new Topics();
        request.parts().forEach(part -> topics.add(part.topic(), part.topicId()));
        ByteBuffer out = ByteBuffer.allocate(2 + 3 * Integer.BYTES + Long.BYTES + topics.sizeInBytes() + topics.size() * ID_BYTES
                + request.parts().size() * (REQUEST_PART_BYTES + EPOCH_BYTES));
        out.put(version).putInt(request.minBytes()).putInt(request.maxBytes()).putLong(request.maxWaitMs());
        if (version > WITHOUT_ISOLATION) {
            out.put(request.isolation() == IsolationLevel.READ_COMMITTED ? COMMITTED : UNCOMMITTED);
        }
        topics.put(out);
        if (version != WITHOUT_IDS) {
            topics.putIds(out);
        }
        out.putInt(request.parts().size());
        for (FetchAllRequest.Part part : request.parts()) {
            out.putInt(topics.index(part.topic(), part.topicId())).putInt(part.partition());
            put(out, part.from(), version);
        }
        return out.flip();
    }

    private static void put(ByteBuffer out, FetchPosition from, byte version) {
        boolean epochs = version > WITHOUT_EPOCHS;
        if (from instanceof FetchPosition.AtOffset at) {
            out.put(AT_OFFSET).putLong(at.offset());
        } else if (from instanceof FetchPosition.AtTimestamp at) {
            out.put(AT_TIMESTAMP).putLong(at.timestamp());
        } else if (from instanceof FetchPosition.EndOfEpoch of && epochs) {
            out.put(END_OF_EPOCH).putLong(of.epoch());
        } else {
            out.put(from instanceof FetchPosition.Earliest ? EARLIEST : LATEST).putLong(0);
        }
        if (epochs) {
            out.putInt(from instanceof FetchPosition.AtOffset at ? at.lastEpoch() : NO_EPOCH);
        }
    }

    /** @throws InvalidMessageException when these bytes are no request */
    public static FetchAllRequest decodeRequest(ByteBuffer message) {
        MessageReader in = new MessageReader(message);
        byte version = version(in);
        int minBytes = in.intValue();
        int maxBytes = in.intValue();
        long maxWaitMs = in.longValue();
        IsolationLevel isolation = version > WITHOUT_ISOLATION ? isolation(in.byteValue()) : IsolationLevel.READ_UNCOMMITTED;
        List<String> topics = topics(in);
        List<UUID> ids = new ArrayList<>(topics.size());
        for (int i = 0; i < topics.size(); i++) {
            ids.add(version == WITHOUT_IDS ? null : topicId(in.longValue(), in.longValue()));
        }
        int count = in.count("partitions", REQUEST_PART_BYTES);
        List<FetchAllRequest.Part> parts = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            int topic = in.index("topic", topics.size());
            parts.add(new FetchAllRequest.Part(topics.get(topic), in.intValue(), ids.get(topic),
                    position(in.byteValue(), in.longValue(), version > WITHOUT_EPOCHS ? in.intValue() : NO_EPOCH)));
        }
        in.end();
        return new FetchAllRequest(parts, isolation, minBytes, maxBytes, maxWaitMs);
    }

    private static IsolationLevel isolation(byte level) {
        return switch (level) {
            case UNCOMMITTED -> IsolationLevel.READ_UNCOMMITTED;
            case COMMITTED -> IsolationLevel.READ_COMMITTED;
            default -> throw new InvalidMessageException("there is no isolation level " + level);
        };
    }

    private static UUID topicId(long most, long least) {
        UUID id = new UUID(most, least);
        return id.equals(ANY_TOPIC) ? null : id;
    }

    private static FetchPosition position(byte kind, long value, int lastEpoch) {
        return switch (kind) {
            case AT_OFFSET -> new FetchPosition.AtOffset(value, lastEpoch);
            case EARLIEST -> new FetchPosition.Earliest();
            case LATEST -> new FetchPosition.Latest();
            case AT_TIMESTAMP -> new FetchPosition.AtTimestamp(value);
            case END_OF_EPOCH -> new FetchPosition.EndOfEpoch((int) value);
            default -> throw new InvalidMessageException("there is no kind of position " + kind);
        };
    }

    /**
     * The message in pieces, in order: record batches are not copied.
     *
     * @param isolation that was asked for: who reads committed is told the last stable offset, and knows this version
     */
    public static List<ByteBuffer> encode(FetchAllResult result, IsolationLevel isolation) {
        boolean stable = isolation == IsolationLevel.READ_COMMITTED;
        Topics topics = new Topics();
        List<byte[]> failures = new ArrayList<>();
        int partBytes = 0;
        for (FetchAllResult.Part part : result.parts()) {
            topics.add(part.id().topic(), null);
            partBytes += PART_HEAD_BYTES;
            if (part.failure() == null) {
                partBytes += RESULT_BYTES + (stable ? LAST_STABLE_OFFSET_BYTES : 0);
            } else {
                byte[] kind = Texts.bytes(part.failure().kind().name());
                byte[] words = Texts.bytes(shortened(part.failure().getMessage()));
                failures.add(kind);
                failures.add(words);
                partBytes += 2 * Short.BYTES + kind.length + words.length;
            }
        }
        ByteBuffer heads = ByteBuffer.allocate(1 + Integer.BYTES + topics.sizeInBytes() + partBytes);
        heads.put(stable ? VERSION : WITHOUT_IDS); // brokers of the versions before know no other
        topics.put(heads);
        heads.putInt(result.parts().size());
        List<ByteBuffer> pieces = new ArrayList<>();
        int begin = 0;
        int failure = 0;
        for (FetchAllResult.Part part : result.parts()) {
            heads.putInt(topics.index(part.id().topic(), null)).putInt(part.id().partition());
            if (part.failure() != null) {
                heads.put(FAILED);
                Texts.put(heads, failures.get(failure++));
                Texts.put(heads, failures.get(failure++));
                continue;
            }
            putHead(heads, part.result(), stable);
            if (part.result().batches().hasRemaining()) {
                pieces.add(heads.slice(begin, heads.position() - begin));
                pieces.add(part.result().batches().duplicate());
                begin = heads.position();
            }
        }
        if (begin < heads.position()) {
            pieces.add(heads.slice(begin, heads.position() - begin));
        }
        return pieces;
    }

    private static void putHead(ByteBuffer out, FetchResult result, boolean stable) {
        out.put(READ).putLong(result.offset()).putLong(result.nextOffset()).putLong(result.highWatermark());
        if (stable) {
            out.putLong(result.lastStableOffset());
        }
        out.putLong(result.logStartOffset()).putInt(result.leaderEpoch()).putInt(result.batches().remaining());
    }

    /**
     * Record batches of the result are slices of the message.
     *
     * @throws InvalidMessageException when these bytes are no result
     */
    public static FetchAllResult decodeResult(ByteBuffer message) {
        MessageReader in = new MessageReader(message);
        boolean stable = version(in) > WITHOUT_ISOLATION;
        List<String> topics = topics(in);
        int count = in.count("partitions", MIN_RESPONSE_PART_BYTES);
        List<FetchAllResult.Part> parts = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            TopicPartition id = new TopicPartition(topics.get(in.index("topic", topics.size())), in.intValue());
            byte outcome = in.byteValue();
            parts.add(switch (outcome) {
                case READ -> new FetchAllResult.Part(id, result(in, stable), null);
                case FAILED -> new FetchAllResult.Part(id, null, new BrokerException(kind(in.text()), in.text()));
                default -> throw new InvalidMessageException("neither read nor failed: " + outcome);
            });
        }
        in.end();
        return new FetchAllResult(parts);
    }

    private static FetchResult result(MessageReader in, boolean stable) {
        long offset = in.longValue();
        long nextOffset = in.longValue();
        long highWatermark = in.longValue();
        long lastStableOffset = stable ? in.longValue() : highWatermark;
        return new FetchResult(offset, nextOffset, highWatermark, lastStableOffset, in.longValue(), in.intValue(), in.bytes(),
                List.of());
    }

    /** A broker of a later version may know more kinds. */
    private static ErrorKind kind(String name) {
        for (ErrorKind kind : ErrorKind.values()) {
            if (kind.name().equals(name)) {
                return kind;
            }
        }
        return ErrorKind.UNAVAILABLE;
    }

    private static String shortened(String message) {
        String words = String.valueOf(message);
        return words.length() <= MAX_MESSAGE ? words : words.substring(0, MAX_MESSAGE);
    }

    private static List<String> topics(MessageReader in) {
        int count = in.count("topics", MIN_TOPIC_BYTES);
        List<String> topics = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            topics.add(in.text());
        }
        return topics;
    }

    private static byte version(MessageReader in) {
        byte version = in.byteValue();
        if (version < WITHOUT_IDS || version > VERSION) {
            throw new InvalidMessageException("the message has version " + version + ", only " + WITHOUT_IDS + " to " + VERSION
                    + " are known here");
        }
        return version;
    }

    /** The topics of a message, each once. */
    private static final class Topics {
        private final Map<Named, Integer> indexes = new LinkedHashMap<>();
        private final Texts names = new Texts();

        /** @param id may be null */
        private record Named(String topic, UUID id) {
        }

        void add(String topic, UUID id) {
            if (indexes.putIfAbsent(new Named(topic, id), indexes.size()) == null) {
                names.add(topic);
            }
        }

        int index(String topic, UUID id) {
            return indexes.get(new Named(topic, id));
        }

        int size() {
            return indexes.size();
        }

        void putIds(ByteBuffer out) {
            for (Named each : indexes.keySet()) {
                UUID id = each.id() == null ? ANY_TOPIC : each.id();
                out.putLong(id.getMostSignificantBits()).putLong(id.getLeastSignificantBits());
            }
        }

        /** With their number. */
        int sizeInBytes() {
            return Integer.BYTES + names.sizeInBytes();
        }

        void put(ByteBuffer out) {
            out.putInt(indexes.size());
            for (int i = 0; i < indexes.size(); i++) {
                names.put(out, i);
            }
        }
    }
}
