package io.millrace.metadata;

/** Told of the records that come and go; must return at once. Bytes are those of the stored batches. */
public interface BrokerObserver {
    BrokerObserver NONE = new BrokerObserver() { };

    default void produced(String topic, long records, long bytes) {
    }

    /** Records of an idempotent producer came again, and were not written again. */
    default void repeated(String topic, long records) {
    }

    default void fetched(String topic, long records, long bytes) {
    }

    default void topicDeleted(String topic) {
    }
}
