package io.millrace.log.write;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What logs that say the same must have in common, whoever cleaned them, and how one comes from another. */
final class LogCopies {
    private LogCopies() {
    }

    /** What a log knows of each producer, as far as that is never forgotten. */
    static Map<Long, List<Object>> producers(PartitionLog log) {
        Map<Long, List<Object>> producers = new TreeMap<>();
        log.writable().producers().known().producers().forEach(each -> producers.put(each.producerId(),
            List.of(each.epoch(), each.newest(), each.coordinatorEpoch(), each.transactionStart())));
        return producers;
    }

    /** A follower takes over what a leader has behind its end, up to an offset and so many bytes. */
    static void fetch(SimulatedDirectory directory, PartitionLog follower, PartitionLog leader, long to, int bytes, int epoch) {
        directory.appendReplicated(follower, leader.read(follower.logEndOffset(), to, bytes), epoch).join();
    }
}
