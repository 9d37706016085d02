package io.millrace.tracing;

import java.util.function.BiConsumer;

/** See {@link TraceSpan#NONE}. */
final class NoSpan implements TraceSpan {
    @Override
    public boolean isRecorded() {
        return false;
    }

    @Override
    public TraceSpan relay(String method, int brokerId, String url) {
        return this;
    }

    @Override
    public TraceSpan append(String topic, int partition, String acks) {
        return this;
    }

    @Override
    public TraceSpan fetch(String topic, int partition) {
        return this;
    }

    @Override
    public TraceSpan poll(String group) {
        return this;
    }

    @Override
    public void carry(BiConsumer<String, String> headers) {
        // there is no trace to go on with
    }

    @Override
    public void records(long count) {
        // nobody counts
    }

    @Override
    public void answered(int status) {
        // nobody looks
    }

    @Override
    public void end() {
        // it never began
    }

    @Override
    public void fail(Throwable failure) {
        // told by whoever answers
    }
}
