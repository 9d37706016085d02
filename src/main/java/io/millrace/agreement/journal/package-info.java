/**
 * The journal: the newest version of each register on this server's disk, what the journals of the others hold, and what
 * this server promised to whom.
 *
 * <p>Begin with {@link io.millrace.agreement.journal.Journal}; {@code JournalGuard} decides what may be written into it,
 * {@code MajorityJournal} knows what a majority holds.
 */
package io.millrace.agreement.journal;
