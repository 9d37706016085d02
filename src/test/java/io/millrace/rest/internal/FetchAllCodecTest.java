package io.millrace.rest.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.millrace.broker.fetch.FetchAllRequest;
import io.millrace.broker.fetch.FetchAllResult;
import io.millrace.log.IsolationLevel;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.TopicPartition;
import io.millrace.replica.hosting.FetchPosition;
import io.millrace.replica.hosting.FetchResult;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class FetchAllCodecTest {
    @Test
    void aRequestComesBackAsItWas() {
        assertThat(FetchAllCodec.decodeRequest(FetchAllCodec.encode(request()))).isEqualTo(request());
    }

    @Test
    void aRequestAndAResultOfNothingComeBack() {
        FetchAllRequest request = new FetchAllRequest(List.of(), 0, 0, 0);
        FetchAllResult result = new FetchAllResult(List.of());

        assertThat(FetchAllCodec.decodeRequest(FetchAllCodec.encode(request))).isEqualTo(request);
        assertThat(FetchAllCodec.decodeResult(joined(FetchAllCodec.encode(result, IsolationLevel.READ_UNCOMMITTED)))).isEqualTo(result);
    }

    @Test
    void aTopicsNameIsWrittenOnce() {
        String name = "t".repeat(249);
        FetchAllRequest request = new FetchAllRequest(IntStream.range(0, 1000)
                .mapToObj(i -> new FetchAllRequest.Part(name, i, new FetchPosition.AtOffset(i))).toList(), 1, 1, 1);

        assertThat(FetchAllCodec.encode(request).remaining()).isLessThan(22_000);
    }

    @Test
    void aResultComesBackAsItWas() {
        FetchAllResult back = FetchAllCodec.decodeResult(joined(FetchAllCodec.encode(result(), IsolationLevel.READ_UNCOMMITTED)));

        requireEqual(back, result());
    }

    @ParameterizedTest
    @EnumSource(ErrorKind.class)
    void everyKindOfFailureComesBackAsTheKindThatItIs(ErrorKind kind) {
        FetchAllResult back = FetchAllCodec.decodeResult(joined(FetchAllCodec.encode(
                new FetchAllResult(List.of(failed("orders", 0, kind, "so ein Ärger"))), IsolationLevel.READ_UNCOMMITTED)));

        assertThat(back.parts().get(0).failure().kind()).isEqualTo(kind);
        assertThat(back.parts().get(0).failure()).hasMessage("so ein Ärger");
    }

    @Test
    void aKindThatIsNotKnownHereIsUnavailable() {
        byte[] message = joined(FetchAllCodec.encode(
                new FetchAllResult(List.of(failed("orders", 0, ErrorKind.NOT_LEADER, "told"))), IsolationLevel.READ_UNCOMMITTED)).array();
        String text = new String(message, StandardCharsets.ISO_8859_1).replace("NOT_LEADER", "UNHEARD_OF");

        FetchAllResult back = FetchAllCodec.decodeResult(ByteBuffer.wrap(text.getBytes(StandardCharsets.ISO_8859_1)));
        assertThat(back.parts().get(0).failure().kind()).isEqualTo(ErrorKind.UNAVAILABLE);
        assertThat(back.parts().get(0).failure()).hasMessage("told");
    }

    @Test
    void longWordsAreCutAndNoneAreStillWords() {
        FetchAllResult back = FetchAllCodec.decodeResult(joined(FetchAllCodec.encode(new FetchAllResult(List.of(
                failed("t", 0, ErrorKind.UNAVAILABLE, "x".repeat(100_000)), failed("t", 1, ErrorKind.FENCED, null))), IsolationLevel.READ_UNCOMMITTED)));

        assertThat(back.parts().get(0).failure().getMessage()).hasSize(1000);
        assertThat(back.parts().get(1).failure().kind()).isEqualTo(ErrorKind.FENCED);
    }

    @Test
    void batchesAreNotCopied() {
        byte[] stored = {9, 1, 2, 3, 9};
        ByteBuffer batches = ByteBuffer.wrap(stored, 1, 3);

        List<ByteBuffer> pieces = FetchAllCodec.encode(new FetchAllResult(List.of(read("t", 0, batches))), IsolationLevel.READ_UNCOMMITTED);

        assertThat(pieces).anyMatch(piece -> piece.array() == stored && piece.remaining() == 3);
        ByteBuffer message = joined(pieces);
        assertThat(FetchAllCodec.decodeResult(message).parts().get(0).result().batches().array())
                .isSameAs(message.array());
    }

    @Test
    void everyCutIsRefused() {
        byte[] request = bytes(FetchAllCodec.encode(request()));
        byte[] result = joined(FetchAllCodec.encode(result(), IsolationLevel.READ_UNCOMMITTED)).array();

        for (int length = 0; length < request.length; length++) {
            requireRefused(Arrays.copyOf(request, length), FetchAllCodec::decodeRequest);
        }
        for (int length = 0; length < result.length; length++) {
            requireRefused(Arrays.copyOf(result, length), FetchAllCodec::decodeResult);
        }
        requireRefused(Arrays.copyOf(request, request.length + 1), FetchAllCodec::decodeRequest);
        requireRefused(Arrays.copyOf(result, result.length + 1), FetchAllCodec::decodeResult);
    }

    @Test
    void aRequestOfTheVersionBeforeIsReadWithoutIdsAndResultsAreAsThatKnowsThem() {
        FetchAllRequest back = FetchAllCodec.decodeRequest(FetchAllCodec.encodeFor(FetchAllCodec.WITHOUT_IDS, request()));

        assertThat(back).isEqualTo(new FetchAllRequest(request().parts().stream().map(part ->
                new FetchAllRequest.Part(part.topic(), part.partition(), part.from())).toList(), request().minBytes(),
                request().maxBytes(), request().maxWaitMs()));
        assertThat(joined(FetchAllCodec.encode(result(), IsolationLevel.READ_UNCOMMITTED)).get(0)).isEqualTo((byte) 1);
    }

    @Test
    void leaderEpochsAreKnownToThisVersionAndLeftOutForTheOneBefore() {
        FetchAllRequest request = new FetchAllRequest(List.of(
                new FetchAllRequest.Part("t", 0, new UUID(1, 2), new FetchPosition.AtOffset(5, 7)),
                new FetchAllRequest.Part("t", 1, new UUID(1, 2), new FetchPosition.EndOfEpoch(3))), 1, 2, 3);
        assertThat(FetchAllCodec.decodeRequest(FetchAllCodec.encode(request))).isEqualTo(request);
        assertThat(FetchAllCodec.decodeRequest(FetchAllCodec.encodeFor(FetchAllCodec.WITHOUT_EPOCHS, request)).parts())
                .extracting(FetchAllRequest.Part::from)
                .containsExactly(new FetchPosition.AtOffset(5), new FetchPosition.Latest());
    }

    @Test
    void whoReadsCommittedIsToldTheLastStableOffset() {
        FetchAllRequest request = new FetchAllRequest(request().parts(), IsolationLevel.READ_COMMITTED, 1, 2, 3);
        FetchAllResult result = new FetchAllResult(List.of(new FetchAllResult.Part(new TopicPartition("orders", 0),
                new FetchResult(10, 12, 20, 15, 3, 4, ByteBuffer.wrap(new byte[] {1}), List.of()), null),
                failed("clicks", 7, ErrorKind.NOT_LEADER, "not me"), read("orders", 1, ByteBuffer.allocate(0))));

        assertThat(FetchAllCodec.decodeRequest(FetchAllCodec.encode(request))).isEqualTo(request);
        requireEqual(FetchAllCodec.decodeResult(joined(FetchAllCodec.encode(result, request.isolation()))), result);
    }

    @Test
    void aBrokerWithoutTransactionsIsAskedForAllThatItHas() {
        FetchAllRequest request = new FetchAllRequest(request().parts(), IsolationLevel.READ_COMMITTED, 1, 2, 3);

        assertThat(FetchAllCodec.decodeRequest(FetchAllCodec.encodeFor(FetchAllCodec.WITHOUT_ISOLATION, request)))
                .isEqualTo(new FetchAllRequest(request().parts(), 1, 2, 3));
    }

    @Test
    void anUnknownIsolationLevelIsRefused() {
        byte[] message = bytes(FetchAllCodec.encode(request()));
        message[1 + 2 * Integer.BYTES + Long.BYTES] = 2;
        requireRefused(message, FetchAllCodec::decodeRequest);
    }

    @Test
    void anotherVersionIsRefusedAndNamed() {
        byte[] message = bytes(FetchAllCodec.encode(request()));
        message[0] = 7;

        assertThatExceptionOfType(InvalidMessageException.class)
                .isThrownBy(() -> FetchAllCodec.decodeRequest(ByteBuffer.wrap(message)))
                .withMessageContaining("version 7");
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void damagedMessagesAreDecodedOrRefusedAndNothingElse(long seed) {
        Random random = new Random(seed);
        byte[] request = bytes(FetchAllCodec.encode(request()));
        byte[] result = joined(FetchAllCodec.encode(result(), IsolationLevel.READ_UNCOMMITTED)).array();
        for (int i = 0; i < 20_000; i++) {
            decodeOrRefuse(damaged(request, random), FetchAllCodec::decodeRequest);
            decodeOrRefuse(damaged(result, random), FetchAllCodec::decodeResult);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {7, 8, 9})
    void anyMessageComesBackAsItWas(long seed) {
        Random random = new Random(seed);
        for (int round = 0; round < 300; round++) {
            List<FetchAllRequest.Part> asked = new ArrayList<>();
            List<FetchAllResult.Part> told = new ArrayList<>();
            for (int i = random.nextInt(20); i > 0; i--) {
                String topic = "topic-" + random.nextInt(4);
                int partition = random.nextInt();
                asked.add(new FetchAllRequest.Part(topic, partition,
                        random.nextBoolean() ? null : new UUID(random.nextLong(), 1), position(random)));
                byte[] batches = new byte[random.nextInt(3) * random.nextInt(500)];
                random.nextBytes(batches);
                told.add(random.nextInt(3) == 0 ? failed(topic, partition, ErrorKind.UNAVAILABLE, "séance " + i)
                        : new FetchAllResult.Part(new TopicPartition(topic, partition), new FetchResult(
                                random.nextLong(), random.nextLong(), random.nextLong(), random.nextLong(),
                                random.nextInt(), ByteBuffer.wrap(batches)), null));
            }
            FetchAllRequest request = new FetchAllRequest(asked,
                    IsolationLevel.values()[random.nextInt(2)], random.nextInt(), random.nextInt(),
                    random.nextLong());

            assertThat(FetchAllCodec.decodeRequest(FetchAllCodec.encode(request))).isEqualTo(request);
            FetchAllResult result = new FetchAllResult(told);
            requireEqual(FetchAllCodec.decodeResult(joined(FetchAllCodec.encode(result, IsolationLevel.READ_UNCOMMITTED))), result);
        }
    }

    private static FetchPosition position(Random random) {
        return switch (random.nextInt(4)) {
            case 0 -> new FetchPosition.AtOffset(random.nextLong());
            case 1 -> new FetchPosition.Earliest();
            case 2 -> new FetchPosition.Latest();
            default -> new FetchPosition.AtTimestamp(random.nextLong());
        };
    }

    private static FetchAllRequest request() {
        return new FetchAllRequest(List.of(
                new FetchAllRequest.Part("orders", 0, new FetchPosition.AtOffset(Long.MAX_VALUE)),
                new FetchAllRequest.Part("clicks", 7, new FetchPosition.Earliest()),
                new FetchAllRequest.Part("orders", 1, new FetchPosition.Latest()),
                new FetchAllRequest.Part("orders", 2, new FetchPosition.AtTimestamp(1_700_000_000_000L))), 1, 8 << 20,
                5_000_000_000L);
    }

    private static FetchAllResult result() {
        return new FetchAllResult(List.of(read("orders", 0, ByteBuffer.wrap(new byte[] {1, 2, 3, 4, 5})),
                failed("clicks", 7, ErrorKind.OFFSET_OUT_OF_RANGE, "offset 9 is out of range"),
                read("orders", 1, ByteBuffer.wrap(new byte[] {6})), read("orders", 2, ByteBuffer.allocate(0))));
    }

    private static FetchAllResult.Part read(String topic, int partition, ByteBuffer batches) {
        return new FetchAllResult.Part(new TopicPartition(topic, partition),
                new FetchResult(10, 12, FetchResult.NOT_KNOWN, 3, 4, batches), null);
    }

    private static FetchAllResult.Part failed(String topic, int partition, ErrorKind kind, String message) {
        return new FetchAllResult.Part(new TopicPartition(topic, partition), null,
                new BrokerException(kind, message));
    }

    private static void requireEqual(FetchAllResult actual, FetchAllResult expected) {
        assertThat(actual.parts()).hasSameSizeAs(expected.parts());
        for (int i = 0; i < expected.parts().size(); i++) {
            FetchAllResult.Part is = actual.parts().get(i);
            FetchAllResult.Part should = expected.parts().get(i);
            assertThat(is.id()).isEqualTo(should.id());
            assertThat(is.result()).isEqualTo(should.result());
            if (should.failure() != null) {
                assertThat(is.failure().kind()).isEqualTo(should.failure().kind());
                assertThat(is.failure()).hasMessage(should.failure().getMessage());
            }
        }
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
