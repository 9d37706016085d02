package io.millrace.agreement;

/** How many of the configured brokers are more than half. */
public record Majority(int configured) {
    public int needed() {
        return configured / 2 + 1;
    }

    public boolean isReachedBy(int brokers) {
        return brokers >= needed();
    }
}
