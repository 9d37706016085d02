package io.millrace.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.concurrent.ConcurrentHashMap;

/** What a server promised to keep: filled by many threads, then compared with what the server has. */
final class Acknowledged {
    private record Position(String topic, int partition, long offset) {
    }

    private final Map<Position, String> records = new ConcurrentHashMap<>();
    private final Map<String, Integer> topics = new ConcurrentHashMap<>();

    void topic(String name, int partitions) {
        topics.put(name, partitions);
    }

    void records(String topic, int partition, long firstOffset, List<String> values) {
        for (int i = 0; i < values.size(); i++) {
            String other = records.put(new Position(topic, partition, firstOffset + i), values.get(i));
            assertThat(other).as("acknowledged twice: offset %d", firstOffset + i).isNull();
        }
    }

    int recordCount() {
        return records.size();
    }

    /**
     * Every topic is there; every record is at its offset, and no value is there twice: no producer sent one twice.
     * Records that were never acknowledged may be there as well.
     */
    void assertKeptBy(ServerClient server) throws IOException {
        assertThat(server.topics()).containsAll(topics.keySet());
        int found = 0;
        for (Map.Entry<String, Integer> topic : topics.entrySet()) {
            assertThat(server.describe(topic.getKey()).getInt("partitions_count")).isEqualTo(topic.getValue());
            for (int partition = 0; partition < topic.getValue(); partition++) {
                found += assertPartition(topic.getKey(), partition, server.fetchAll(topic.getKey(), partition));
            }
        }
        assertThat(found).as("acknowledged records that the server has").isEqualTo(records.size());
    }

    private int assertPartition(String topic, int partition, SortedMap<Long, String> stored) {
        int found = 0;
        Set<String> values = new HashSet<>();
        for (Map.Entry<Long, String> record : stored.entrySet()) {
            assertThat(values.add(record.getValue())).as("%s is there twice", record.getValue()).isTrue();
            String promised = records.get(new Position(topic, partition, record.getKey()));
            if (promised != null) {
                assertThat(record.getValue()).as("%s-%d at %d", topic, partition, record.getKey()).isEqualTo(promised);
                found++;
            }
        }
        return found;
    }
}
