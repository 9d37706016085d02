package io.millrace.agreement.steward;

import io.millrace.agreement.Majority;

/**
 * What the steward of a broker sees of the cluster at one moment.
 *
 * @param writable      this server's journal can be written
 * @param sound         this server's member runs, in the cluster in which it was started
 * @param oldest        this server's member is the one that acts for all
 * @param configured    number of brokers there should be
 * @param live          number of brokers in touch
 * @param members       number of members in touch, witnesses included
 * @param target        number of CP members there should be
 * @param discovered    the CP subsystem has been formed
 * @param waitedMillis  for how long it has not been formed, or has given no answer; 0: it answers
 * @param minorityMillis for how long fewer than a majority have been in touch; 0: a majority is
 * @param othersAnswer  a server that is not in touch answers on its cluster port
 * @param selfInCp      this server's member is a CP member
 * @param expelledFromCp this server's member was a CP member, is listed no more, and cannot be promoted again
 * @param brokersInCp   number of CP members that are brokers in touch
 * @param goneFromCp    a CP member's server has been gone for a while
 * @param witnesses     number of witnesses that this server runs
 * @param excludedMillis for how long a majority has been in touch, and this server has had no part in what it agrees on,
 *                      although it is wanted there: no answer, no promotion, or none that was carried out
 */
record StewardView(boolean writable, boolean sound, boolean oldest, int configured, int live, int members,
                   int target, boolean discovered, long waitedMillis, long minorityMillis, boolean othersAnswer, boolean selfInCp,
                   boolean expelledFromCp, int brokersInCp, boolean goneFromCp, int witnesses,
                   long excludedMillis) {
    /** Of a broker that asks the cluster nothing: its member, or its journal, cannot take part at the moment. */
    static StewardView alone(boolean writable, boolean sound, int configured, int target) {
        return new StewardView(writable, sound, false, configured, 1, 1, target, false, 0, 0, false, false, false, 0, false, 0,
            0);
    }

    /** Why registers cannot be read or changed, or null: nothing that can be seen from here is in the way. */
    String problem() {
        if (!sound) {
            return "the cluster member is started anew";
        }
        Majority majority = new Majority(configured);
        if (!majority.isReachedBy(live)) {
            return live + " of " + configured + " brokers are in touch, " + majority.needed() + " are needed:"
                + " start the others, or find out why they cannot be reached";
        }
        if (!discovered) {
            return "the cluster is being formed";
        }
        return waitedMillis > 0 ? "the CP subsystem has not answered for " + waitedMillis / 1000 + " s" : null;
    }
}
