package io.millrace.metadata;

import io.millrace.agreement.RegisterUnavailableException;
import io.millrace.log.CorruptLogException;
import io.millrace.log.InvalidProducerEpochException;
import io.millrace.log.InvalidTxnStateException;
import io.millrace.log.LogDirectoryOfflineException;
import io.millrace.log.LogQueueFullException;
import io.millrace.log.OutOfOrderSequenceException;
import io.millrace.log.TooManyProducersException;
import io.millrace.record.BatchTooLargeException;
import io.millrace.record.InvalidBatchException;
import java.io.UncheckedIOException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;

/** What the rooms below throw, in the broker's own words. */
public final class BrokerErrors {
    private BrokerErrors() {
    }

    /** Runs an action and throws what it throws, translated. */
    public static <T> T translating(Supplier<T> action) {
        try {
            return action.get();
        } catch (RuntimeException failure) {
            throw translate(failure);
        }
    }

    /** The failure as a {@link BrokerException}, or itself where the broker has no word for it: a fault of ours. */
    public static RuntimeException translate(Throwable failure) {
        if (failure instanceof CompletionException wrapper && wrapper.getCause() != null) {
            return translate(wrapper.getCause());
        }
        ErrorKind kind = kindOf(failure);
        if (kind != null) {
            return new BrokerException(kind, kind == ErrorKind.LOG_DIRECTORY_OFFLINE ? HiddenPaths.in(failure.getMessage())
                    : failure.getMessage(), failure);
        }
        if (failure instanceof Error error) {
            throw error;
        }
        return failure instanceof RuntimeException unchecked ? unchecked : new IllegalStateException(failure);
    }

    /** What a future fails with: as {@link #translate}, but an error is its outcome, too, for somebody waits for it. */
    public static Throwable outcome(Throwable failure) {
        Throwable cause = failure;
        while (cause instanceof CompletionException && cause.getCause() != null) {
            cause = cause.getCause();
        }
        if (cause instanceof OutOfMemoryError) {
            return outOfMemory(cause);
        }
        return cause instanceof Error ? cause : translate(cause);
    }

    private static BrokerException outOfMemory(Throwable cause) {
        return new BrokerException(ErrorKind.OVERLOADED, "the server ran out of memory on this request: ask for less at a time,"
                + " or try again in a moment", cause);
    }

    /**
     * For results that carry a {@link BrokerException} beside others that went well.
     *
     * @param what failed, for the message
     */
    public static BrokerException asBrokerException(String what, Throwable failure) {
        Throwable translated = outcome(failure);
        return translated instanceof BrokerException known ? known
                : new BrokerException(ErrorKind.UNAVAILABLE, what + " failed: " + translated, translated);
    }

    public static BrokerException unknownTopicId(String name) {
        return new BrokerException(ErrorKind.UNKNOWN_TOPIC_ID,
                "topic '%s' was deleted and created anew: its records are others now".formatted(name));
    }

    public static BrokerException unknownTopic(String name) {
        return new BrokerException(ErrorKind.UNKNOWN_TOPIC,
                "there is no topic '%s': create it first".formatted(TopicName.shortened(String.valueOf(name))));
    }

    public static BrokerException topicAside(String name) {
        return new BrokerException(ErrorKind.UNAVAILABLE, ("topic '%s' has no register any more, although it was not deleted: its logs"
                + " are set aside until the registers are restored, or until a topic of that name is created anew").formatted(name));
    }

    public static BrokerException unknownPartition(String topic, int partition, int partitions) {
        return new BrokerException(ErrorKind.UNKNOWN_PARTITION, "topic '%s' has no partition %d: it has %s".formatted(
                topic, partition, partitions == 1 ? "only partition 0" : "partitions 0 to " + (partitions - 1)));
    }

    public static BrokerException closed() {
        return new BrokerException(ErrorKind.UNAVAILABLE, "this broker is stopping: try another one, or again later");
    }

    private static ErrorKind kindOf(Throwable failure) {
        if (failure instanceof LogQueueFullException || failure instanceof TooManyProducersException) {
            return ErrorKind.OVERLOADED;
        } else if (failure instanceof LogDirectoryOfflineException || failure instanceof UncheckedIOException) {
            return ErrorKind.LOG_DIRECTORY_OFFLINE;
        } else if (failure instanceof CorruptLogException) {
            return ErrorKind.CORRUPT_LOG;
        } else if (failure instanceof RegisterUnavailableException || failure instanceof RejectedExecutionException) {
            return ErrorKind.UNAVAILABLE;
        } else if (failure instanceof InvalidBatchException) {
            return ErrorKind.INVALID_BATCH;
        } else if (failure instanceof BatchTooLargeException) {
            return ErrorKind.RECORD_TOO_LARGE;
        } else if (failure instanceof OutOfOrderSequenceException) {
            return ErrorKind.OUT_OF_ORDER_SEQUENCE;
        } else if (failure instanceof InvalidProducerEpochException) {
            return ErrorKind.INVALID_PRODUCER_EPOCH;
        } else if (failure instanceof InvalidTxnStateException) {
            return ErrorKind.INVALID_TXN_STATE;
        }
        return null;
    }
}
