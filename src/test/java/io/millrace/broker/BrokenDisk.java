package io.millrace.broker;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.broker.produce.RecordAccumulator;
import io.millrace.log.write.LogDirectory;
import io.millrace.metadata.ErrorKind;
import io.millrace.replica.hosting.Acks;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Makes a log directory fail as a lost disk does: the folder of a log goes away, and the writer cannot make the next
 * segment.
 */
final class BrokenDisk {
    static final String TOPIC = "on-broken-disk";

    private BrokenDisk() {
    }

    static void breakUnder(BrokerHarness harness, int directory) {
        LogDirectory broken = harness.directories.get(directory);
        harness.broker.topics().create(TOPIC, harness.directories.size(), null,
                Map.of("segment.bytes", "1024", "max.message.bytes", "4096"));
        int partition = broken.found().stream().filter(found -> found.topic().equals(TOPIC)).findFirst().orElseThrow()
                .partition();
        remove(broken.root().resolve(TOPIC + "-" + partition));
        RecordAccumulator records = harness.broker.accumulator(TOPIC);
        for (int i = 0; i < 3; i++) {
            records.append(partition, 1, null, ByteBuffer.allocate(3000), List.of());
        }
        Failures.assertFails(ErrorKind.LOG_DIRECTORY_OFFLINE, harness.broker.produce(records, Acks.LEADER));
        assertThat(broken.failure()).isNotNull();
    }

    static void remove(Path folder) {
        try (Stream<Path> inside = Files.walk(folder)) {
            for (Path path : inside.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
