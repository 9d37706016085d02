package io.millrace.replica.hosting;

import io.millrace.log.write.LogDirectory;
import java.util.List;

/**
 * The logs of this server.
 *
 * @param directories all that are configured
 * @param created     which logs were ever made in them
 * @param strays      those that belong to no topic that is known
 */
public record LocalLogs(List<LogDirectory> directories, CreatedLogs created, StrayLogs strays) {
    public LocalLogs {
        directories = List.copyOf(directories);
    }
}
