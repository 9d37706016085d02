package io.millrace.log.producer;

/**
 * Batches of a log that cannot be read, and may have begun or ended transactions: what became of the transactions around them
 * is not known until they are healed, or the log begins behind them. Nothing from the first of these on is stable.
 *
 * @param heldFrom first offset of what is not stable: of a transaction that was open at the damage, or of the damage
 * @param from     first offset of the damage
 * @param until    offset behind the last damage
 */
public record Undecided(long heldFrom, long from, long until) {
    /** Both, and what lies between them. */
    public Undecided and(Undecided other) {
        return new Undecided(Math.min(heldFrom, other.heldFrom), Math.min(from, other.from), Math.max(until, other.until));
    }

    /** Whether batches that are replaced may be among these. */
    public boolean overlaps(long first, long end) {
        return first < until && end > from;
    }
}
