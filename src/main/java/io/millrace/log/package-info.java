/**
 * One partition's log on disk. This package holds its vocabulary: names, configuration, results and errors.
 *
 * <p>Begin with {@code log.write}: {@code LogDirectory} owns a folder of logs and the one thread that writes them, {@code
 * PartitionLog} is one of them. They stand on {@code log.segment}, the files of a log, {@code log.producer}, what a log knows
 * of idempotent producers, {@code log.recovery}, which brings both into order when a log is opened, and {@code log.compact},
 * which writes segments anew; and these on {@code log.file}, which opens, forces and replaces files. No Jakarta, no Hazelcast,
 * no network: a library that could be lifted out.
 */
package io.millrace.log;
