package io.millrace.transaction.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.metadata.TopicPartition;
import io.millrace.transaction.state.ProducerIdAndEpoch;
import io.millrace.transaction.state.TransactionState;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class TransactionListTest {
    private static TransactionDescription transaction(String id, int partitions) {
        TreeSet<TopicPartition> orders = new TreeSet<>();
        IntStream.range(0, partitions).forEach(each -> orders.add(new TopicPartition("o".repeat(200), each)));
        return new TransactionDescription(id, TransactionState.PREPARED, ProducerIdAndEpoch.first(1), 1, 1, 1, orders, new TreeSet<>(), null, 0);
    }

    private static TransactionList list(int limit, String... ids) {
        return TransactionList.of(Stream.of(ids).map(id -> transaction(id, 1)).toList(), limit);
    }

    private static List<String> ids(TransactionList list) {
        return list.transactions().stream().map(TransactionDescription::transactionalId).toList();
    }

    @Test
    void thereAreAsManyAsWereAskedForAndItIsSaidWhenThereAreMore() {
        assertThat(list(3, "a", "b", "c")).isEqualTo(new TransactionList(list(9, "a", "b", "c").transactions(), false));
        assertThat(ids(list(2, "a", "b", "c"))).containsExactly("a", "b");
        assertThat(list(2, "a", "b", "c").truncated()).isTrue();
        assertThat(list(2).truncated()).isFalse();
    }

    @Test
    void thereAreNoMoreThanFitIntoAnAnswerButOneAlways() {
        List<TransactionDescription> large = IntStream.range(0, 10).mapToObj(each -> transaction("till-" + each, 5_000)).toList();
        TransactionList list = TransactionList.of(large, 100);
        assertThat(list.truncated()).isTrue();
        assertThat(list.transactions()).hasSizeBetween(1, 4);
        assertThat(ids(TransactionList.of(List.of(transaction("a", 30_000), transaction("b", 1)), 100))).containsExactly("a");
    }

    @Test
    void ofSeveralBrokersNothingIsLeftOutBeforeTheLastOne() {
        TransactionList cut = list(2, "b", "d", "e");
        TransactionList whole = list(9, "a", "c", "f");
        TransactionList merged = TransactionList.merged(List.of(cut, whole), 9);
        assertThat(ids(merged)).as("e is not told, so that f must not be").containsExactly("a", "b", "c", "d");
        assertThat(merged.truncated()).isTrue();
        assertThat(ids(TransactionList.merged(List.of(cut, whole), 3))).containsExactly("a", "b", "c");
        assertThat(TransactionList.merged(List.of(whole, list(9, "g")), 9).truncated()).isFalse();
        assertThat(TransactionList.merged(List.of(), 9).transactions()).isEmpty();
    }

    @Test
    void whoGoesOnBehindTheLastIdSeesEachOnce() {
        List<String> first = List.of("a", "c", "e", "g", "i");
        List<String> second = List.of("b", "d", "x");
        List<String> seen = new ArrayList<>();
        TransactionList page;
        String after = "";
        do {
            String last = after;
            page = TransactionList.merged(Stream.of(first, second).map(each -> list(2, each.stream()
                    .filter(id -> id.compareTo(last) > 0).toArray(String[]::new))).toList(), 2);
            seen.addAll(ids(page));
            after = seen.get(seen.size() - 1);
        } while (page.truncated());
        assertThat(seen).containsExactly("a", "b", "c", "d", "e", "g", "i", "x");
    }
}
