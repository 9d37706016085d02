package io.millrace.bench;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Polls a consumer until it has read everything, lets it begin again, and so on. One thread. */
final class SequentialPoll implements Workload {
    /** An empty list, or no batch. */
    private static final int NOTHING = 2;

    private final ByteBuffer poll;
    private final ByteBuffer begin;
    private boolean atEnd;

    /** @param partitions of the topic: those that the consumer has to itself */
    SequentialPoll(HttpRequests requests, String group, String name, String accept, String topic, int... partitions) {
        String path = GroupConsumers.path(group, name);
        StringBuilder body = new StringBuilder("{\"partitions\":[");
        for (int partition : partitions) {
            body.append(body.charAt(body.length() - 1) == '[' ? "" : ",").append("{\"topic\":\"").append(topic)
                    .append("\",\"partition\":").append(partition).append('}');
        }
        this.poll = requests.get(path + "/records?timeout=0&max_bytes=" + (1 << 20), accept);
        this.begin = requests.post(path + "/positions/beginning", HttpRequests.ANSWER,
                ByteBuffer.wrap(body.append("]}").toString().getBytes(StandardCharsets.UTF_8)));
    }

    @Override
    public ByteBuffer next() {
        return atEnd ? begin : poll;
    }

    @Override
    public long accept(HttpAnswer answer) {
        atEnd = !atEnd && answer.bodyBytes() <= NOTHING;
        return 0; // the answers' bytes tell
    }
}
