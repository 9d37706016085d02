package io.millrace.rest.internal;

import io.millrace.metadata.TopicPartition;
import io.millrace.replica.core.ReplicaFetchRequest;
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
    static final byte VERSION = 2;
    /** Its requests tell no durable offsets, because nothing is written that is not durable; its responses are those of today. */
    static final byte ALL_DURABLE = 1;

    private static final int UUID_BYTES = 2 * Long.BYTES;
    private static final int MIN_REQUEST_TOPIC_BYTES = Short.BYTES + UUID_BYTES;
    private static final int REQUEST_PARTITION_BYTES = 4 * Integer.BYTES + Long.BYTES;
    private static final int DURABLE_BYTES = Long.BYTES;
    private static final int MIN_RESPONSE_TOPIC_BYTES = Short.BYTES;
    /** Topic, partition, outcome, leader epoch, high watermark, log start, whether diverging, batches' length. */
    private static final int MIN_RESPONSE_PARTITION_BYTES = 4 * Integer.BYTES + 2 * Long.BYTES + 2;
    private static final int EPOCH_END_BYTES = Integer.BYTES + Long.BYTES;

    private static final ReplicaFetchResponse.Outcome[] OUTCOMES = ReplicaFetchResponse.Outcome.values();

    private record TopicKey(String name, UUID id) {
    }

    private ReplicaFetchCodec() {
    }

    public static ByteBuffer encode(ReplicaFetchRequest request) {
        Map<TopicKey, Integer> topics = new LinkedHashMap<>();
        for (ReplicaFetchRequest.Partition each : request.partitions()) {
            topics.putIfAbsent(new TopicKey(each.id().topic(), each.topicId()), topics.size());
        }
        Texts names = new Texts();
        topics.keySet().forEach(topic -> names.add(topic.name()));
        byte[] session = Texts.bytes(request.session());
        // Where it says all, the version before is written: brokers of that one understand it as well.
        boolean allDurable = request.partitions().stream().allMatch(each -> each.durableOffset() == each.fetchOffset());

        ByteBuffer out = ByteBuffer.allocate(1 + 5 * Integer.BYTES + Short.BYTES + session.length
                + names.sizeInBytes() + topics.size() * UUID_BYTES
                + request.partitions().size() * (REQUEST_PARTITION_BYTES + (allDurable ? 0 : DURABLE_BYTES)));
        out.put(allDurable ? ALL_DURABLE : VERSION).putInt(request.replica());
        Texts.put(out, session);
        out.putInt(request.maxWaitMs()).putInt(request.maxBytes()).putInt(topics.size());
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
        return out.flip();
    }

    /** @throws InvalidMessageException when these bytes are no request */
    public static ReplicaFetchRequest decodeRequest(ByteBuffer message) {
        MessageReader in = new MessageReader(message);
        byte version = version(in);
        int replica = in.intValue();
        String session = in.text();
        int maxWaitMs = in.notNegative("the wait");
        int maxBytes = in.notNegative("the largest number of bytes");
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
        in.end();
        return new ReplicaFetchRequest(replica, session, maxWaitMs, maxBytes, partitions);
    }

    /** The message in pieces, in order: record batches are not copied. */
    public static List<ByteBuffer> encode(ReplicaFetchResponse response) {
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
        version(in);
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
        if (version != VERSION && version != ALL_DURABLE) {
            throw new InvalidMessageException("the message has version " + version + ", only " + ALL_DURABLE + " and "
                    + VERSION + " are known here");
        }
        return version;
    }
}
