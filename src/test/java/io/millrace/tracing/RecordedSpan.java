package io.millrace.tracing;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiConsumer;

/** Keeps what it is told, and the spans that begin of it. */
public final class RecordedSpan implements TraceSpan {
    private final String name;
    private final List<RecordedSpan> begun = new CopyOnWriteArrayList<>();
    private final List<String> told = new CopyOnWriteArrayList<>();

    public RecordedSpan(String name) {
        this.name = name;
    }

    private RecordedSpan begin(String called) {
        RecordedSpan span = new RecordedSpan(called);
        begun.add(span);
        return span;
    }

    /** What it was told, in turn. */
    public List<String> told() {
        return List.copyOf(told);
    }

    /** Those that began of it, each with what it was told. */
    public List<String> begun() {
        List<String> all = new ArrayList<>();
        begun.forEach(each -> all.add(each.name + " " + each.told));
        return all;
    }

    @Override
    public boolean isRecorded() {
        return true;
    }

    @Override
    public TraceSpan relay(String method, int brokerId, String url) {
        return begin("relay " + method + " " + brokerId);
    }

    @Override
    public TraceSpan append(String topic, int partition, String acks) {
        return begin("append " + topic + "-" + partition + " " + acks);
    }

    @Override
    public TraceSpan fetch(String topic, int partition) {
        return begin("fetch " + topic + "-" + partition);
    }

    @Override
    public TraceSpan poll(String group) {
        return begin("poll " + group);
    }

    @Override
    public void carry(BiConsumer<String, String> headers) {
        headers.accept("traceparent", name);
    }

    @Override
    public void records(long count) {
        told.add("records " + count);
    }

    @Override
    public void answered(int status) {
        told.add("answered " + status);
    }

    @Override
    public void end() {
        told.add("end");
    }

    @Override
    public void fail(Throwable failure) {
        told.add("failed " + failure.getClass().getSimpleName());
    }
}
