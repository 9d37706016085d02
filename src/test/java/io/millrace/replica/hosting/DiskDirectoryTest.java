package io.millrace.replica.hosting;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.log.FlushPolicy;
import io.millrace.log.LogConfig;
import io.millrace.log.LogObserver;
import io.millrace.log.write.LogDirectory;
import io.millrace.record.Codec;
import io.millrace.record.RecordBatchBuilder;
import io.millrace.record.TimestampType;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DiskDirectoryTest {
    private static final LogConfig CONFIG = new LogConfig(1 << 20, Long.MAX_VALUE, -1, -1, 4096,
            TimestampType.CREATE_TIME, FlushPolicy.COMMIT);

    @TempDir
    Path root;

    private static ByteBuffer record() {
        RecordBatchBuilder builder = new RecordBatchBuilder(Codec.NONE);
        builder.append(1, null, ByteBuffer.allocate(10), List.of());
        return builder.build();
    }

    @Test
    void whatAReplicaHasWrittenIsNotCommittedForThatAndWhatIsIsKnownAgainAfterARestart() {
        UUID topicId = UUID.randomUUID();
        long committed = 0;
        for (int run = 0; run < 3; run++) {
            try (LogDirectory directory = LogDirectory.open(root, new LogDirectory.Options(1 << 20, 100, 1000),
                    Clock.systemUTC(), LogObserver.NONE)) {
                Thread writer = new Thread(directory, "writer");
                writer.setDaemon(true);
                writer.start();
                ReplicaLog log = new DiskDirectory(directory).openLog("orders", 0, topicId, CONFIG, 1);
                assertThat(log.highWatermark()).isEqualTo(committed);
                log.append(List.of(record(), record()), 1).join();
                assertThat(log.highWatermark()).isEqualTo(committed);
                committed = log.endOffset() - 1;
                log.raiseHighWatermark(committed);
            }
        }
    }
}
