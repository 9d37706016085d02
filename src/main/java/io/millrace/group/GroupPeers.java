package io.millrace.group;

import io.millrace.agreement.Member;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** The other brokers' groups: only who coordinates a group knows it. */
public interface GroupPeers {
    /**
     * Asks another broker for the groups that it coordinates.
     *
     * @return fails with a {@link io.millrace.metadata.BrokerException}: UNAVAILABLE when that broker does not answer in some
     *         seconds, or what it answered
     */
    CompletableFuture<List<GroupSummary>> groups(Member other);
}
