package io.millrace.agreement;

import java.util.Set;

/**
 * How the agreement stands, as this broker sees it.
 *
 * @param problem     why registers cannot be read or changed, a sentence for operators; null when they can
 * @param incarnation number of the active incarnation; 0 when none is known
 * @param cpMembers   ids of the brokers that take part in the consensus
 * @param live        number of brokers in touch, this one included
 * @param configured  number of brokers there should be
 */
public record AgreementStatus(String problem, long incarnation, Set<Integer> cpMembers, int live, int configured) {
    public boolean available() {
        return problem == null;
    }
}
