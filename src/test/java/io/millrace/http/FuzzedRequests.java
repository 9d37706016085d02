package io.millrace.http;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Requests to every path that there is, some of whose parts were replaced by what should not be there. */
final class FuzzedRequests {
    private static final String[] METHODS = {"GET", "POST", "DELETE", "PATCH", "HEAD", "OPTIONS", "PUT"};
    private static final String[] PATHS = {"/", "/producers", "/topics", "/topics/T", "/topics/T/partitions", "/topics/T/partitions/0",
        "/topics/T/partitions/0/offsets", "/topics/T/partitions/0/records", "/admin/topics", "/admin/topics/T", "/admin/topics/T/configs",
        "/admin/topics/T/partitions", "/admin/topics/T/partitions/0/records", "/admin/cluster", "/admin/reassignments",
        "/admin/reassignments/T/0", "/admin/brokers/9/drain", "/admin/groups", "/admin/groups/G", "/admin/groups/G/offsets",
        "/admin/groups/G/members/c", "/consumers/G", "/consumers/G/instances/c", "/consumers/G/instances/c/subscription",
        "/consumers/G/instances/c/assignments", "/consumers/G/instances/c/records", "/consumers/G/instances/c/offsets",
        "/consumers/G/instances/c/positions", "/consumers/G/instances/c/positions/beginning", "/consumers/G/instances/c/positions/end",
        "/internal/replica-fetch", "/internal/fetch-all", "/internal/poll-answers",
        "/internal/replica-ends", "/internal/groups"};
    private static final String[] QUERIES = {"timeout", "max_bytes", "min_bytes", "offset", "leader_epoch", "timestamp", "acks", "async",
        "before_offset"};
    /** Values that are right somewhere. */
    private static final String[] RIGHT = {"0", "1", "all", "true", "earliest", "timestamp:5", "application/json", "*/*",
        "application/vnd.kafka.json.v2+json", "application/vnd.kafka.v2+json", "application/vnd.millrace.batch", "gzip", "https",
        "localhost:80", "100-continue", "http://a/"};
    private static final String[] HEADERS = {"Accept", "Accept", "Content-Type", "Content-Type", "Content-Encoding", "Host", "Host",
        "X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded-For", "X-Forwarded-Port", "Forwarded", "Millrace-Forwarded", "Millrace-Poll",
        "Millrace-Member-Epoch", "Millrace-Answered", "Millrace-Base-Uri", "traceparent", "tracestate", "Range", "If-None-Match",
        "If-Modified-Since", "Idempotency-Key", "Authorization", "Millrace-Signature", "Cookie", "Accept-Language",
        "Accept-Encoding", "Accept-Charset", "Origin", "Date", "Expect", "$WSSN", "$WSSP", "$WSRA", "$WSSC"};
    private static final String[] NASTY = {"", " ", ";", ",", ",,,", "/", "*", "*/", "/*", "a", "a/b/c", "application/json;q=abc",
        "application/json;q=", "*/*;q=2", "a/b;c=\"", "application/json;charset=", "application/json;charset=\"x", "https, http", "::",
        "{}", "<x>", "[::1", "[x]:1", "a b", "a:b:c", "localhost:99999", "u@h", "-1", "9223372036854775808", "1e9", "0x1", "NaN", "\u00ff",
        "\u0001", "%", "%zz", "%00", "%ff", "%7B%7D", "..", ".", "\"", "'", "\\", "|", "`", "^", "(", "q=0", "=", "==", "a=b=c", "null",
        "true, false", "1, 1", "00-0-0-0", "bytes=9-1", "GMT", "http://", "http://[", "ftp://x", "urn:x", "Basic !", "Bearer",
        "Millrace x:y:z", "en;q=x", "x".repeat(3000), ";;q", "\t", "#", "?", "&", "+"};
    private static final String[] BODIES = {"", "{}", "[]", "{\"records\":[{\"value\":1}]}", "{\"topics\":[\"T\"]}", "null", "{", "\u00ff"};

    private final Random random;
    private final String topic;
    private final String group;

    FuzzedRequests(Random random, String topic, String group) {
        this.random = random;
        this.topic = topic;
        this.group = group;
    }

    /** The whole request; what it tells of its length is true. */
    String next() {
        String body = of(BODIES).replace("T", topic);
        StringBuilder request = new StringBuilder(of(METHODS)).append(' ').append(target()).append(" HTTP/1.1\r\n");
        List<String> headers = new ArrayList<>();
        if (random.nextInt(10) > 0) {
            headers.add("Host: localhost");
        }
        if (random.nextInt(3) > 0) {
            headers.add("Content-Type: " + of(new String[] {HttpApi.JSON, HttpApi.DIALECT, HttpApi.BATCH, HttpApi.TEXT}));
        }
        for (int i = random.nextInt(4); i > 0; i--) {
            String header = of(HEADERS);
            // nobody waits for a 100 here
            headers.add(header + ": " + (header.equals("Expect") ? "x" : value()));
        }
        headers.add("Content-Length: " + body.length());
        headers.forEach(header -> request.append(header).append("\r\n"));
        return request.append("\r\n").append(body).toString();
    }

    private String target() {
        StringBuilder target = new StringBuilder();
        for (String segment : of(PATHS).substring(1).split("/")) {
            target.append('/').append(random.nextInt(8) == 0 ? withoutSpace(value())
                    : segment.equals("T") ? topic : segment.equals("G") ? group : segment);
        }
        for (int i = random.nextInt(3); i > 0; i--) {
            target.append(target.indexOf("?") < 0 ? '?' : '&').append(of(QUERIES)).append('=').append(withoutSpace(value()));
        }
        // a wait would take the test's time
        return target + (target.indexOf("?") < 0 ? "?" : "&") + "timeout=" + (random.nextInt(20) == 0 ? "x" : "0");
    }

    private String value() {
        return random.nextInt(3) == 0 ? of(RIGHT) : random.nextInt(10) == 0 ? noise() : of(NASTY);
    }

    private String noise() {
        StringBuilder noise = new StringBuilder();
        for (int i = random.nextInt(20); i >= 0; i--) {
            char c = (char) random.nextInt(256);
            noise.append(c == '\r' || c == '\n' ? 'n' : c);
        }
        return noise.toString();
    }

    private static String withoutSpace(String value) {
        return value.replace(" ", "%20").replace("\t", "%09");
    }

    private String of(String[] choices) {
        return choices[random.nextInt(choices.length)];
    }
}
