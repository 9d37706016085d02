package io.millrace.cluster;

/** How many of the configured brokers are more than half. */
record Majority(int configured) {
    int needed() {
        return configured / 2 + 1;
    }

    boolean isReachedBy(int brokers) {
        return brokers >= needed();
    }
}
