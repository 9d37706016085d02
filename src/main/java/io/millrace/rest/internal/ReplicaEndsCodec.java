package io.millrace.rest.internal;

import io.millrace.metadata.ReplicaEnd;
import io.millrace.metadata.ReplicaEnds;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** The question how far replicas reach, and its answer, as bytes in the manner of {@link ReplicaFetchCodec}. */
public final class ReplicaEndsCodec {
    static final byte VERSION = 1;

    private static final int UUID_BYTES = 2 * Long.BYTES;
    /** Partition, last epoch, end offset, high watermark. */
    private static final int END_BYTES = 2 * Integer.BYTES + 2 * Long.BYTES;

    /** See {@link ReplicaEnds#replicaEnds}. */
    public record Question(String topic, UUID topicId, List<Integer> partitions) {
    }

    private ReplicaEndsCodec() {
    }

    public static ByteBuffer encode(Question question) {
        byte[] topic = Texts.bytes(question.topic());
        ByteBuffer out = ByteBuffer.allocate(1 + Short.BYTES + topic.length + UUID_BYTES
                + (1 + question.partitions().size()) * Integer.BYTES);
        out.put(VERSION);
        Texts.put(out, topic);
        out.putLong(question.topicId().getMostSignificantBits()).putLong(question.topicId().getLeastSignificantBits());
        out.putInt(question.partitions().size());
        question.partitions().forEach(out::putInt);
        return out.flip();
    }

    /** @throws InvalidMessageException when these bytes are no question */
    public static Question decodeQuestion(ByteBuffer message) {
        MessageReader in = new MessageReader(message);
        requireVersion(in);
        String topic = in.text();
        UUID id = in.uuid();
        int count = in.count("partitions", Integer.BYTES);
        if (count > ReplicaEnds.MOST) {
            throw new InvalidMessageException("at most " + ReplicaEnds.MOST + " partitions can be asked for, not " + count);
        }
        List<Integer> partitions = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            partitions.add(in.notNegative("the partition"));
        }
        in.end();
        return new Question(topic, id, partitions);
    }

    public static ByteBuffer encode(List<ReplicaEnd> ends) {
        ByteBuffer out = ByteBuffer.allocate(1 + Integer.BYTES + ends.size() * END_BYTES);
        out.put(VERSION).putInt(ends.size());
        ends.forEach(end -> out.putInt(end.partition()).putInt(end.lastEpoch()).putLong(end.endOffset())
                .putLong(end.highWatermark()));
        return out.flip();
    }

    /** @throws InvalidMessageException when these bytes are no answer */
    public static List<ReplicaEnd> decodeAnswer(ByteBuffer message) {
        MessageReader in = new MessageReader(message);
        requireVersion(in);
        int count = in.count("partitions", END_BYTES);
        List<ReplicaEnd> ends = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            ends.add(new ReplicaEnd(in.notNegative("the partition"), in.intValue(), in.longValue(), in.longValue()));
        }
        in.end();
        return ends;
    }

    private static void requireVersion(MessageReader in) {
        byte version = in.byteValue();
        if (version != VERSION) {
            throw new InvalidMessageException("the message has version " + version + ", only " + VERSION + " is known here");
        }
    }
}
