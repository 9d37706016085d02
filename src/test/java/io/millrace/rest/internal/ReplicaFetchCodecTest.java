package io.millrace.rest.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.millrace.metadata.TopicPartition;
import io.millrace.replica.core.ReplicaFetchRequest;
import io.millrace.replica.core.ReplicaFetchRequest.FetchSession;
import io.millrace.replica.core.ReplicaFetchResponse;
import io.millrace.replica.core.ReplicaFetchResponse.EpochEnd;
import io.millrace.replica.core.ReplicaFetchResponse.Outcome;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReplicaFetchCodecTest {
    @Test
    void aRequestComesBackAsItWas() {
        ReplicaFetchRequest request = request();

        assertThat(ReplicaFetchCodec.decodeRequest(ReplicaFetchCodec.encode(request))).isEqualTo(request);
    }

    @Test
    void aRequestOfNothingComesBack() {
        ReplicaFetchRequest request = new ReplicaFetchRequest(0, "", 0, 0, List.of());

        assertThat(ReplicaFetchCodec.decodeRequest(ReplicaFetchCodec.encode(request))).isEqualTo(request);
    }

    @Test
    void aRequestOfAFetchSessionComesBackWithWhatIsForgotten() {
        ReplicaFetchRequest request = inSession(request());

        assertThat(ReplicaFetchCodec.decodeRequest(ReplicaFetchCodec.encode(request))).isEqualTo(request);
    }

    @Test
    void ofASessionWithAThousandPartitionsInWhichNothingChangedNothingIsWritten() {
        ReplicaFetchRequest request = new ReplicaFetchRequest(1, "session-1", 500, 1 << 20, new FetchSession(1, 99),
                List.of(), List.of());

        assertThat(ReplicaFetchCodec.encode(request).remaining()).isLessThan(60);
    }

    @Test
    void aLostSessionComesBack() {
        assertThat(ReplicaFetchCodec.decodeResponse(joined(ReplicaFetchCodec.encode(ReplicaFetchResponse.SESSION_LOST))))
                .isEqualTo(ReplicaFetchResponse.SESSION_LOST);
    }

    private static ReplicaFetchRequest inSession(ReplicaFetchRequest request) {
        return new ReplicaFetchRequest(request.replica(), request.session(), request.maxWaitMs(), request.maxBytes(),
                new FetchSession(7, 3), request.partitions(),
                List.of(new TopicPartition("orders", 9), new TopicPartition("gone", 1)));
    }

    @Test
    void aTopicsNameIsWrittenOnce() {
        String name = "t".repeat(249);
        UUID id = new UUID(1, 2);
        ReplicaFetchRequest request = new ReplicaFetchRequest(1, "s", 500, 1 << 20, IntStream.range(0, 1000)
                .mapToObj(i -> new ReplicaFetchRequest.Partition(new TopicPartition(name, i), id, 0, i, 0)).toList());

        assertThat(ReplicaFetchCodec.encode(request).remaining()).isLessThan(25_000);
    }

    @Test
    void aResponseComesBackAsItWas() {
        ReplicaFetchResponse response = response();

        assertThat(ReplicaFetchCodec.decodeResponse(joined(ReplicaFetchCodec.encode(response)))).isEqualTo(response);
    }

    @Test
    void aResponseOfNothingComesBack() {
        ReplicaFetchResponse response = new ReplicaFetchResponse(List.of());

        assertThat(ReplicaFetchCodec.decodeResponse(joined(ReplicaFetchCodec.encode(response)))).isEqualTo(response);
    }

    @Test
    void batchesAreNotCopied() {
        byte[] stored = {9, 1, 2, 3, 9};
        ByteBuffer batches = ByteBuffer.wrap(stored, 1, 3);
        ReplicaFetchResponse response = new ReplicaFetchResponse(List.of(partition("t", 0, Outcome.OK, null, batches)));

        List<ByteBuffer> pieces = ReplicaFetchCodec.encode(response);

        assertThat(pieces).anyMatch(piece -> piece.array() == stored && piece.remaining() == 3);
        assertThat(batches.remaining()).isEqualTo(3);
        ByteBuffer message = joined(pieces);
        assertThat(ReplicaFetchCodec.decodeResponse(message).partitions().get(0).batches().array())
                .isSameAs(message.array());
    }

    @Test
    void aMessageMayLieAnywhereInItsArray() {
        byte[] message = joined(ReplicaFetchCodec.encode(response())).array();
        byte[] shifted = new byte[message.length + 20];
        System.arraycopy(message, 0, shifted, 7, message.length);

        assertThat(ReplicaFetchCodec.decodeResponse(ByteBuffer.wrap(shifted, 7, message.length))).isEqualTo(response());
    }

    @Test
    void everyCutIsRefused() {
        byte[] request = bytes(ReplicaFetchCodec.encode(request()));
        byte[] response = joined(ReplicaFetchCodec.encode(response())).array();

        for (int length = 0; length < request.length; length++) {
            requireRefused(Arrays.copyOf(request, length), ReplicaFetchCodec::decodeRequest);
        }
        for (int length = 0; length < response.length; length++) {
            requireRefused(Arrays.copyOf(response, length), ReplicaFetchCodec::decodeResponse);
        }
        byte[] session = bytes(ReplicaFetchCodec.encode(inSession(request())));
        for (int length = 0; length < session.length; length++) {
            requireRefused(Arrays.copyOf(session, length), ReplicaFetchCodec::decodeRequest);
        }
        requireRefused(Arrays.copyOf(request, request.length + 1), ReplicaFetchCodec::decodeRequest);
        requireRefused(Arrays.copyOf(response, response.length + 1), ReplicaFetchCodec::decodeResponse);
    }

    @Test
    void anotherVersionIsRefusedAndNamed() {
        byte[] message = bytes(ReplicaFetchCodec.encode(request()));
        message[0] = 7;

        assertThatExceptionOfType(InvalidMessageException.class)
                .isThrownBy(() -> ReplicaFetchCodec.decodeRequest(ByteBuffer.wrap(message)))
                .withMessageContaining("version 7");
    }

    @Test
    void aCountBeyondTheBytesThatAreThereAllocatesNothing() {
        ByteBuffer message = ByteBuffer.allocate(64).put(ReplicaFetchCodec.VERSION).putInt(Integer.MAX_VALUE);

        requireRefused(message.array(), ReplicaFetchCodec::decodeResponse);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void damagedMessagesAreDecodedOrRefusedAndNothingElse(long seed) {
        Random random = new Random(seed);
        byte[] request = bytes(ReplicaFetchCodec.encode(request()));
        byte[] session = bytes(ReplicaFetchCodec.encode(inSession(request())));
        byte[] response = joined(ReplicaFetchCodec.encode(response())).array();
        for (int i = 0; i < 20_000; i++) {
            decodeOrRefuse(damaged(request, random), ReplicaFetchCodec::decodeRequest);
            decodeOrRefuse(damaged(session, random), ReplicaFetchCodec::decodeRequest);
            decodeOrRefuse(damaged(response, random), ReplicaFetchCodec::decodeResponse);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {5, 6})
    void garbageIsRefused(long seed) {
        Random random = new Random(seed);
        for (int i = 0; i < 20_000; i++) {
            byte[] garbage = new byte[random.nextInt(200)];
            random.nextBytes(garbage);
            if (garbage.length > 0) {
                garbage[0] = ReplicaFetchCodec.VERSION;
            }
            decodeOrRefuse(garbage, ReplicaFetchCodec::decodeRequest);
            decodeOrRefuse(garbage, ReplicaFetchCodec::decodeResponse);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {7, 8, 9})
    void anyMessageComesBackAsItWas(long seed) {
        Random random = new Random(seed);
        for (int round = 0; round < 300; round++) {
            List<ReplicaFetchRequest.Partition> asked = new ArrayList<>();
            List<ReplicaFetchResponse.Partition> told = new ArrayList<>();
            for (int i = random.nextInt(20); i > 0; i--) {
                TopicPartition id = new TopicPartition("topic-" + random.nextInt(4), random.nextInt(1 << 30));
                asked.add(new ReplicaFetchRequest.Partition(id, new UUID(random.nextInt(2), 0), random.nextInt(),
                        random.nextLong(), random.nextInt()));
                byte[] batches = new byte[random.nextInt(3) * random.nextInt(500)];
                random.nextBytes(batches);
                told.add(new ReplicaFetchResponse.Partition(id,
                        Outcome.values()[random.nextInt(Outcome.values().length)], random.nextInt(),
                        random.nextLong(), random.nextLong(),
                        random.nextBoolean() ? null : new EpochEnd(random.nextInt(), random.nextLong()),
                        ByteBuffer.wrap(batches)));
            }
            ReplicaFetchRequest request = new ReplicaFetchRequest(random.nextInt(), "séance", 1, 2, asked);
            ReplicaFetchResponse response = new ReplicaFetchResponse(told);

            assertThat(ReplicaFetchCodec.decodeRequest(ReplicaFetchCodec.encode(request))).isEqualTo(request);
            assertThat(ReplicaFetchCodec.decodeResponse(joined(ReplicaFetchCodec.encode(response))))
                    .isEqualTo(response);
        }
    }

    private static ReplicaFetchRequest request() {
        return new ReplicaFetchRequest(3, "session-1", 500, 8 << 20, List.of(
                new ReplicaFetchRequest.Partition(new TopicPartition("orders", 0), new UUID(1, 2), 4, 1000, 3),
                new ReplicaFetchRequest.Partition(new TopicPartition("clicks", 7), new UUID(3, 4), 0, 0, -1),
                new ReplicaFetchRequest.Partition(new TopicPartition("orders", 1), new UUID(1, 2), 5,
                        Long.MAX_VALUE, 5)));
    }

    private static ReplicaFetchResponse response() {
        return new ReplicaFetchResponse(List.of(
                partition("orders", 0, Outcome.OK, null, ByteBuffer.wrap(new byte[] {1, 2, 3, 4, 5})),
                partition("clicks", 7, Outcome.DIVERGED, new EpochEnd(2, 99), ByteBuffer.allocate(0)),
                partition("orders", 1, Outcome.OK, null, ByteBuffer.wrap(new byte[] {6})),
                partition("orders", 2, Outcome.FENCED_EPOCH, null, ByteBuffer.allocate(0))));
    }

    private static ReplicaFetchResponse.Partition partition(String topic, int number, Outcome outcome,
                                                            EpochEnd diverging, ByteBuffer batches) {
        return new ReplicaFetchResponse.Partition(new TopicPartition(topic, number), outcome, 4, 1000, 10, diverging,
                batches);
    }

    private static byte[] damaged(byte[] message, Random random) {
        byte[] copy = Arrays.copyOf(message, random.nextInt(8) == 0 ? random.nextInt(message.length + 1)
                : message.length);
        for (int i = random.nextInt(4); i >= 0 && copy.length > 1; i--) {
            int at = 1 + random.nextInt(copy.length - 1);
            copy[at] = random.nextBoolean() ? (byte) random.nextInt() : (byte) (random.nextBoolean() ? 0x7F : 0xFF);
        }
        return copy;
    }

    private static void decodeOrRefuse(byte[] message, Function<ByteBuffer, ?> decoder) {
        try {
            decoder.apply(ByteBuffer.wrap(message));
        } catch (InvalidMessageException refused) {
            assertThat(refused).hasMessageMatching(".+");
        }
    }

    private static void requireRefused(byte[] message, Function<ByteBuffer, ?> decoder) {
        assertThatExceptionOfType(InvalidMessageException.class)
                .isThrownBy(() -> decoder.apply(ByteBuffer.wrap(message)));
    }

    private static ByteBuffer joined(List<ByteBuffer> pieces) {
        ByteBuffer message = ByteBuffer.allocate(pieces.stream().mapToInt(ByteBuffer::remaining).sum());
        pieces.forEach(piece -> message.put(piece.duplicate()));
        return message.flip();
    }

    private static byte[] bytes(ByteBuffer message) {
        byte[] bytes = new byte[message.remaining()];
        message.duplicate().get(bytes);
        return bytes;
    }
}
