package io.millrace.group.records;

import static java.util.stream.Collectors.collectingAndThen;
import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.toList;

import io.millrace.group.offsets.Position;
import io.millrace.metadata.TopicIdPartition;
import io.millrace.metadata.TopicPartition;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.Collector;

/**
 * Partitions by their topics' names, short, because there can be many: their numbers, or {@code [partition, epoch]}, or, by
 * topic id besides, {@code [partition, position]} and the leader epoch behind it when that is known.
 */
final class PartitionRows {
    private PartitionRows() {
    }

    static TreeMap<String, long[]> numbers(SortedSet<TopicPartition> partitions) {
        return partitions.stream().collect(groupingBy(TopicPartition::topic, TreeMap::new, collectingAndThen(toList(),
                each -> each.stream().mapToLong(TopicPartition::partition).toArray())));
    }

    static TreeSet<TopicPartition> partitions(Map<String, long[]> numbers) {
        TreeSet<TopicPartition> partitions = new TreeSet<>();
        numbers.forEach((topic, list) -> {
            for (long partition : list) {
                partitions.add(new TopicPartition(topic, Math.toIntExact(partition)));
            }
        });
        return partitions;
    }

    static TreeMap<String, long[][]> withEpochs(SortedMap<TopicPartition, Integer> epochs) {
        return epochs.entrySet().stream().collect(groupingBy(each -> each.getKey().topic(), TreeMap::new,
                collectingAndThen(toList(), each -> each.stream()
                        .map(one -> new long[] {one.getKey().partition(), one.getValue()}).toArray(long[][]::new))));
    }

    static TreeMap<TopicPartition, Integer> epochs(Map<String, long[][]> rows) {
        TreeMap<TopicPartition, Integer> epochs = new TreeMap<>();
        rows.forEach((topic, list) -> {
            for (long[] row : list) {
                requireSize(topic, row.length, 2, 2);
                epochs.put(new TopicPartition(topic, Math.toIntExact(row[0])), Math.toIntExact(row[1]));
            }
        });
        return epochs;
    }

    static TreeMap<String, TreeMap<String, long[][]>> withPositions(SortedMap<TopicIdPartition, Position> positions) {
        return positions.entrySet().stream().collect(groupingBy(each -> each.getKey().topic(), TreeMap::new,
                groupingBy(each -> each.getKey().topicId().toString(), TreeMap::new, positionRows())));
    }

    private static Collector<Map.Entry<TopicIdPartition, Position>, ?, long[][]> positionRows() {
        return collectingAndThen(toList(), each -> each.stream()
                .map(one -> row(one.getKey().partition().partition(), one.getValue())).toArray(long[][]::new));
    }

    private static long[] row(int partition, Position position) {
        return position.leaderEpoch() == Position.NO_EPOCH ? new long[] {partition, position.offset()}
                : new long[] {partition, position.offset(), position.leaderEpoch()};
    }

    static TreeMap<TopicIdPartition, Position> positions(Map<String, TreeMap<String, long[][]>> rows) {
        TreeMap<TopicIdPartition, Position> positions = new TreeMap<>();
        rows.forEach((topic, byId) -> byId.forEach((id, list) -> {
            for (long[] row : list) {
                requireSize(topic, row.length, 2, 3);
                positions.put(new TopicIdPartition(UUID.fromString(id), new TopicPartition(topic, Math.toIntExact(row[0]))),
                        new Position(row[1], row.length == 2 ? Position.NO_EPOCH : Math.toIntExact(row[2])));
            }
        }));
        return positions;
    }

    private static void requireSize(String topic, int size, int least, int most) {
        if (size < least || size > most) {
            throw new IllegalArgumentException("a partition of " + topic + " has a row of " + size + " numbers");
        }
    }
}
