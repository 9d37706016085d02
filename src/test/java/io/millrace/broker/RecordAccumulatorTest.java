package io.millrace.broker;

import static io.millrace.broker.BrokerHarness.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.broker.produce.PartitionBatches;
import io.millrace.broker.produce.PartitionSelector;
import io.millrace.broker.produce.Produced;
import io.millrace.broker.produce.RecordAccumulator;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.Partitioner;
import io.millrace.metadata.Topic;
import io.millrace.metadata.config.KeyHashPartitioner;
import io.millrace.metadata.config.TopicConfig;
import io.millrace.metadata.registers.StoredTopic;
import io.millrace.metadata.topics.CachedTopic;
import io.millrace.metadata.topics.StickyRoundRobin;
import io.millrace.record.Codec;
import io.millrace.record.Header;
import io.millrace.record.Record;
import io.millrace.record.RecordBatch;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RecordAccumulatorTest {
    private static final int ANY = RecordAccumulator.ANY_PARTITION;
    private static final long NOW = RecordAccumulator.NO_TIMESTAMP;
    private final ManualClock clock = new ManualClock(1234);
    private final StickyRoundRobin keyless = new StickyRoundRobin();

    private CachedTopic topic(int partitions, Map<String, String> overrides) {
        Topic.Assignment here = new Topic.Assignment(1, 0, List.of(1), List.of(1));
        Topic topic = new Topic("orders", new UUID(1, 2), 0, overrides, Collections.nCopies(partitions, here));
        return new CachedTopic(StoredTopic.whole(topic, 1), TopicConfig.of(Map.of(), overrides), null, keyless);
    }

    private RecordAccumulator accumulator(int partitions, Map<String, String> overrides) {
        CachedTopic topic = topic(partitions, overrides);
        return new RecordAccumulator(topic, new PartitionSelector(topic, Optional.empty(), partition -> true), clock);
    }

    private RecordAccumulator accumulator(int partitions, Partitioner custom) {
        CachedTopic topic = topic(partitions, Map.of());
        return new RecordAccumulator(topic, new PartitionSelector(topic, Optional.of(custom), partition -> true),
                clock);
    }

    private static void add(RecordAccumulator records, int partition, String key, String value) {
        records.append(partition, NOW, bytes(key), bytes(value), List.of());
    }

    private static List<Integer> partitions(RecordAccumulator records) {
        Produced produced = new Produced(records);
        return IntStream.range(0, produced.recordCount()).map(produced::partition).boxed().toList();
    }

    private static List<RecordBatch> batches(PartitionBatches partition) {
        return partition.build().stream().map(RecordBatch::at).toList();
    }

    @Test
    void aRecordKeepsItsKeyValueHeadersAndTimestamp() {
        RecordAccumulator records = accumulator(1, Map.of());
        List<Header> headers = List.of(new Header("h", bytes("1")), new Header("h", null));
        records.append(0, 99, bytes("k"), bytes("v"), headers);
        records.append(0, NOW, null, null, List.of());

        List<Record> read = new ArrayList<>();
        batches(records.touched().get(0)).get(0).records().forEachRemaining(read::add);

        assertThat(read).hasSize(2);
        assertThat(read.get(0)).isEqualTo(new Record(0, 99, bytes("k"), bytes("v"), headers));
        assertThat(read.get(1)).isEqualTo(new Record(1, 1234, null, null, List.of()));
    }

    @Test
    void keyedRecordsGoWhereTheirHashSays() {
        RecordAccumulator records = accumulator(7, Map.of());
        List<Integer> expected = new ArrayList<>();
        for (String key : List.of("", "a", "b", "customer-4711", "ü")) {
            add(records, ANY, key, "v");
            expected.add(KeyHashPartitioner.partition(bytes(key), 7));
        }

        assertThat(partitions(records)).isEqualTo(expected);
    }

    @Test
    void keylessRecordsOfARequestStayTogetherAndTheNextRequestMovesOn() {
        for (int expected : List.of(0, 1, 2, 0)) {
            RecordAccumulator records = accumulator(3, Map.of());
            for (int i = 0; i < 5; i++) {
                add(records, ANY, null, "v" + i);
            }
            assertThat(partitions(records)).containsOnly(expected);
        }
    }

    @Test
    void aRequestWithoutKeylessRecordsTakesNoTurn() {
        add(accumulator(3, Map.of()), ANY, "k", "v");
        RecordAccumulator next = accumulator(3, Map.of());
        add(next, ANY, null, "v");

        assertThat(partitions(next)).containsExactly(0);
    }

    @Test
    void aLargeRequestMovesOnAfterABatchsWorth() {
        RecordAccumulator records = accumulator(2, Map.of());
        for (int i = 0; i < 40; i++) {
            add(records, ANY, null, "x".repeat(1024));
        }

        List<Integer> partitions = partitions(records);
        assertThat(partitions.subList(0, 16)).containsOnly(0);
        assertThat(partitions.subList(16, 32)).containsOnly(1);
        assertThat(partitions.subList(32, 40)).containsOnly(0);
    }

    @Test
    void keylessRecordsPassOverPartitionsThatCannotBeWritten() {
        CachedTopic topic = topic(3, Map.of());
        for (int expected : List.of(2, 2, 2)) {
            RecordAccumulator records = new RecordAccumulator(topic,
                    new PartitionSelector(topic, Optional.empty(), partition -> partition == 2), clock);
            add(records, ANY, null, "v");
            assertThat(partitions(records)).containsExactly(expected);
        }
        assertThat(new StickyRoundRobin().next(3, partition -> false)).isZero();
    }

    @Test
    void anApplicationsPartitionerChoosesForEveryRecordThatNamesNone() {
        RecordAccumulator records = accumulator(10, new FirstBytePartitioner());
        add(records, ANY, null, "7 of nine");
        add(records, ANY, "key", "3");
        add(records, 5, null, "1");

        assertThat(partitions(records)).containsExactly(7, 3, 5);
        List<Record> read = new ArrayList<>();
        batches(records.touched().get(0)).get(0).records().forEachRemaining(read::add);
        assertThat(BrokerHarness.text(read.get(0).value())).as("not moved by the partitioner").isEqualTo("7 of nine");
    }

    @Test
    void aPartitionerThatFailsOrAnswersNonsenseFailsTheRequest() {
        RecordAccumulator records = accumulator(3, new FirstBytePartitioner());
        add(records, ANY, null, "0");

        Failures.assertFails(ErrorKind.INVALID_REQUEST, () -> add(records, ANY, null, ""))
                .hasMessageContaining("record 1").hasMessageContaining("'first-byte'")
                .hasMessageContaining("no first byte");
        Failures.assertFails(ErrorKind.INVALID_REQUEST, () -> add(records, ANY, null, "3"))
                .hasMessageContaining("record 1").hasMessageContaining("answered partition 3")
                .hasMessageContaining("0 to 2");
        Failures.assertFails(ErrorKind.INVALID_REQUEST, () -> add(records, ANY, null, "/"))
                .hasMessageContaining("answered partition -1");
    }

    @Test
    void offsetsFollowTheOrderOfTheRequestPartitionByPartition() {
        RecordAccumulator records = accumulator(3, Map.of());
        Random random = new Random(7);
        int[] perPartition = new int[3];
        long[] expected = new long[200];
        for (int i = 0; i < 200; i++) {
            int partition = random.nextInt(3);
            expected[i] = 1000L * (partition + 1) + perPartition[partition]++;
            add(records, partition, null, "v" + i);
        }
        Produced produced = new Produced(records);
        for (PartitionBatches partition : records.touched()) {
            produced.appended(partition.slot(), 1000L * (partition.partition() + 1));
        }

        assertThat(records.recordCount()).isEqualTo(200);
        for (int i = 0; i < 200; i++) {
            assertThat(produced.offset(i)).isEqualTo(expected[i]);
        }
    }

    @Test
    void batchesStayWithinTheTopicsLimitAndLoseNothing() {
        for (String codec : List.of("none", "gzip")) {
            RecordAccumulator records = accumulator(1, Map.of("max.message.bytes", "1000", "compression.type", codec));
            Random random = new Random(11);
            List<Integer> sizes = new ArrayList<>();
            for (int i = 0; i < 300; i++) {
                sizes.add(random.nextInt(800));
                records.append(0, random.nextInt(1_000_000), i % 3 == 0 ? bytes("key" + i) : null,
                        ByteBuffer.allocate(sizes.get(i)),
                        i % 5 == 0 ? List.of(new Header("hä", bytes("x"))) : List.of());
            }

            List<Integer> read = new ArrayList<>();
            for (RecordBatch batch : batches(records.touched().get(0))) {
                assertThat(batch.sizeInBytes()).isLessThanOrEqualTo(1000);
                batch.records().forEachRemaining(record -> read.add(record.value().remaining()));
            }
            assertThat(read).isEqualTo(sizes);
        }
    }

    @Test
    void aProducerStandsInTheBatchOfEachPartition() {
        for (String codec : List.of("none", "gzip")) {
            RecordAccumulator records = accumulator(2, Map.of("max.message.bytes", "1000", "compression.type", codec));
            for (int i = 0; i < 3; i++) {
                records.append(0, NOW, null, ByteBuffer.allocate(300), List.of());
            }
            add(records, 1, "k", "v");

            records.setProducer(77, (short) 3, partition -> partition == 0 ? Integer.MAX_VALUE - 5 : 0);

            List<RecordBatch> first = batches(records.touched().get(0));
            assertThat(first).extracting(RecordBatch::baseSequence).containsExactly(Integer.MAX_VALUE - 5);
            assertThat(batches(records.touched().get(1))).extracting(RecordBatch::baseSequence).containsExactly(0);
            assertThat(first).allMatch(RecordBatch::checksumMatches).extracting(RecordBatch::producerId).containsOnly(77L);
            assertThat(first).extracting(RecordBatch::producerEpoch).containsOnly((short) 3);
        }
    }

    @Test
    void aProducersRecordsFitIntoOneBatchOfEachPartition() {
        RecordAccumulator records = accumulator(2, Map.of("max.message.bytes", "1000"));
        add(records, 1, "k", "v");
        for (int i = 0; i < 4; i++) {
            records.append(0, NOW, null, ByteBuffer.allocate(300), List.of());
        }

        Failures.assertFails(ErrorKind.RECORD_TOO_LARGE, () -> records.setProducer(77, (short) 3, partition -> 0))
                .hasMessageContaining("the 4 records for partition 0 do not fit into one batch of 1000 bytes")
                .hasMessageContaining("send fewer records at a time");
        Failures.assertFails(ErrorKind.RECORD_TOO_LARGE, () -> records.setProducer(77, (short) 3));
        Failures.assertFails(ErrorKind.RECORD_TOO_LARGE, records::requireOneBatchEach);
        assertThat(batches(records.touched().get(1))).as("without a producer").hasSize(2);
    }

    @Test
    void aProducersRecordMustGoToTheSamePartitionWheneverItIsSent() {
        RecordAccumulator inTurn = accumulator(2, Map.of());
        add(inTurn, ANY, "k", "v");
        add(inTurn, ANY, null, "v");
        Failures.assertFails(ErrorKind.INVALID_RECORD, () -> inTurn.setProducer(1, (short) 0, partition -> 0))
                .hasMessageContaining("record 1 ");

        RecordAccumulator named = accumulator(2, Map.of());
        add(named, ANY, "k", "v");
        add(named, 1, null, "v");
        named.setProducer(1, (short) 0, partition -> 0);

        RecordAccumulator onlyOne = accumulator(1, Map.of());
        add(onlyOne, ANY, null, "v");
        onlyOne.setProducer(1, (short) 0, partition -> 4);
        assertThat(batches(onlyOne.touched().get(0))).extracting(RecordBatch::baseSequence).containsExactly(4);

        RecordAccumulator chosen = accumulator(10, new FirstBytePartitioner());
        add(chosen, ANY, null, "7 of nine");
        chosen.setProducer(1, (short) 0, partition -> partition);
        assertThat(batches(chosen.touched().get(0))).extracting(RecordBatch::baseSequence).containsExactly(7);
    }

    @Test
    void recordsWithoutATimestampHaveOneTime() {
        RecordAccumulator records = accumulator(1, Map.of());
        add(records, 0, null, "a");
        clock.advanceMillis(70);
        add(records, 0, null, "b");

        List<Long> timestamps = new ArrayList<>();
        batches(records.touched().get(0)).get(0).records().forEachRemaining(record -> timestamps.add(record.timestamp()));
        assertThat(timestamps).containsExactly(1234L, 1234L);
    }

    @Test
    void theTopicsCodecIsUsed() {
        RecordAccumulator records = accumulator(1, Map.of("compression.type", "zstd"));
        add(records, 0, null, "v");

        assertThat(batches(records.touched().get(0)).get(0).codec()).isEqualTo(Codec.ZSTD);
    }

    @Test
    void aRecordThatFillsABatchExactlyFitsAndOneByteMoreIsRefusedByItsIndex() {
        RecordAccumulator records = accumulator(1, Map.of("max.message.bytes", "1000"));
        int around = RecordBatch.HEADER_BYTES + 9;
        add(records, 0, null, "small");
        records.append(0, NOW, null, ByteBuffer.allocate(1000 - around), List.of());

        Failures.assertFails(ErrorKind.RECORD_TOO_LARGE,
                        () -> records.append(0, NOW, null, ByteBuffer.allocate(1001 - around), List.of()))
                .hasMessageContaining("record 2").hasMessageContaining("1001 bytes")
                .hasMessageContaining("max.message.bytes allows 1000");
        assertThat(batches(records.touched().get(0))).extracting(RecordBatch::sizeInBytes).last().isEqualTo(1000);
    }

    @Test
    void recordsForPartitionsThatTheTopicDoesNotHaveAreRefusedByThemselvesUnlessAllAreToBeTaken() {
        RecordAccumulator records = accumulator(3, Map.of());
        add(records, 2, null, "v");
        records.requireNoneRefused();
        for (int unknown : new int[] {3, -2, Integer.MAX_VALUE}) {
            add(records, unknown, null, "v");
        }
        add(records, 2, null, "w");

        assertThat(records.recordCount()).isEqualTo(5);
        assertThat(records.refusedCount()).isEqualTo(3);
        assertThat(records.touched()).singleElement().extracting(PartitionBatches::partition).isEqualTo(2);
        Failures.assertFails(ErrorKind.UNKNOWN_PARTITION, records::requireNoneRefused)
                .hasMessageContaining("record 1").hasMessageContaining("no partition 3").hasMessageContaining("partitions 0 to 2");
        Failures.assertFails(ErrorKind.UNKNOWN_PARTITION, () -> records.setProducer(1, (short) 0, partition -> 0));
        Failures.assertFails(ErrorKind.UNKNOWN_PARTITION, () -> records.setTransaction("t", 1, (short) 0));
    }

    @Test
    void aNegativeTimestampIsRefused() {
        RecordAccumulator records = accumulator(1, Map.of());

        Failures.assertFails(ErrorKind.INVALID_REQUEST, () -> records.append(0, -2, null, bytes("v"), List.of()))
                .hasMessageContaining("record 0").hasMessageContaining("-2");
    }
}
