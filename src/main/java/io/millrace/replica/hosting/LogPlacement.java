package io.millrace.replica.hosting;

import io.millrace.log.write.LogDirectory;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;

/** Chooses the log directory of each new partition: the working one with the fewest logs. Used by one thread. */
public final class LogPlacement {
    private final List<LogDirectory> directories;
    private final Map<LogDirectory, Integer> logs = new LinkedHashMap<>();

    /** @param hosted the directory of every log that is hosted now */
    public LogPlacement(List<LogDirectory> directories, Iterable<LogDirectory> hosted) {
        this.directories = directories;
        directories.stream().filter(directory -> directory.failure() == null)
                .forEach(directory -> logs.put(directory, 0));
        hosted.forEach(directory -> logs.computeIfPresent(directory, (same, count) -> count + 1));
    }

    /** @throws BrokerException LOG_DIRECTORY_OFFLINE when none works */
    public LogDirectory next() {
        LogDirectory fewest = logs.entrySet().stream().min(Map.Entry.comparingByValue(Comparator.naturalOrder()))
                .map(Map.Entry::getKey).orElseThrow(() -> new BrokerException(ErrorKind.LOG_DIRECTORY_OFFLINE,
                        "every log directory is offline: " + reasons()));
        logs.merge(fewest, 1, Integer::sum);
        return fewest;
    }

    private String reasons() {
        return directories.stream().map(LogDirectory::failure).filter(Objects::nonNull)
                .map(Throwable::getMessage).collect(Collectors.joining("; "));
    }
}
