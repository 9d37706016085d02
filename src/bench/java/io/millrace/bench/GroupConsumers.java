package io.millrace.bench;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Makes and uses consumers, where that is not what is measured. */
final class GroupConsumers {
    private static final Pattern PARTITIONS = Pattern.compile("\\[([0-9,]+)\\]");

    private final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final URI server;

    GroupConsumers(URI server) {
        this.server = server;
    }

    static String path(String group, String name) {
        return "/consumers/" + group + "/instances/" + name;
    }

    /** A consumer that reads from the beginning, as much at a time as it is given, and commits when it is told to. */
    void create(String group, String name, String format, long sessionTimeoutMs, String topic)
            throws IOException, InterruptedException {
        send("POST", "/consumers/" + group, """
                {"name":"%s","format":"%s","auto.offset.reset":"earliest","enable.auto.commit":false,\
                "max.poll.records":1000000,"session.timeout.ms":%d}""".formatted(name, format, sessionTimeoutMs));
        send("POST", path(group, name) + "/subscription", "{\"topics\":[\"" + topic + "\"]}");
    }

    /** The partitions of its one topic that a consumer has now, in order. */
    int[] partitions(String group, String name) throws IOException, InterruptedException {
        Matcher list = PARTITIONS.matcher(send("GET", path(group, name) + "/subscription", ""));
        return list.find() ? Pattern.compile(",").splitAsStream(list.group(1)).mapToInt(Integer::parseInt).toArray() : new int[0];
    }

    /** Records that a poll gave, as text. */
    String poll(String group, String name, int waitMs) throws IOException, InterruptedException {
        return send(HttpRequest.newBuilder(server.resolve(path(group, name) + "/records?timeout=" + waitMs)).GET());
    }

    CompletableFuture<Integer> pollLater(String group, String name, int waitMs) {
        return client.sendAsync(HttpRequest.newBuilder(server.resolve(path(group, name) + "/records?timeout=" + waitMs))
                .timeout(Duration.ofSeconds(120)).GET().build(), BodyHandlers.ofString()).thenApply(HttpResponse::statusCode);
    }

    void commit(String group, String name) throws IOException, InterruptedException {
        send("POST", path(group, name) + "/offsets", "");
    }

    void delete(String group, String name) throws IOException, InterruptedException {
        send(HttpRequest.newBuilder(server.resolve(path(group, name))).DELETE());
    }

    void produce(String topic, String records) throws IOException, InterruptedException {
        send(HttpRequest.newBuilder(server.resolve("/topics/" + topic)).header("Content-Type", HttpRequests.JSON)
                .POST(BodyPublishers.ofString(records)));
    }

    String send(String method, String path, String body) throws IOException, InterruptedException {
        return send(HttpRequest.newBuilder(server.resolve(path)).header("Content-Type", HttpRequests.ANSWER)
                .method(method, BodyPublishers.ofString(body)));
    }

    private String send(HttpRequest.Builder request) throws IOException, InterruptedException {
        HttpRequest built = request.timeout(Duration.ofSeconds(60)).build();
        HttpResponse<String> answer = client.send(built, BodyHandlers.ofString());
        if (answer.statusCode() / 100 != 2) {
            throw new IOException(built.method() + " " + built.uri() + " answered " + answer.statusCode() + ": " + answer.body());
        }
        return answer.body();
    }
}
