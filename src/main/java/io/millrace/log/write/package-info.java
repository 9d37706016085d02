/**
 * Appending, reading, retention and truncation of the logs in one directory.
 *
 * <p>Begin with {@link io.millrace.log.write.LogDirectory} and {@link io.millrace.log.write.PartitionLog}; a {@code
 * DirectoryWriter} writes and forces what waits in the {@code WriteQueue}, for all logs of the directory in one go.
 */
package io.millrace.log.write;
