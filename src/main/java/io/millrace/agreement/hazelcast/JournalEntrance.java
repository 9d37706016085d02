package io.millrace.agreement.hazelcast;

import io.millrace.agreement.journal.JournalGuard;
import io.millrace.agreement.journal.JournalRequest;
import java.util.UUID;
import java.util.function.Supplier;

/**
 * A member's journal for the others.
 *
 * @param self the member, whose identity changes when two parts of a cluster come together
 */
public record JournalEntrance(JournalGuard guard, JournalSeal seal, Supplier<UUID> self) {
    /**
     * @throws SecurityException when who asks does not know the cluster's secret
     * @throws io.millrace.agreement.RegisterUnavailableException when the journal takes nothing
     */
    String[] handle(String[] request, byte[] sealed) {
        if (!seal.holds(sealed, self.get(), request)) {
            throw new SecurityException("a request to this member's journal is not signed with the cluster's secret");
        }
        return guard.handle(JournalRequest.decode(request)).encode();
    }
}
