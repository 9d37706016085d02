package io.millrace.log.segment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.log.AbortedTransaction;
import io.millrace.log.file.FileAccess;
import io.millrace.log.file.OpenFiles;
import io.millrace.log.file.SimulatedDisk;
import io.millrace.log.file.TestFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.kafka.storage.internals.log.AbortedTxn;
import org.apache.kafka.storage.internals.log.TxnIndexSearchResult;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TransactionIndexTest {
    private final OpenFiles files = new OpenFiles(FileAccess.DISK, 100);
    @TempDir
    Path folder;
    private Path path;

    @BeforeEach
    void name() {
        path = folder.resolve("00000000000000000100.txnindex");
    }

    private TransactionIndex open() throws IOException {
        return TransactionIndex.open(files, path);
    }

    private static List<AbortedTransaction> all(TransactionIndex index) throws IOException {
        return collected(index, 0, Long.MAX_VALUE);
    }

    private static List<AbortedTransaction> collected(TransactionIndex index, long from, long to) throws IOException {
        List<AbortedTransaction> found = new ArrayList<>();
        index.collect(from, to, found);
        return found;
    }

    /** Some that overlap, in the order of their markers. */
    private static List<AbortedTransaction> some(int count, Random random) {
        List<AbortedTransaction> transactions = new ArrayList<>();
        long marker = 100;
        for (int i = 0; i < count; i++) {
            marker += 2 + random.nextInt(20);
            long first = Math.max(0, marker - 1 - random.nextInt(100));
            transactions.add(new AbortedTransaction(random.nextInt(5), first, marker, Math.max(0, marker + 1 - random.nextInt(60))));
        }
        return transactions;
    }

    private static TransactionIndex filled(TransactionIndex index, List<AbortedTransaction> transactions) throws IOException {
        for (AbortedTransaction each : transactions) {
            index.append(each);
        }
        return index;
    }

    @Test
    void thereIsAFileOnceThereIsAnEntryAndItIsReadAgain() throws IOException {
        TransactionIndex index = open();
        assertThat(all(index)).isEmpty();
        index.force();
        assertThat(path).doesNotExist();

        List<AbortedTransaction> transactions = some(1_000, new Random(1));
        filled(index, transactions);

        assertThat(all(index)).isEqualTo(transactions);
        assertThat(Files.size(path)).isEqualTo(1_000L * TransactionIndex.ENTRY_BYTES);
        index.force();
        index.close();
        assertThat(all(open())).isEqualTo(transactions);
        assertThat(open().isSane(100, Long.MAX_VALUE)).isTrue();
    }

    @Test
    void theFieldsOwnIndexReadsOursAndWeReadItsOwn() throws IOException {
        List<AbortedTransaction> transactions = some(200, new Random(2));
        filled(open(), transactions).close();
        try (var kafka = new org.apache.kafka.storage.internals.log.TransactionIndex(100, path.toFile())) {
            kafka.sanityCheck();
            assertThat(kafka.allAbortedTxns()).extracting(AbortedTxn::producerId, AbortedTxn::firstOffset, AbortedTxn::lastOffset,
                AbortedTxn::lastStableOffset, AbortedTxn::version).containsExactlyElementsOf(transactions.stream().map(each ->
                org.assertj.core.groups.Tuple.tuple(each.producerId(), each.firstOffset(), each.lastOffset(),
                    each.lastStableOffset(), (short) 0)).toList());
        }
        Path theirs = folder.resolve("00000000000000000000.txnindex");
        try (var kafka = new org.apache.kafka.storage.internals.log.TransactionIndex(0, theirs.toFile())) {
            for (AbortedTransaction each : transactions) {
                kafka.append(new AbortedTxn(each.producerId(), each.firstOffset(), each.lastOffset(), each.lastStableOffset()));
            }
            kafka.flush();
        }
        assertThat(Files.readAllBytes(theirs)).isEqualTo(Files.readAllBytes(path));
        assertThat(all(TransactionIndex.open(files, theirs))).isEqualTo(transactions);
    }

    @Test
    void theSameAreFoundInARangeAsTheFieldFinds() throws IOException {
        Random random = new Random(3);
        List<AbortedTransaction> transactions = some(600, random);
        TransactionIndex index = filled(open(), transactions);
        try (var kafka = new org.apache.kafka.storage.internals.log.TransactionIndex(100, path.toFile())) {
            for (int i = 0; i < 500; i++) {
                long from = random.nextInt(7_000);
                long to = from + 1 + random.nextInt(300);
                List<AbortedTransaction> found = new ArrayList<>();
                boolean complete = index.collect(from, to, found);
                TxnIndexSearchResult expected = kafka.collectAbortedTxns(from, to);
                assertThat(found).as("%d to %d", from, to).extracting(AbortedTransaction::lastOffset)
                    .containsExactlyElementsOf(expected.abortedTransactions().stream().map(AbortedTxn::lastOffset).toList());
                if (expected.isComplete()) {
                    assertThat(complete).as("%d to %d", from, to).isTrue();
                }
            }
        }
    }

    @Test
    void whatIsThereAlreadyIsNotAddedAgain() throws IOException {
        List<AbortedTransaction> transactions = some(10, new Random(4));
        TransactionIndex index = filled(open(), transactions);
        filled(index, transactions);
        assertThat(all(index)).isEqualTo(transactions);
    }

    @Test
    void aCutTakesTheEntriesWhoseMarkersItTakes() throws IOException {
        List<AbortedTransaction> transactions = some(700, new Random(5));
        for (int kept : new int[] {700, 699, 400, 1, 0}) {
            TransactionIndex index = filled(open(), transactions);
            index.truncateTo(kept == 700 ? Long.MAX_VALUE : transactions.get(kept).lastOffset());
            assertThat(all(index)).isEqualTo(transactions.subList(0, kept));
            index.append(new AbortedTransaction(9, 9_000, 1_000_000, 1_000_001));
            assertThat(all(index)).hasSize(kept + 1);
            index.truncateTo(0);
            assertThat(all(index)).isEmpty();
            index.close();
        }
    }

    @Test
    void whatIsCutOffWhileItIsReadHidesNothingOfWhatStays() throws IOException {
        TestFiles disk = new TestFiles();
        List<AbortedTransaction> transactions = some(400, new Random(9));
        for (int kept : new int[] {399, 300, 256, 10}) {
            Path file = folder.resolve(kept + ".txnindex");
            TransactionIndex index = filled(TransactionIndex.create(new OpenFiles(disk, 10), file), transactions);
            disk.beforeRead = bytes -> {
                if (bytes > TransactionIndex.ENTRY_BYTES) { // they are counted, and the first of them are read next
                    disk.beforeRead = null;
                    cut(index, transactions.get(kept).lastOffset());
                }
            };
            List<AbortedTransaction> found = new ArrayList<>();
            assertThat(index.collect(0, Long.MAX_VALUE, found)).isFalse();
            assertThat(disk.beforeRead).isNull();
            assertThat(found).isEqualTo(transactions.subList(0, kept));
            index.close();
        }
    }

    private static void cut(TransactionIndex index, long offset) {
        try {
            index.truncateTo(offset);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void entriesThatAreMissingWithoutACutAreNotPassedOver() throws IOException {
        TransactionIndex index = filled(open(), some(400, new Random(10)));
        Files.write(path, java.util.Arrays.copyOf(Files.readAllBytes(path), 300 * TransactionIndex.ENTRY_BYTES - 1));
        List<AbortedTransaction> found = new ArrayList<>();
        assertThatThrownBy(() -> index.collect(0, Long.MAX_VALUE, found)).isInstanceOf(IOException.class)
            .hasMessageContaining("fewer entries");
        assertThat(found).isEmpty();
    }

    @Test
    void theEntriesOfSeveralSegmentsComeTogether() throws IOException {
        List<AbortedTransaction> transactions = some(20, new Random(6));
        TransactionIndex first = filled(TransactionIndex.open(files, folder.resolve("a")), transactions.subList(0, 12));
        TransactionIndex none = TransactionIndex.open(files, folder.resolve("b"));
        TransactionIndex last = filled(TransactionIndex.open(files, folder.resolve("c")), transactions.subList(12, 20));
        TransactionIndex index = open();
        for (TransactionIndex each : List.of(first, none, last)) {
            new AbortedCopy(each, index).finish();
        }
        assertThat(all(index)).isEqualTo(transactions);
    }

    @Test
    void theEntriesOfMarkersThatGoAreLeftOut() throws IOException {
        List<AbortedTransaction> transactions = some(700, new Random(11));
        TransactionIndex source = filled(TransactionIndex.open(files, folder.resolve("a")), transactions);
        Random random = new Random(12);
        List<AbortedTransaction> kept = new ArrayList<>();
        TransactionIndex target = open();
        AbortedCopy copy = new AbortedCopy(source, target);
        for (AbortedTransaction each : transactions) {
            if (random.nextInt(3) > 0) {
                copy.leaveOut(each.lastOffset());
            } else {
                kept.add(each);
                copy.leaveOut(each.lastOffset() + 1); // a marker that has no entry, as of a transaction that was committed
            }
        }
        copy.finish();
        assertThat(all(target)).isEqualTo(kept);
    }

    @Test
    void aFileWithoutEntriesTakesThePlaceOfOneWhoseEntriesAllGo() throws IOException {
        TransactionIndex source = filled(TransactionIndex.open(files, folder.resolve("a")), some(1, new Random(13)));
        TransactionIndex target = open();
        AbortedCopy copy = new AbortedCopy(source, target);
        copy.leaveOut(all(source).get(0).lastOffset());
        copy.finish();
        target.force();
        target.close();
        assertThat(path).isEmptyFile();
        assertThat(all(open())).isEmpty();
        assertThat(open().isSane(100, 200)).isTrue();
        TransactionIndex none = TransactionIndex.open(files, folder.resolve("none"));
        new AbortedCopy(none, TransactionIndex.open(files, folder.resolve("b"))).finish();
        assertThat(folder.resolve("b")).doesNotExist();
    }

    @Test
    void aNewSegmentDoesNotTakeOverWhatIsThereUnderItsName() throws IOException {
        filled(open(), some(3, new Random(7))).close();
        assertThat(all(TransactionIndex.create(files, path))).isEmpty();
        assertThat(path).doesNotExist();
    }

    @Test
    void damageIsFound() throws IOException {
        List<AbortedTransaction> transactions = some(5, new Random(8));
        filled(open(), transactions).close();
        byte[] intact = Files.readAllBytes(path);
        long end = transactions.get(4).lastOffset() + 1;
        assertThat(open().isSane(100, end)).isTrue();
        assertThat(open().isSane(100, end - 1)).as("a marker behind the segment").isFalse();
        assertThat(open().isSane(transactions.get(0).lastOffset() + 1, end)).as("a marker before it").isFalse();
        for (int damaged : new int[] {1, 2, 10, 18, 26}) {
            byte[] bytes = intact.clone();
            bytes[damaged] = (byte) 0x80; // a version that is not known, or a number far out
            Files.write(path, bytes);
            assertThat(open().isSane(100, end)).as("byte %d", damaged).isFalse();
        }
        Files.write(path, java.util.Arrays.copyOf(intact, intact.length - 1));
        assertThat(open().isSane(100, end)).as("a torn entry").isFalse();
        byte[] negative = intact.clone();
        negative[2] = (byte) 0x80;
        Files.write(path, negative);
        assertThatThrownBy(() -> all(open())).isInstanceOf(IOException.class).hasMessageContaining("damaged");
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 123_456_789, 987_654_321, 555_555_555, 192_837_465, 1_029_384_756})
    void anEntryThatFindsNoRoomIsNotWrittenWithTheNextOnceItIsCutOff(long seed) throws IOException {
        SimulatedDisk disk = new SimulatedDisk(new Random(seed));
        Files.createDirectories(disk.root());
        TransactionIndex index = TransactionIndex.create(new OpenFiles(disk, 10), disk.root().resolve("a.txnindex"));
        index.append(new AbortedTransaction(1, 5, 10, 11));
        disk.setFull(true);
        assertThatThrownBy(() -> index.append(new AbortedTransaction(2, 15, 20, 21))).isInstanceOf(IOException.class);
        disk.setFull(false);

        index.truncateTo(20);
        index.append(new AbortedTransaction(3, 25, 30, 31));

        assertThat(all(index)).extracting(AbortedTransaction::producerId).containsExactly(1L, 3L);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
    void whatAnEarlierRunDidNotForceIsForcedByTheNext(long seed) throws IOException {
        SimulatedDisk disk = new SimulatedDisk(new Random(seed));
        Files.createDirectories(disk.root());
        TransactionIndex cut = TransactionIndex.create(new OpenFiles(disk, 10), disk.root().resolve("a.txnindex"));
        cut.append(new AbortedTransaction(1, 5, 10, 11));
        cut.append(new AbortedTransaction(2, 15, 20, 21));
        cut.force();
        assertThat(cut.truncateTo(20)).isTrue();
        TransactionIndex begun = TransactionIndex.create(new OpenFiles(disk, 10), disk.root().resolve("b.txnindex"));
        begun.append(new AbortedTransaction(3, 25, 30, 31));

        TransactionIndex.open(new OpenFiles(disk, 10), cut.path()).force();
        TransactionIndex.open(new OpenFiles(disk, 10), begun.path()).force();
        disk.losePower();

        OpenFiles after = new OpenFiles(disk, 10);
        assertThat(all(TransactionIndex.open(after, disk.root().resolve("a.txnindex")))).hasSize(1);
        assertThat(all(TransactionIndex.open(after, disk.root().resolve("b.txnindex")))).hasSize(1);
    }
}
