package io.millrace.broker;

/** Names one partition. */
record TopicPartition(String topic, int partition) {
    @Override
    public String toString() {
        return topic + "-" + partition;
    }
}
