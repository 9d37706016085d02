package io.millrace.transaction.records;

import static io.millrace.transaction.state.ProducerIdAndEpoch.NO_PRODUCER_ID;

import io.millrace.coordinator.fields.FieldReader;
import io.millrace.coordinator.fields.FieldWriter;
import io.millrace.metadata.TopicPartition;
import io.millrace.transaction.state.ProducerIdAndEpoch;
import io.millrace.transaction.state.Transaction;
import io.millrace.transaction.state.TransactionState;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/** Kafka's TransactionLogValue: version 1 is written, 0 is read, too. */
final class TransactionFormat {
    /** Compact texts and lists, and tagged fields, from here on. */
    private static final int FIRST_FLEXIBLE = 1;
    private static final int NEWEST = 1;

    private static final int PREVIOUS_PRODUCER_ID_TAG = 0;
    private static final int NEXT_PRODUCER_ID_TAG = 1;
    private static final int CLIENT_VERSION_TAG = 2;
    /** Ours, far from Kafka's, which passes over tags that it does not know: the time limit of what is prepared. */
    private static final int PREPARED_TIMEOUT_TAG = 1_000;
    /** Ours, too: what it was prepared as. */
    private static final int XID_TAG = 1_001;

    /** The protocol in which each end of a transaction raises the epoch (KIP-890). */
    private static final int CLIENT_VERSION = 2;
    /** Of a transaction whose outcome another one decides (KIP-939). */
    private static final int NO_TIME_LIMIT = Integer.MAX_VALUE;
    private static final int UNKNOWN = -1;

    private TransactionFormat() {
    }

    static ByteBuffer write(Transaction value) {
        boolean prepared = value.state() == TransactionState.PREPARED;
        FieldWriter out = new FieldWriter().int16(NEWEST).int64(value.producer().producerId()).int16(value.producer().epoch())
                .int32(prepared ? NO_TIME_LIMIT : value.timeoutMs()).int8(value.state().id());
        writePartitions(out, value);
        out.int64(value.updatedAtMs()).int64(value.startedAtMs());
        boolean previous = value.previousProducerId() != NO_PRODUCER_ID; // Kafka leaves out what has its default
        boolean next = value.nextProducerId() != NO_PRODUCER_ID;
        byte[] xid = value.xid() == null ? null : value.xid().getBytes(StandardCharsets.UTF_8);
        out.unsignedVarint(1 + (previous ? 1 : 0) + (next ? 1 : 0) + (prepared ? 1 : 0) + (xid == null ? 0 : 1));
        if (previous) {
            out.unsignedVarint(PREVIOUS_PRODUCER_ID_TAG).unsignedVarint(Long.BYTES).int64(value.previousProducerId());
        }
        if (next) {
            out.unsignedVarint(NEXT_PRODUCER_ID_TAG).unsignedVarint(Long.BYTES).int64(value.nextProducerId());
        }
        out.unsignedVarint(CLIENT_VERSION_TAG).unsignedVarint(Short.BYTES).int16(CLIENT_VERSION);
        if (prepared) {
            out.unsignedVarint(PREPARED_TIMEOUT_TAG).unsignedVarint(Integer.BYTES).int32(value.timeoutMs());
        }
        if (xid != null) {
            out.unsignedVarint(XID_TAG).unsignedVarint(sizeOfVarint(xid.length + 1) + xid.length).compactString("xid", value.xid());
        }
        return out.written();
    }

    /** Of a compact text: the length before it is one of these. */
    private static int sizeOfVarint(int value) {
        return value < 1 << 7 ? 1 : value < 1 << 14 ? 2 : 3;
    }

    private static void writePartitions(FieldWriter out, Transaction value) {
        if (value.state() == TransactionState.EMPTY) {
            out.unsignedVarint(0); // no list, as Kafka writes it, while others have an empty one
            return;
        }
        SortedMap<String, Collection<Integer>> byTopic = new TreeMap<>();
        value.partitions().forEach(each -> byTopic.computeIfAbsent(each.topic(), added -> new TreeSet<>()).add(each.partition()));
        out.unsignedVarint(byTopic.size() + 1);
        byTopic.forEach((topic, partitions) -> {
            out.compactString("topic", topic).unsignedVarint(partitions.size() + 1);
            partitions.forEach(out::int32);
            out.unsignedVarint(0);
        });
    }

    static Transaction read(FieldReader in) {
        int version = in.int16("version");
        if (version < 0 || version > NEWEST) {
            throw in.unreadable("it has version " + version + ", and this server knows 0 to " + NEWEST);
        }
        boolean flexible = version >= FIRST_FLEXIBLE;
        long producerId = in.int64("producer id");
        short epoch = (short) in.int16("producer epoch");
        int timeoutMs = in.int32("transaction timeout");
        int status = in.int8("transaction status");
        SortedSet<TopicPartition> partitions = readPartitions(in, flexible);
        long updatedAtMs = in.int64("last update");
        long startedAtMs = in.int64("start");
        Tags tags = flexible ? Tags.read(in) : new Tags(NO_PRODUCER_ID, NO_PRODUCER_ID, UNKNOWN, null);
        boolean prepared = tags.preparedTimeoutMs() != UNKNOWN;
        return new Transaction(new ProducerIdAndEpoch(producerId, epoch), tags.previous(), tags.next(),
                prepared ? tags.preparedTimeoutMs() : timeoutMs, state(in, status, prepared), partitions, updatedAtMs, startedAtMs,
                tags.xid());
    }

    private static TransactionState state(FieldReader in, int id, boolean prepared) {
        if (prepared) {
            if (id != TransactionState.PREPARED.id()) {
                throw in.unreadable("it is prepared, with status " + id);
            }
            return TransactionState.PREPARED;
        }
        for (TransactionState each : TransactionState.values()) {
            if (each.id() == id && each != TransactionState.PREPARED) {
                return each;
            }
        }
        throw in.unreadable("it has status " + id + ", which this server does not know");
    }

    private static SortedSet<TopicPartition> readPartitions(FieldReader in, boolean flexible) {
        SortedSet<TopicPartition> partitions = new TreeSet<>();
        for (int topics = size(in, flexible, "number of topics"); topics > 0; topics--) {
            String topic = flexible ? in.compactString("topic") : in.string("topic");
            for (int left = size(in, flexible, "number of partitions"); left > 0; left--) {
                partitions.add(new TopicPartition(topic, in.int32("partition")));
            }
            if (flexible) {
                Tags.passOver(in);
            }
        }
        return partitions;
    }

    /** No list is as good as an empty one. */
    private static int size(FieldReader in, boolean flexible, String field) {
        return flexible ? in.unsignedVarint(field) - 1 : in.int32(field);
    }

    /** The tagged fields that this version knows; others are passed over. */
    private record Tags(long previous, long next, int preparedTimeoutMs, String xid) {
        static Tags read(FieldReader in) {
            long previous = NO_PRODUCER_ID;
            long next = NO_PRODUCER_ID;
            int preparedTimeoutMs = UNKNOWN;
            String xid = null;
            for (int left = in.unsignedVarint("number of tagged fields"); left > 0; left--) {
                int tag = in.unsignedVarint("tag");
                int bytes = in.unsignedVarint("size of a tagged field");
                switch (tag) {
                    case PREVIOUS_PRODUCER_ID_TAG -> previous = in.int64(sized(in, bytes, Long.BYTES, "previous producer id"));
                    case NEXT_PRODUCER_ID_TAG -> next = in.int64(sized(in, bytes, Long.BYTES, "next producer id"));
                    case PREPARED_TIMEOUT_TAG -> preparedTimeoutMs = in.int32(sized(in, bytes, Integer.BYTES, "prepared timeout"));
                    case XID_TAG -> xid = in.compactString("xid");
                    default -> in.skip("tagged field " + tag, bytes);
                }
            }
            return new Tags(previous, next, preparedTimeoutMs, xid);
        }

        static void passOver(FieldReader in) {
            for (int left = in.unsignedVarint("number of tagged fields"); left > 0; left--) {
                int tag = in.unsignedVarint("tag");
                in.skip("tagged field " + tag, in.unsignedVarint("size of a tagged field"));
            }
        }

        private static String sized(FieldReader in, int bytes, int expected, String field) {
            if (bytes != expected) {
                throw in.unreadable("its %s has %d bytes, not %d".formatted(field, bytes, expected));
            }
            return field;
        }
    }
}
