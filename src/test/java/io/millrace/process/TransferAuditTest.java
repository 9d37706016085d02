package io.millrace.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.process.TransferAudit.Stored;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Transfers that went right, and each way in which one can go wrong, many times over. */
class TransferAuditTest {
    private static final int PARTITIONS = 3;
    private static final int SEEDS = 200;

    private final Map<Integer, List<Stored>> input = new HashMap<>();
    private final Map<Integer, Long> committed = new HashMap<>();
    private final Map<TransferOutput, Map<Integer, List<String>>> outputs = new HashMap<>();

    /** Some records with gaps between their offsets, transferred in small steps, as far as the offsets say. */
    private void transfer(Random random, boolean all) {
        committed.clear();
        for (int partition = 0; partition < PARTITIONS; partition++) {
            List<Stored> records = new ArrayList<>();
            long offset = random.nextInt(3);
            for (int number = 0; number < 12 + random.nextInt(10); number++) {
                records.add(new Stored(offset, TransferOutput.input(partition, number)));
                offset += 1 + random.nextInt(2);
            }
            input.put(partition, records);
            int transferred = all ? records.size() : 6 + random.nextInt(records.size() - 6);
            committed.put(partition, records.get(transferred - 1).offset() + 1);
        }
        for (TransferOutput output : TransferOutput.values()) {
            Map<Integer, List<String>> found = new HashMap<>();
            IntStream.range(0, PARTITIONS).forEach(partition -> found.put(partition, new ArrayList<>()));
            outputs.put(output, found);
        }
        Map<Integer, Integer> next = new HashMap<>();
        for (int step = 0; step < 1_000; step++) {
            int partition = random.nextInt(PARTITIONS);
            int number = next.getOrDefault(partition, 0);
            if (number < input.get(partition).size() && input.get(partition).get(number).offset() < committed.get(partition)) {
                String value = input.get(partition).get(number).value();
                outputs.forEach((output, found) -> found.get(output.partition(value, PARTITIONS)).add(output.value(value)));
                next.put(partition, number + 1);
            }
        }
    }

    private List<String> differences(boolean complete) {
        TransferAudit audit = new TransferAudit(input, committed);
        List<String> differences = new ArrayList<>(audit.offsetDifferences(complete));
        outputs.forEach((output, found) -> differences.addAll(audit.differences(output, found)));
        return differences;
    }

    private void find(String expected, Consumer<Random> fault) {
        for (int seed = 0; seed < SEEDS; seed++) {
            Random random = new Random(seed);
            transfer(random, false);
            fault.accept(random);
            assertThat(differences(false)).as("seed %d", seed).isNotEmpty().allSatisfy(each -> assertThat(each).contains(expected));
        }
    }

    private List<String> some(TransferOutput output, Random random) {
        List<List<String>> filled = outputs.get(output).values().stream().filter(each -> !each.isEmpty()).toList();
        return filled.get(random.nextInt(filled.size()));
    }

    private static int place(List<String> values, Random random) {
        return random.nextInt(values.size());
    }

    @Test
    void whatIsTransferredAsFarAsTheOffsetsSayDiffersInNothing() {
        for (int seed = 0; seed < SEEDS; seed++) {
            transfer(new Random(seed), seed % 2 == 0);
            assertThat(differences(seed % 2 == 0)).as("seed %d", seed).isEmpty();
        }
    }

    @Test
    void nothingOfNothingDiffersInNothing() {
        input.put(0, List.of());
        outputs.put(TransferOutput.LEDGER, Map.of(0, List.of()));
        assertThat(differences(true)).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void aRecordThatIsLostIsFound(TransferOutput output) {
        find("lost: ", random -> {
            List<String> values = some(output, random);
            values.remove(place(values, random));
        });
    }

    @ParameterizedTest
    @EnumSource
    void aRecordThatIsDoubledIsFoundWhereverTheSecondOneIs(TransferOutput output) {
        find("doubled: ", random -> {
            List<String> values = some(output, random);
            int place = place(values, random);
            String again = values.get(place);
            values.add(place + 1 + random.nextInt(values.size() - place), again);
        });
    }

    @ParameterizedTest
    @EnumSource
    void twoRecordsOfASourceThatChangedPlacesAreFound(TransferOutput output) {
        find("out of order: ", random -> {
            List<String> values = outputs.get(output).values().stream().filter(each -> firstTwoOfASource(each) != null)
                    .findFirst().orElseThrow();
            int[] places = firstTwoOfASource(values);
            Collections.swap(values, places[0], places[1]);
        });
    }

    /** Neighbours: between records of different sources there is no order. */
    private static int[] firstTwoOfASource(List<String> values) {
        Map<String, Integer> last = new HashMap<>();
        for (int place = 0; place < values.size(); place++) {
            Integer before = last.put(values.get(place).split("-")[1], place);
            if (before != null) {
                return new int[] {before, place};
            }
        }
        return null;
    }

    @ParameterizedTest
    @EnumSource
    void recordsOfDifferentSourcesHaveNoOrder(TransferOutput output) {
        transfer(new Random(1), true);
        outputs.get(output).values().forEach(values -> values.sort((one, other) -> {
            int bySource = other.split("-")[1].compareTo(one.split("-")[1]);
            return bySource != 0 ? bySource : Integer.compare(Integer.parseInt(one.split("-")[2]), Integer.parseInt(other.split("-")[2]));
        }));
        assertThat(differences(true)).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void aRecordInAPartitionWhereItDoesNotBelongIsFound(TransferOutput output) {
        for (int seed = 0; seed < SEEDS; seed++) {
            Random random = new Random(seed);
            transfer(random, false);
            List<String> values = some(output, random);
            String moved = values.remove(place(values, random));
            outputs.get(output).values().stream().filter(each -> each != values).findFirst().orElseThrow().add(moved);
            assertThat(differences(false)).anySatisfy(each -> assertThat(each).startsWith("misplaced: " + moved))
                    .anySatisfy(each -> assertThat(each).startsWith("lost: " + moved));
        }
    }

    @ParameterizedTest
    @EnumSource
    void aRecordOfATransactionThatWasAbortedIsFound(TransferOutput output) {
        find("made of nothing: ", random -> some(output, random).add(output.value(TransferOutput.input(0, 999))));
    }

    @Test
    void anOffsetThatIsCommittedWithoutItsRecordIsFound() {
        find("lost: ", random -> {
            int partition = partitionThatGoesOn();
            committed.merge(partition, 1L, Long::sum);
            while (input.get(partition).stream().noneMatch(each -> each.offset() + 1 == committed.get(partition))) {
                committed.merge(partition, 1L, Long::sum);
            }
        });
    }

    private int partitionThatGoesOn() {
        return IntStream.range(0, PARTITIONS).filter(each -> input.get(each).get(input.get(each).size() - 1).offset() >= committed.get(each))
                .findFirst().orElseGet(() -> {
                    List<Stored> longer = new ArrayList<>(input.get(0));
                    longer.add(new Stored(committed.get(0), TransferOutput.input(0, 500)));
                    input.put(0, longer);
                    return 0;
                });
    }

    @Test
    void aRecordWhoseOffsetIsNotCommittedIsFound() {
        find("without its offset: ", random -> {
            int partition = random.nextInt(PARTITIONS);
            List<Stored> before = input.get(partition).stream().filter(each -> each.offset() + 1 < committed.get(partition)).toList();
            committed.put(partition, before.get(random.nextInt(before.size())).offset() + 1);
        });
    }

    @Test
    void aGroupThatHasCommittedNothingHasTransferredNothing() {
        find("without its offset: ", random -> committed.clear());
    }

    @Test
    void anOffsetThatIsNotBehindARecordIsFound() {
        transfer(new Random(1), true);
        committed.merge(1, 1_000L, Long::sum);
        assertThat(differences(true)).singleElement().asString().contains("input-1 is not behind one of its records");
    }

    @Test
    void anOffsetBeforeTheEndIsFoundWhereAllMustBeTransferred() {
        transfer(new Random(3), false);
        partitionThatGoesOn();
        assertThat(differences(false)).isEmpty();
        assertThat(differences(true)).isNotEmpty().allSatisfy(each -> assertThat(each).contains("is before its end"));
    }

    @Test
    void aDifferenceSaysWhichRecordWhere() {
        input.put(0, List.of(new Stored(4, "0-7")));
        committed.put(0, 5L);
        outputs.put(TransferOutput.ENTRIES, Map.of(0, List.of("entries-0-7", "entries-0-7")));
        assertThat(differences(true)).containsExactly("doubled: entries-0-7, the record 1 of entries-0, is there for a second time");
        outputs.put(TransferOutput.ENTRIES, Map.of(0, List.of()));
        assertThat(differences(true)).containsExactly(
                "lost: entries-0-7 is not in entries-0, and the group has committed 5 of input-0, where it was made of offset 4");
    }
}
