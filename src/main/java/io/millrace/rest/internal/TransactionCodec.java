package io.millrace.rest.internal;

import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.TopicPartition;
import io.millrace.transaction.coordinator.Owners;
import io.millrace.transaction.coordinator.TransactionDescription;
import io.millrace.transaction.coordinator.TransactionFilter;
import io.millrace.transaction.coordinator.TransactionList;
import io.millrace.transaction.routing.HangingHere;
import io.millrace.transaction.routing.TransactionTransport;
import io.millrace.transaction.state.OpenTransaction;
import io.millrace.transaction.state.ProducerIdAndEpoch;
import io.millrace.transaction.state.TransactionMarker;
import io.millrace.transaction.state.TransactionResult;
import io.millrace.transaction.state.TransactionState;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

/** What brokers say to each other about transactions, as bytes in the manner of {@link ReplicaFetchCodec}. */
final class TransactionCodec {
    static final byte VERSION = 1;

    private static final TransactionState[] STATES = TransactionState.values();
    private static final TransactionResult[] RESULTS = TransactionResult.values();
    private static final ErrorKind[] KINDS = ErrorKind.values();
    /** A topic's length, a partition. */
    private static final int MIN_PARTITION = Short.BYTES + Integer.BYTES;
    private static final int MIN_MARKER = MIN_PARTITION + Long.BYTES + 3 * Integer.BYTES;
    private static final int MIN_OPEN = MIN_PARTITION + 3 * Long.BYTES + Integer.BYTES;
    private static final int MIN_DESCRIPTION = 2 * Short.BYTES + 7 * Integer.BYTES + 3 * Long.BYTES;

    /**
     * Asks a coordinator about a producer.
     *
     * @param partition that is to be added to its transaction; null: its producer id is asked for
     */
    record Question(String transactionalId, ProducerIdAndEpoch named, TopicPartition partition) {
    }

    /** Asks for the transactional ids that a broker coordinates. */
    record ListQuestion(TransactionFilter filter, int limit) {
    }

    private interface Content {
        void write(DataOutputStream out) throws IOException;
    }

    private TransactionCodec() {
    }

    private static ByteBuffer message(Content content) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            out.writeByte(VERSION);
            content.write(out);
        } catch (IOException e) {
            throw new UncheckedIOException(e); // memory has no errors
        }
        return ByteBuffer.wrap(bytes.toByteArray());
    }

    private static MessageReader read(ByteBuffer message) {
        MessageReader in = new MessageReader(message);
        byte version = in.byteValue();
        if (version != VERSION) {
            throw new InvalidMessageException("the message has version " + version + ", only " + VERSION + " is known here");
        }
        return in;
    }

    static ByteBuffer encode(Question question) {
        return message(out -> {
            text(out, question.transactionalId());
            producer(out, question.named());
            partitions(out, question.partition() == null ? List.of() : List.of(question.partition()));
        });
    }

    /** @throws InvalidMessageException when these bytes are no question */
    static Question decodeQuestion(ByteBuffer message) {
        MessageReader in = read(message);
        Question question = new Question(in.text(), producer(in), partitions(in).stream().findFirst().orElse(null));
        in.end();
        return question;
    }

    static ByteBuffer encode(ProducerIdAndEpoch producer) {
        return message(out -> producer(out, producer));
    }

    /** @throws InvalidMessageException when these bytes are no producer */
    static ProducerIdAndEpoch decodeProducer(ByteBuffer message) {
        MessageReader in = read(message);
        ProducerIdAndEpoch producer = producer(in);
        in.end();
        return producer;
    }

    static ByteBuffer encodeMarkers(List<TransactionMarker> markers) {
        return message(out -> {
            out.writeInt(markers.size());
            for (TransactionMarker marker : markers) {
                partition(out, marker.partition());
                producer(out, marker.producer());
                out.writeInt(marker.coordinatorEpoch());
                out.writeInt(marker.result().ordinal());
            }
        });
    }

    /** @throws InvalidMessageException when these bytes are no markers */
    static List<TransactionMarker> decodeMarkers(ByteBuffer message) {
        MessageReader in = read(message);
        int count = in.count("markers", MIN_MARKER);
        if (count > TransactionTransport.MOST_MARKERS) {
            throw new InvalidMessageException("at most " + TransactionTransport.MOST_MARKERS + " markers come at a time, not " + count);
        }
        List<TransactionMarker> markers = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            markers.add(new TransactionMarker(partition(in), producer(in), in.notNegative("the coordinator's epoch"),
                    RESULTS[in.index("result", RESULTS.length)]));
        }
        in.end();
        return markers;
    }

    /** @param failures null where all went well */
    static ByteBuffer encodeOutcomes(List<BrokerException> failures) {
        return message(out -> {
            out.writeInt(failures.size());
            for (BrokerException failure : failures) {
                text(out, failure == null ? "" : failure.kind().name());
                text(out, failure == null ? "" : failure.getMessage());
            }
        });
    }

    /** @throws InvalidMessageException when these bytes are no outcomes of so many markers */
    static List<BrokerException> decodeOutcomes(ByteBuffer message, int expected) {
        MessageReader in = read(message);
        int count = in.count("outcomes", 2 * Short.BYTES);
        if (count != expected) {
            throw new InvalidMessageException("there are " + count + " outcomes of " + expected + " markers");
        }
        List<BrokerException> failures = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            String kind = in.text();
            String told = in.text();
            failures.add(kind.isEmpty() ? null : new BrokerException(kind(kind), told));
        }
        in.end();
        return failures;
    }

    /** One that this version does not know can be tried again. */
    private static ErrorKind kind(String name) {
        for (ErrorKind each : KINDS) {
            if (each.name().equals(name)) {
                return each;
            }
        }
        return ErrorKind.UNAVAILABLE;
    }

    /** Asks a coordinator whose these are, or answers what hangs at a leader. */
    private static void open(DataOutputStream out, List<OpenTransaction> open) throws IOException {
        out.writeInt(open.size());
        for (OpenTransaction each : open) {
            partition(out, each.partition());
            producer(out, new ProducerIdAndEpoch(each.producerId(), each.producerEpoch()));
            out.writeLong(each.firstOffset());
            out.writeLong(each.openMs());
        }
    }

    private static List<OpenTransaction> open(MessageReader in) {
        int count = in.count("open transactions", MIN_OPEN);
        List<OpenTransaction> open = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            TopicPartition partition = partition(in);
            ProducerIdAndEpoch producer = producer(in);
            open.add(new OpenTransaction(partition, producer.producerId(), producer.epoch(), in.longValue(), in.longValue()));
        }
        return open;
    }

    static ByteBuffer encodeOpen(List<OpenTransaction> open) {
        return message(out -> open(out, open));
    }

    /** @throws InvalidMessageException when these bytes are no open transactions */
    static List<OpenTransaction> decodeOpen(ByteBuffer message) {
        MessageReader in = read(message);
        List<OpenTransaction> open = open(in);
        in.end();
        return open;
    }

    static ByteBuffer encode(Owners owners) {
        return message(out -> {
            out.writeInt(owners.partitions().size());
            for (int partition : owners.partitions()) {
                out.writeInt(partition);
            }
            out.writeInt(owners.transactionalIds().size());
            for (String id : owners.transactionalIds()) {
                text(out, id);
            }
        });
    }

    /** @throws InvalidMessageException when these bytes are no owners of so many transactions */
    static Owners decodeOwners(ByteBuffer message, int expected) {
        MessageReader in = read(message);
        Set<Integer> partitions = new HashSet<>();
        for (int left = in.count("partitions", Integer.BYTES); left > 0; left--) {
            partitions.add(in.notNegative("the partition"));
        }
        int count = in.count("owners", Short.BYTES);
        if (count != expected) {
            throw new InvalidMessageException("there are " + count + " owners of " + expected + " transactions");
        }
        List<String> ids = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            ids.add(in.text());
        }
        in.end();
        return new Owners(partitions, ids);
    }

    /** Asks a leader what hangs. */
    static ByteBuffer encodeHangingQuestion(long hangsMs) {
        return message(out -> out.writeLong(hangsMs));
    }

    /** @throws InvalidMessageException when these bytes are no such question */
    static long decodeHangingQuestion(ByteBuffer message) {
        MessageReader in = read(message);
        long hangsMs = in.longValue();
        in.end();
        return hangsMs;
    }

    static ByteBuffer encode(HangingHere hanging) {
        return message(out -> {
            out.writeBoolean(hanging.truncated());
            open(out, hanging.transactions());
        });
    }

    /** @throws InvalidMessageException when these bytes are no answer to it */
    static HangingHere decodeHanging(ByteBuffer message) {
        MessageReader in = read(message);
        boolean truncated = in.byteValue() != 0;
        HangingHere hanging = new HangingHere(open(in), truncated);
        in.end();
        return hanging;
    }

    static ByteBuffer encode(ListQuestion question) {
        return message(out -> {
            out.writeInt(question.filter().states().size());
            for (TransactionState state : question.filter().states()) {
                out.writeInt(state.ordinal());
            }
            out.writeInt(question.filter().producerIds().size());
            for (long id : question.filter().producerIds()) {
                out.writeLong(id);
            }
            optional(out, question.filter().xid());
            out.writeLong(question.filter().underWayMs());
            out.writeLong(question.filter().hangsMs());
            text(out, question.filter().prefix());
            text(out, question.filter().after());
            out.writeInt(question.limit());
        });
    }

    /** @throws InvalidMessageException when these bytes are no question */
    static ListQuestion decodeListQuestion(ByteBuffer message) {
        MessageReader in = read(message);
        Set<TransactionState> states = EnumSet.noneOf(TransactionState.class);
        for (int left = in.count("states", Integer.BYTES); left > 0; left--) {
            states.add(STATES[in.index("state", STATES.length)]);
        }
        Set<Long> ids = new HashSet<>();
        for (int left = in.count("producer ids", Long.BYTES); left > 0; left--) {
            ids.add(in.longValue());
        }
        TransactionFilter filter = new TransactionFilter(states, ids, optional(in), in.longValue(), in.longValue(), in.text(), in.text());
        ListQuestion question = new ListQuestion(filter, in.notNegative("the limit"));
        in.end();
        return question;
    }

    static ByteBuffer encode(TransactionList list) {
        return message(out -> {
            out.writeBoolean(list.truncated());
            out.writeInt(list.transactions().size());
            for (TransactionDescription each : list.transactions()) {
                text(out, each.transactionalId());
                out.writeInt(each.state().ordinal());
                producer(out, each.producer());
                out.writeInt(each.timeoutMs());
                out.writeLong(each.startedAtMs());
                out.writeLong(each.updatedAtMs());
                partitions(out, each.partitions());
                partitions(out, each.unmarked());
                optional(out, each.xid());
                out.writeInt(each.coordinator());
            }
        });
    }

    /** @throws InvalidMessageException when these bytes are no list */
    static TransactionList decodeList(ByteBuffer message) {
        MessageReader in = read(message);
        boolean truncated = in.byteValue() != 0;
        int count = in.count("transactions", MIN_DESCRIPTION);
        List<TransactionDescription> all = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            all.add(new TransactionDescription(in.text(), STATES[in.index("state", STATES.length)], producer(in),
                    in.notNegative("the timeout"), in.longValue(), in.longValue(), partitions(in), partitions(in),
                    optional(in), in.notNegative("the partition")));
        }
        in.end();
        if (truncated && all.isEmpty()) {
            throw new InvalidMessageException("a list that goes on begins with something");
        }
        return new TransactionList(all, truncated);
    }

    private static void text(DataOutputStream out, String text) throws IOException {
        byte[] bytes = Texts.bytes(text);
        out.writeShort(bytes.length);
        out.write(bytes);
    }

    /** Null is an empty text. */
    private static void optional(DataOutputStream out, String text) throws IOException {
        text(out, text == null ? "" : text);
    }

    private static String optional(MessageReader in) {
        String text = in.text();
        return text.isEmpty() ? null : text;
    }

    private static void producer(DataOutputStream out, ProducerIdAndEpoch producer) throws IOException {
        out.writeLong(producer.producerId());
        out.writeInt(producer.epoch());
    }

    private static ProducerIdAndEpoch producer(MessageReader in) {
        return new ProducerIdAndEpoch(in.longValue(), (short) in.index("epoch", Short.MAX_VALUE + 1));
    }

    private static void partition(DataOutputStream out, TopicPartition partition) throws IOException {
        text(out, partition.topic());
        out.writeInt(partition.partition());
    }

    private static TopicPartition partition(MessageReader in) {
        return new TopicPartition(in.text(), in.notNegative("the partition"));
    }

    private static void partitions(DataOutputStream out, Collection<TopicPartition> partitions) throws IOException {
        out.writeInt(partitions.size());
        for (TopicPartition each : partitions) {
            partition(out, each);
        }
    }

    private static SortedSet<TopicPartition> partitions(MessageReader in) {
        SortedSet<TopicPartition> partitions = new TreeSet<>();
        for (int left = in.count("partitions", MIN_PARTITION); left > 0; left--) {
            partitions.add(partition(in));
        }
        return partitions;
    }
}
