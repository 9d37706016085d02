package io.millrace.rest.internal;

import io.millrace.metadata.TopicPartition;
import io.millrace.replica.core.ReplicaFetchRequest;
import io.millrace.replica.core.ReplicaFetchRequest.FetchSession;
import io.millrace.replica.core.ReplicaFetchResponse;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * Replica fetches as bytes. A message begins with its version; topics are written once, partitions name theirs by
 * index. Numbers are big-endian, texts are UTF-8 after their length in two bytes, record batches are as they are stored
 * after their length in four.
 */
public final class ReplicaFetchCodec {
    /** Of requests of a fetch session, and of the response that the session is lost, which says nothing else. */
    static final byte SESSIONS = 3;
    /** Of requests that stand by themselves and tell durable offsets. */
    static final byte VERSION = 2;
    /** Its requests tell no durable offsets, because nothing is written that is not durable; its responses are those of today. */
    static final byte ALL_DURABLE = 1;

    private static final int UUID_BYTES = 2 * Long.BYTES;
    private static final int MIN_REQUEST_TOPIC_BYTES = Short.BYTES + UUID_BYTES;
    private static final int REQUEST_PARTITION_BYTES = 4 * Integer.BYTES + Long.BYTES;
    private static final int DURABLE_BYTES = Long.BYTES;
    private static final int FETCH_SESSION_BYTES = Long.BYTES + Integer.BYTES;
    private static final int FORGOTTEN_BYTES = 2 * Integer.BYTES;
    private static final int MIN_RESPONSE_TOPIC_BYTES = Short.BYTES;
    /** Topic, partition, outcome, leader epoch, high watermark, log start, whether diverging, batches' length. */
    private static final int MIN_RESPONSE_PARTITION_BYTES = 4 * Integer.BYTES + 2 * Long.BYTES + 2;
    private static final int EPOCH_END_BYTES = Integer.BYTES + Long.BYTES;

    private static final ReplicaFetchResponse.Outcome[] OUTCOMES = ReplicaFetchResponse.Outcome.values();

    private static final UUID NO_TOPIC = new UUID(0, 0);

    private record TopicKey(String name, UUID id) {
    }

    private ReplicaFetchCodec() {
    }

    public static ByteBuffer encode(ReplicaFetchRequest request) {
        Map<TopicKey, Integer> topics = new LinkedHashMap<>();
        for (ReplicaFetchRequest.Partition each : request.partitions()) {
            topics.putIfAbsent(new TopicKey(each.id().topic(), each.topicId()), topics.size());
        }
        for (TopicPartition each : request.forgotten()) {
            topics.putIfAbsent(forgotten(each), topics.size());
        }
        Texts names = new Texts();
        topics.keySet().forEach(topic -> names.add(topic.name()));
        byte[] session = Texts.bytes(request.session());
        // Where it says all, the version before is written: brokers of that one understand it as well.
        boolean inSession = !request.fetchSession().equals(FetchSession.NONE);
        boolean allDurable = !inSession
                && request.partitions().stream().allMatch(each -> each.durableOffset() == each.fetchOffset());

        ByteBuffer out = ByteBuffer.allocate(1 + 5 * Integer.BYTES + Short.BYTES + session.length
                + names.sizeInBytes() + topics.size() * UUID_BYTES
                + request.partitions().size() * (REQUEST_PARTITION_BYTES + (allDurable ? 0 : DURABLE_BYTES))
                + (inSession ? FETCH_SESSION_BYTES + Integer.BYTES + request.forgotten().size() * FORGOTTEN_BYTES : 0));
        out.put(inSession ? SESSIONS : allDurable ? ALL_DURABLE : VERSION).putInt(request.replica());
        Texts.put(out, session);
        out.putInt(request.maxWaitMs()).putInt(request.maxBytes());
        if (inSession) {
            out.putLong(request.fetchSession().id()).putInt(request.fetchSession().epoch());
        }
        out.putInt(topics.size());
        topics.forEach((topic, index) -> {
            names.put(out, index);
            out.putLong(topic.id().getMostSignificantBits()).putLong(topic.id().getLeastSignificantBits());
        });
        out.putInt(request.partitions().size());
        for (ReplicaFetchRequest.Partition each : request.partitions()) {
            out.putInt(topics.get(new TopicKey(each.id().topic(), each.topicId()))).putInt(each.id().partition())
                    .putInt(each.leaderEpoch()).putLong(each.fetchOffset()).putInt(each.lastFetchedEpoch());
            if (!allDurable) {
                out.putLong(each.durableOffset());
            }
        }
        if (inSession) {
            out.putInt(request.forgotten().size());
            request.forgotten().forEach(each -> out.putInt(topics.get(forgotten(each))).putInt(each.partition()));
        }
        return out.flip();
    }

    /** Whatever topic of the name it is, it is asked for no more. */
    private static TopicKey forgotten(TopicPartition id) {
        return new TopicKey(id.topic(), NO_TOPIC);
    }

    /** @throws InvalidMessageException when these bytes are no request */
    public static ReplicaFetchRequest decodeRequest(ByteBuffer message) {
        MessageReader in = new MessageReader(message);
        byte version = version(in);
        int replica = in.intValue();
        String session = in.text();
        int maxWaitMs = in.notNegative("the wait");
        int maxBytes = in.notNegative("the largest number of bytes");
        boolean inSession = version == SESSIONS;
        FetchSession fetchSession = inSession ? new FetchSession(in.longValue(), in.notNegative("the session's epoch"))
                : FetchSession.NONE;
        if (inSession && fetchSession.id() <= 0) {
            throw new InvalidMessageException("the fetch session is not above 0: " + fetchSession.id());
        }
        int topicCount = in.count("topics", MIN_REQUEST_TOPIC_BYTES);
        List<TopicKey> topics = new ArrayList<>(topicCount);
        for (int i = 0; i < topicCount; i++) {
            topics.add(new TopicKey(in.text(), in.uuid()));
        }
        int count = in.count("partitions", REQUEST_PARTITION_BYTES);
        List<ReplicaFetchRequest.Partition> partitions = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            TopicKey topic = topics.get(in.index("topic", topicCount));
            TopicPartition id = new TopicPartition(topic.name(), in.notNegative("the partition"));
            int epoch = in.intValue();
            long fetchOffset = in.longValue();
            partitions.add(new ReplicaFetchRequest.Partition(id, topic.id(), epoch, fetchOffset, in.intValue(),
                    version == ALL_DURABLE ? fetchOffset : in.longValue()));
        }
        List<TopicPartition> forgotten = new ArrayList<>();
        for (int left = inSession ? in.count("forgotten partitions", FORGOTTEN_BYTES) : 0; left > 0; left--) {
            TopicKey topic = topics.get(in.index("topic", topicCount));
            forgotten.add(new TopicPartition(topic.name(), in.notNegative("the partition")));
        }
        in.end();
        return new ReplicaFetchRequest(replica, session, maxWaitMs, maxBytes, fetchSession, partitions, forgotten);
    }

    /** The message in pieces, in order: record batches are not copied. */
    public static List<ByteBuffer> encode(ReplicaFetchResponse response) {
        if (response.sessionLost()) {
            return List.of(ByteBuffer.wrap(new byte[] {SESSIONS}));
        }
        Map<String, Integer> topics = new LinkedHashMap<>();
        int partitionBytes = 0;
        for (ReplicaFetchResponse.Partition each : response.partitions()) {
            topics.putIfAbsent(each.id().topic(), topics.size());
            partitionBytes += MIN_RESPONSE_PARTITION_BYTES + (each.diverging() == null ? 0 : EPOCH_END_BYTES);
        }
        Texts names = new Texts();
        topics.keySet().forEach(names::add);

        ByteBuffer heads = ByteBuffer.allocate(1 + 2 * Integer.BYTES + names.sizeInBytes() + partitionBytes);
        heads.put(ALL_DURABLE).putInt(topics.size());
        topics.values().forEach(index -> names.put(heads, index));
        heads.putInt(response.partitions().size());
        List<ByteBuffer> pieces = new ArrayList<>();
        int begin = 0;
        for (ReplicaFetchResponse.Partition each : response.partitions()) {
            putHead(heads, topics.get(each.id().topic()), each);
            if (each.batches().hasRemaining()) {
                pieces.add(heads.slice(begin, heads.position() - begin));
                pieces.add(each.batches().duplicate());
                begin = heads.position();
            }
        }
        if (begin < heads.position()) {
            pieces.add(heads.slice(begin, heads.position() - begin));
        }
        return pieces;
    }

    private static void putHead(ByteBuffer out, int topic, ReplicaFetchResponse.Partition partition) {
        out.putInt(topic).putInt(partition.id().partition()).put((byte) partition.outcome().ordinal())
                .putInt(partition.leaderEpoch()).putLong(partition.highWatermark())
                .putLong(partition.logStartOffset());
        ReplicaFetchResponse.EpochEnd diverging = partition.diverging();
        if (diverging == null) {
            out.put((byte) 0);
        } else {
            out.put((byte) 1).putInt(diverging.epoch()).putLong(diverging.endOffset());
        }
        out.putInt(partition.batches().remaining());
    }

    /**
     * Record batches of the response are slices of the message.
     *
     * @throws InvalidMessageException when these bytes are no response
     */
    public static ReplicaFetchResponse decodeResponse(ByteBuffer message) {
        MessageReader in = new MessageReader(message);
        if (version(in) == SESSIONS) {
            in.end();
            return ReplicaFetchResponse.SESSION_LOST;
        }
        int topicCount = in.count("topics", MIN_RESPONSE_TOPIC_BYTES);
        List<String> topics = new ArrayList<>(topicCount);
        for (int i = 0; i < topicCount; i++) {
            topics.add(in.text());
        }
        int count = in.count("partitions", MIN_RESPONSE_PARTITION_BYTES);
        List<ReplicaFetchResponse.Partition> partitions = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            TopicPartition id = new TopicPartition(topics.get(in.index("topic", topicCount)),
                    in.notNegative("the partition"));
            partitions.add(new ReplicaFetchResponse.Partition(id, outcome(in), in.intValue(), in.longValue(),
                    in.longValue(), diverging(in), in.bytes()));
        }
        in.end();
        return new ReplicaFetchResponse(partitions);
    }

    private static ReplicaFetchResponse.Outcome outcome(MessageReader in) {
        int code = in.byteValue();
        if (code < 0 || code >= OUTCOMES.length) {
            throw new InvalidMessageException("there is no outcome " + code);
        }
        return OUTCOMES[code];
    }

    private static ReplicaFetchResponse.EpochEnd diverging(MessageReader in) {
        byte present = in.byteValue();
        return switch (present) {
            case 0 -> null;
            case 1 -> new ReplicaFetchResponse.EpochEnd(in.intValue(), in.longValue());
            default -> throw new InvalidMessageException("neither yes nor no: " + present);
        };
    }

    private static byte version(MessageReader in) {
        byte version = in.byteValue();
        if (version < ALL_DURABLE || version > SESSIONS) {
            throw new InvalidMessageException("the message has version " + version + ", only " + ALL_DURABLE + " to "
                    + SESSIONS + " are known here");
        }
        return version;
    }
}
