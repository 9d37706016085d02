package io.millrace.group.membership;

import io.millrace.log.IsolationLevel;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;

/**
 * How a consumer instance wants to be served. The names in the messages of its errors are those of the configuration.
 *
 * @param form             of the records
 * @param reset            auto.offset.reset
 * @param autoCommit       enable.auto.commit: what a poll gave is committed with one of the next
 * @param isolation        isolation.level: what it is given of transactions
 * @param minBytes         fetch.min.bytes: a poll waits until there is as much, from 0
 * @param requestTimeoutMs consumer.request.timeout.ms: the longest that a poll waits, in ms
 * @param maxPollRecords   max.poll.records, from 1
 * @param sessionTimeoutMs session.timeout.ms: a member that is not heard of for longer loses its partitions, in ms
 * @param instanceId       group.instance.id: of a static member, else null
 * @param assignor         group.remote.assignor: the assignor it asks for, or null: the server's default
 * @param commits          commit.offsets: which offsets it names in commits
 * @param owner            who created it, and alone may use it; null: nobody knows, and anybody may
 */
public record ConsumerConfig(RecordForm form, OffsetReset reset, boolean autoCommit, IsolationLevel isolation, int minBytes,
                             long requestTimeoutMs, int maxPollRecords, long sessionTimeoutMs, String instanceId,
                             String assignor, CommittedAs commits, String owner) {
    public static final long MIN_SESSION_TIMEOUT_MS = 1_000;
    public static final long MAX_SESSION_TIMEOUT_MS = 1_800_000;
    public static final long DEFAULT_SESSION_TIMEOUT_MS = 45_000;
    public static final long DEFAULT_REQUEST_TIMEOUT_MS = 30_000;
    public static final int DEFAULT_MAX_POLL_RECORDS = 500;

    /** What holds for a consumer that asks for nothing. */
    public static final ConsumerConfig DEFAULT = new ConsumerConfig(RecordForm.BINARY, OffsetReset.LATEST, true,
            IsolationLevel.READ_UNCOMMITTED, 1, DEFAULT_REQUEST_TIMEOUT_MS, DEFAULT_MAX_POLL_RECORDS, DEFAULT_SESSION_TIMEOUT_MS,
            null, null);

    /** @throws BrokerException INVALID_CONSUMER */
    public ConsumerConfig {
        require("fetch.min.bytes", minBytes, 0, Integer.MAX_VALUE);
        require("consumer.request.timeout.ms", requestTimeoutMs, 0, Integer.MAX_VALUE);
        require("max.poll.records", maxPollRecords, 1, Integer.MAX_VALUE);
        require("session.timeout.ms", sessionTimeoutMs, MIN_SESSION_TIMEOUT_MS, MAX_SESSION_TIMEOUT_MS);
        if (instanceId != null) {
            GroupNames.check("group.instance.id", instanceId);
        }
    }

    /** One that commits offsets of the next records to read, and that anybody may use. */
    public ConsumerConfig(RecordForm form, OffsetReset reset, boolean autoCommit, IsolationLevel isolation, int minBytes,
                          long requestTimeoutMs, int maxPollRecords, long sessionTimeoutMs, String instanceId, String assignor) {
        this(form, reset, autoCommit, isolation, minBytes, requestTimeoutMs, maxPollRecords, sessionTimeoutMs, instanceId, assignor,
                CommittedAs.NEXT, null);
    }

    /** @param principal null: nobody knows who creates it */
    public ConsumerConfig ownedBy(String principal) {
        return new ConsumerConfig(form, reset, autoCommit, isolation, minBytes, requestTimeoutMs, maxPollRecords, sessionTimeoutMs,
                instanceId, assignor, commits, principal);
    }

    private static void require(String name, long value, long min, long max) {
        if (value < min || value > max) {
            throw new BrokerException(ErrorKind.INVALID_CONSUMER,
                    "%s must be %d to %d; it is %d".formatted(name, min, max, value));
        }
    }

    /** Whether it is a static member, whose place is kept while it is away for less than its session timeout. */
    public boolean isStatic() {
        return instanceId != null;
    }
}
