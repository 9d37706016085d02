package io.millrace.log;

/**
 * Where a transaction began that is still open in a log.
 *
 * @param epoch       of its producer
 * @param firstOffset of its first record in this log
 * @param sinceMs     when that came to be known here: written, or found when the log was opened; in ms since the epoch. Not what
 *                    the records say, as producers may give them any time
 */
public record TransactionStart(long producerId, short epoch, long firstOffset, long sinceMs) {
}
