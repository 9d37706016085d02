package io.millrace.agreement.steward;

import io.millrace.agreement.Majority;
import io.millrace.agreement.journal.JournalReply;
import io.millrace.agreement.registers.RegisterState;
import java.util.Collection;
import java.util.SortedMap;
import java.util.TreeMap;

/** The registers as several journals together know them. */
final class RestoreMerge {
    private RestoreMerge() {
    }

    /**
     * Whether these journals hold everything that was acknowledged: a majority of complete ones, or all there are. One
     * that was wiped is no witness of what it held before.
     */
    static boolean suffices(Majority majority, Collection<JournalReply> replies) {
        long complete = replies.stream().filter(reply -> reply.standing().active() > 0).count();
        return majority.isReachedBy((int) complete) || replies.size() == majority.configured();
    }

    /**
     * The newest state of each register, as part of an incarnation. What is older than an incarnation that was active
     * was never acknowledged, or that incarnation had it too.
     */
    static SortedMap<String, RegisterState> of(Collection<JournalReply> replies, long incarnation) {
        long active = replies.stream().mapToLong(reply -> reply.standing().active()).max().orElse(0);
        SortedMap<String, RegisterState> merged = new TreeMap<>();
        for (JournalReply reply : replies) {
            reply.states().forEach((key, state) -> {
                if (state.incarnation() >= active) {
                    merged.merge(key, state, (held, found) -> found.isNewerThan(held) ? found : held);
                }
            });
        }
        merged.replaceAll((key, state) -> state.in(incarnation));
        return merged;
    }
}
