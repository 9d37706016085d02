package io.millrace.broker;

import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Chooses the log directory of each new partition: the working one with the fewest logs. Used by one thread. */
final class LogPlacement {
    private final Map<ReplicaDirectory, Integer> logs = new LinkedHashMap<>();

    /** @param hosted the directory of every log that is hosted now */
    LogPlacement(List<ReplicaDirectory> directories, Iterable<ReplicaDirectory> hosted) {
        directories.stream().filter(directory -> directory.failure() == null)
                .forEach(directory -> logs.put(directory, 0));
        hosted.forEach(directory -> logs.computeIfPresent(directory, (same, count) -> count + 1));
    }

    /** @throws BrokerException LOG_DIRECTORY_OFFLINE when none works */
    ReplicaDirectory next() {
        ReplicaDirectory fewest = logs.entrySet().stream().min(Map.Entry.comparingByValue(Comparator.naturalOrder()))
                .map(Map.Entry::getKey).orElseThrow(() -> new BrokerException(ErrorKind.LOG_DIRECTORY_OFFLINE,
                        "every log directory is offline: see the server's log, repair the disks, restart the server"));
        logs.merge(fewest, 1, Integer::sum);
        return fewest;
    }
}
