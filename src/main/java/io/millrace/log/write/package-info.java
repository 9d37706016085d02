/**
 * Appending, reading, retention and truncation of the logs in one directory.
 *
 * <p>Begin with {@link io.millrace.log.write.LogDirectory} and {@link io.millrace.log.write.PartitionLog}, which speak for
 * their parts. Whatever changes a log is queued by {@code LogChanges}, taken from the {@code WriteQueue} by the one thread in
 * {@code WriterLoop}, and carried out: appends by the {@code DirectoryWriter}, which writes and forces what waits for all
 * logs of the directory in one go, other changes each in its turn.
 *
 * <p>Who changes what:
 * <ul>
 * <li>the log writer all of a {@code WritableLog}: its {@code LogState} is the segments and offsets, {@code LogForces} what
 * of them is on the disk, {@code LogProducers} what is known of idempotent producers; {@code LogStart}, {@code LogAppender},
 * {@code LogTruncation}, {@code FullTruncation}, {@code LogRetention}, {@code SegmentExchange} and {@code LogCompaction} are what
 * can be done with them. Readers see what {@code LogState} publishes, as a whole;
 * <li>the log writer {@code Availability} (online or not), {@code LogRemoval} (deletions that were broken off) and the files
 * of {@code DirectoryCheckpoints}, whose entries any thread may change in memory;
 * <li>the thread of {@code LogScrub} the {@code ScrubPass} of each directory, and the file of its {@code ScrubCheckpoint};
 * <li>the thread of {@code LogCleaner} segments that are compacted, in a {@code CompactionPass}, until the log writer takes them in;
 * <li>any thread adds to {@code OpenLogs} what its {@code LogOpener} has recovered; only the log writer removes;
 * <li>who closes the directory does the rest in the writer's place, once that has ended: {@code CleanStop}.
 * </ul>
 */
package io.millrace.log.write;
