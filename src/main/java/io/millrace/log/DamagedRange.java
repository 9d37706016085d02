package io.millrace.log;

/**
 * Offsets of one segment that no intact batch holds.
 *
 * @param from behind the last intact batch before them, or the segment's base offset
 * @param to   exclusive: base offset of the first intact batch behind them, or the segment's end
 */
public record DamagedRange(long from, long to) {
}
