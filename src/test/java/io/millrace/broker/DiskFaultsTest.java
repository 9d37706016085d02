package io.millrace.broker;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.log.write.PartitionLog;
import io.millrace.metadata.BrokerException;
import io.millrace.record.RecordBatch;
import io.millrace.replica.hosting.Partition;
import io.millrace.replica.hosting.ReadMemory;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Three brokers, and one of them has a bad disk. */
class DiskFaultsTest {
    private static final int RECORDS = 40;

    @TempDir
    Path root;
    private BrokerCluster cluster;

    @BeforeEach
    void open() {
        cluster = new BrokerCluster(root);
        for (int i = 0; i < RECORDS; i++) {
            cluster.produce("record " + i + " ".repeat(100));
        }
        Awaiting.until(() -> Stream.of(1, 2, 3).allMatch(id -> cluster.log(id).logEndOffset() == RECORDS));
    }

    @AfterEach
    void close() {
        cluster.close();
    }

    @Test
    void bitRotOnOneReplicaIsNotServedAndIsFetchedAgainFromAPeerWhoseLogIsUntouched() throws IOException {
        int rotten = cluster.assignment().leader();
        flipBit(folder(rotten), 1);

        for (int offset = 0; offset < RECORDS; offset++) {
            String[] found = new String[1];
            int at = offset;
            Awaiting.until(() -> {
                try {
                    found[0] = cluster.read(cluster.leader(), at);
                    return true;
                } catch (BrokerException damagedOrMoved) {
                    return false;
                }
            });
            assertThat(found[0]).startsWith("record " + offset + " ");
        }

        assertThat(cluster.assignment().leader()).as("another one leads now").isNotEqualTo(rotten);
        Awaiting.until(() -> cluster.assignment().isr().size() == 3 && cluster.log(rotten).logEndOffset() == RECORDS);
        assertThat(everything(cluster.log(rotten))).isEqualTo(everything(cluster.log(rotten % 3 + 1))).hasSize(RECORDS);
    }

    @Test
    void damageAtDifferentPlacesOfTwoReplicasIsHealedFromEachOtherAndNothingGoodIsCut() throws IOException {
        int leader = cluster.assignment().leader();
        int follower = leader % 3 + 1;
        int epoch = cluster.assignment().leaderEpoch();
        flipBit(folder(follower), 1);
        flipBit(folder(leader), 3);

        partition(follower).foundDamage(damagedOffset(follower));
        Awaiting.until(() -> {
            assertThat(cluster.log(follower).logEndOffset()).as("the good end of the log").isEqualTo(RECORDS);
            return damagedOffset(follower) < 0 && cluster.assignment().isr().size() == 3;
        });
        assertThat(cluster.assignment().leader()).isEqualTo(leader);
        assertThat(cluster.assignment().leaderEpoch()).as("fetches that were under way are fenced").isGreaterThan(epoch);
        assertThat(everything(cluster.log(follower))).hasSize(RECORDS);

        partition(leader).foundDamage(damagedOffset(leader));
        Awaiting.until(() -> damagedOffset(leader) < 0 && cluster.assignment().isr().size() == 3);
        assertThat(everything(cluster.log(leader))).isEqualTo(everything(cluster.log(follower))).hasSize(RECORDS);
    }

    private Partition partition(int brokerId) {
        return cluster.brokers.get(brokerId - 1).hosted().working().get(0);
    }

    /** The first, or -1. */
    private long damagedOffset(int brokerId) {
        PartitionLog log = cluster.log(brokerId);
        return LongStream.range(0, log.logEndOffset()).filter(offset -> log.damagedRange(offset).isPresent()).findFirst()
                .orElse(-1);
    }

    private Path folder(int brokerId) {
        return root.resolve("broker-" + brokerId).resolve(BrokerCluster.TOPIC + "-0");
    }

    @Test
    void aDiskThatFailsMakesItsBrokerHandItsPartitionsOnAndIsNotTriedAgain() {
        int broken = cluster.assignment().leader();
        // The writer cannot make the next segment any more.
        BrokenDisk.remove(root.resolve("broker-" + broken).resolve(BrokerCluster.TOPIC + "-0"));

        for (int i = 0; i < 20; i++) {
            cluster.produce("afterwards " + i + " ".repeat(100));
        }

        assertThat(cluster.directories.get(broken - 1).failure()).isNotNull();
        assertThat(cluster.assignment().leader()).isNotEqualTo(broken);
        Awaiting.until(() -> !cluster.assignment().isr().contains(broken));
        assertThat(cluster.read(cluster.leader(), 0)).startsWith("record 0 ");
    }

    private static List<String> everything(PartitionLog log) {
        List<String> values = new ArrayList<>();
        long offset = log.logStartOffset();
        while (offset < log.logEndOffset()) {
            ByteBuffer batches = log.read(offset, log.logEndOffset(), 1 << 20, ReadMemory.UNBOUNDED::take);
            for (RecordBatch batch : RecordBatch.in(batches)) {
                batch.records().forEachRemaining(record -> values.add(BrokerHarness.text(record.value())));
                offset = batch.lastOffset() + 1;
            }
        }
        return values;
    }

    /** In a record's value, in the middle of a segment. */
    private static void flipBit(Path folder, int number) throws IOException {
        Path segment;
        try (Stream<Path> files = Files.list(folder)) {
            segment = files.filter(file -> file.toString().endsWith(".log")).sorted().skip(number).findFirst().orElseThrow();
        }
        try (FileChannel channel = FileChannel.open(segment, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            long position = channel.size() / 2;
            ByteBuffer one = ByteBuffer.allocate(1);
            channel.read(one, position);
            one.flip();
            channel.write(ByteBuffer.wrap(new byte[] {(byte) (one.get(0) ^ 0x10)}), position);
        }
    }
}
