package io.millrace.rest.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.TopicPartition;
import io.millrace.rest.internal.TransactionCodec.ListQuestion;
import io.millrace.rest.internal.TransactionCodec.Question;
import io.millrace.transaction.coordinator.Owners;
import io.millrace.transaction.coordinator.TransactionDescription;
import io.millrace.transaction.coordinator.TransactionFilter;
import io.millrace.transaction.coordinator.TransactionList;
import io.millrace.transaction.routing.HangingHere;
import io.millrace.transaction.state.OpenTransaction;
import io.millrace.transaction.state.ProducerIdAndEpoch;
import io.millrace.transaction.state.TransactionMarker;
import io.millrace.transaction.state.TransactionResult;
import io.millrace.transaction.state.TransactionState;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

class TransactionCodecTest {
    private static final ProducerIdAndEpoch PRODUCER = new ProducerIdAndEpoch(1L << 40, (short) 32_767);
    private static final TopicPartition ORDERS = new TopicPartition("orders", 7);

    /** Whatever is cut off, or added, is no message. */
    private static void assertWhole(ByteBuffer message, Function<ByteBuffer, ?> decoder) {
        for (int length = 0; length < message.remaining(); length++) {
            ByteBuffer cut = message.slice(0, length);
            assertThatThrownBy(() -> decoder.apply(cut)).isInstanceOf(InvalidMessageException.class);
        }
        ByteBuffer longer = ByteBuffer.allocate(message.remaining() + 1).put(message.duplicate()).rewind();
        assertThatThrownBy(() -> decoder.apply(longer)).isInstanceOf(InvalidMessageException.class);
    }

    @Test
    void questionsComeAsTheyWere() {
        Question question = new Question("shop \u20ac", PRODUCER, ORDERS);
        assertThat(TransactionCodec.decodeQuestion(TransactionCodec.encode(question))).isEqualTo(question);
        assertWhole(TransactionCodec.encode(question), TransactionCodec::decodeQuestion);
        Question forProducer = new Question("shop", ProducerIdAndEpoch.ofEpoch((short) 0), null);
        assertThat(TransactionCodec.decodeQuestion(TransactionCodec.encode(forProducer))).isEqualTo(forProducer);
        assertThat(TransactionCodec.decodeProducer(TransactionCodec.encode(PRODUCER))).isEqualTo(PRODUCER);
    }

    @Test
    void markersComeAsTheyWere() {
        List<TransactionMarker> markers = List.of(new TransactionMarker(ORDERS, PRODUCER, 3, TransactionResult.COMMIT),
                new TransactionMarker(new TopicPartition("more", 0), PRODUCER, 0, TransactionResult.ABORT));
        assertThat(TransactionCodec.decodeMarkers(TransactionCodec.encodeMarkers(markers))).isEqualTo(markers);
        assertWhole(TransactionCodec.encodeMarkers(markers), TransactionCodec::decodeMarkers);
        assertThatThrownBy(() -> TransactionCodec.decodeMarkers(TransactionCodec.encodeMarkers(
                Collections.nCopies(1_001, markers.get(0))))).isInstanceOf(InvalidMessageException.class);
    }

    @Test
    void outcomesComeAsTheyWere() {
        List<BrokerException> outcomes = Arrays.asList(null, new BrokerException(ErrorKind.NOT_LEADER, "elsewhere"));
        List<BrokerException> decoded = TransactionCodec.decodeOutcomes(TransactionCodec.encodeOutcomes(outcomes), 2);
        assertThat(decoded.get(0)).isNull();
        assertThat(decoded.get(1)).hasMessage("elsewhere").extracting(BrokerException::kind).isEqualTo(ErrorKind.NOT_LEADER);
        assertThatThrownBy(() -> TransactionCodec.decodeOutcomes(TransactionCodec.encodeOutcomes(outcomes), 3))
                .isInstanceOf(InvalidMessageException.class);
    }

    @Test
    void listsComeAsTheyWere() {
        ListQuestion question = new ListQuestion(new TransactionFilter(Set.of(TransactionState.PREPARED, TransactionState.EMPTY),
                Set.of(4L, 5L), "xid", 60_000, 10_000, "till-", "till-7"), 100);
        assertThat(TransactionCodec.decodeListQuestion(TransactionCodec.encode(question))).isEqualTo(question);
        assertWhole(TransactionCodec.encode(question), TransactionCodec::decodeListQuestion);
        List<TransactionDescription> all = List.of(
                new TransactionDescription("a", TransactionState.PREPARE_ABORT, PRODUCER, 60_000, 5, 6, new TreeSet<>(Set.of(ORDERS)),
                        new TreeSet<>(Set.of(ORDERS)), "xid", 3),
                new TransactionDescription("b", TransactionState.EMPTY, PRODUCER, 1, -1, 6, new TreeSet<>(), new TreeSet<>(), null, 0));
        for (boolean truncated : new boolean[]{false, true}) {
            TransactionList list = new TransactionList(all, truncated);
            assertThat(TransactionCodec.decodeList(TransactionCodec.encode(list))).isEqualTo(list);
            assertWhole(TransactionCodec.encode(list), TransactionCodec::decodeList);
        }
    }

    @Test
    void aListThatGoesOnBehindNothingIsRefused() {
        ByteBuffer message = TransactionCodec.encode(new TransactionList(List.of(), true));
        assertThatThrownBy(() -> TransactionCodec.decodeList(message)).isInstanceOf(InvalidMessageException.class);
    }

    @Test
    void openTransactionsAndTheirOwnersComeAsTheyWere() {
        List<OpenTransaction> open = List.of(new OpenTransaction(ORDERS, 7, (short) 3, 12, 900_000),
                new OpenTransaction(ORDERS, 8, (short) 0, 0, 0));
        assertThat(TransactionCodec.decodeOpen(TransactionCodec.encodeOpen(open))).isEqualTo(open);
        assertWhole(TransactionCodec.encodeOpen(open), TransactionCodec::decodeOpen);
        HangingHere hanging = new HangingHere(open, true);
        assertThat(TransactionCodec.decodeHanging(TransactionCodec.encode(hanging))).isEqualTo(hanging);
        assertWhole(TransactionCodec.encode(hanging), TransactionCodec::decodeHanging);
        assertThat(TransactionCodec.decodeHangingQuestion(TransactionCodec.encodeHangingQuestion(60_000))).isEqualTo(60_000);

        Owners owners = new Owners(Set.of(0, 5), List.of("till-1", ""));
        assertThat(TransactionCodec.decodeOwners(TransactionCodec.encode(owners), 2)).isEqualTo(owners);
        assertThatThrownBy(() -> TransactionCodec.decodeOwners(TransactionCodec.encode(owners), 3))
                .isInstanceOf(InvalidMessageException.class);
    }
}
