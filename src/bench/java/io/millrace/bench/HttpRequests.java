package io.millrace.bench;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Whole requests in direct buffers, made once and sent often. */
record HttpRequests(String host) {
    static final String JSON = "application/vnd.kafka.json.v2+json";
    static final String BATCH = "application/vnd.millrace.batch";
    static final String ANSWER = "application/vnd.kafka.v2+json";

    ByteBuffer post(String path, String contentType, ByteBuffer body) {
        return post(path, contentType, "", body);
    }

    /** @param headers further ones, each with its line's end */
    ByteBuffer post(String path, String contentType, String headers, ByteBuffer body) {
        byte[] head = ("POST " + path + " HTTP/1.1\r\nHost: " + host + "\r\n" + headers + "Content-Type: " + contentType
                + "\r\nAccept: " + ANSWER + "\r\nContent-Length: " + body.remaining() + "\r\n\r\n")
                .getBytes(StandardCharsets.ISO_8859_1);
        return ByteBuffer.allocateDirect(head.length + body.remaining()).put(head).put(body.duplicate()).flip();
    }

    ByteBuffer get(String path, String accept) {
        return ByteBuffer.wrap(("GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\nAccept: " + accept + "\r\n\r\n")
                .getBytes(StandardCharsets.ISO_8859_1));
    }

    /** The dialect's produce body: so many records, each value a string of so many bytes. */
    static ByteBuffer jsonRecords(int records, int valueBytes) {
        String one = "{\"value\":\"" + "x".repeat(valueBytes) + "\"}";
        String all = (one + ",").repeat(records - 1) + one;
        return StandardCharsets.UTF_8.encode("{\"records\":[" + all + "]}");
    }
}
