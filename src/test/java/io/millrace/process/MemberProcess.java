package io.millrace.process;

import jakarta.json.Json;
import jakarta.json.JsonArray;
import jakarta.json.JsonObject;
import jakarta.json.JsonReader;
import java.io.IOException;
import java.io.PrintStream;
import java.io.StringReader;
import java.lang.ProcessBuilder.Redirect;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * A consumer in a process of its own, as an application would run it with nothing but the dialect: it polls, writes a line
 * "partition offset value" for each record, commits what was polled, and polls again; when a server does not answer, it goes
 * on with the next one. A line on its standard input makes it delete its consumer and end.
 */
final class MemberProcess {
    private static final String TEXT = "application/vnd.kafka.text.v2+json";
    private static final String DIALECT = "application/vnd.kafka.v2+json";
    private static final Duration PATIENCE = Duration.ofSeconds(8);

    private final List<URI> servers;
    private final String group;
    private final String topic;
    private final boolean automatic;
    private final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(1)).build();
    private final PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    private final String name;
    /** Path of the consumer: by its name alone until its base_uri is known. */
    private String instance;
    private int server;

    private MemberProcess(List<URI> servers, String group, String topic, String name, boolean automatic) {
        this.servers = servers;
        this.group = group;
        this.topic = topic;
        this.name = name;
        this.instance = "/consumers/" + group + "/instances/" + name;
        this.automatic = automatic;
        this.server = Math.floorMod(name.hashCode(), servers.size());
    }

    /** @param automatic whether offsets are committed by the server, or else by the member after each poll */
    static Process start(List<URI> servers, String group, String topic, String name, boolean automatic, Path output)
            throws IOException {
        List<String> command = new ArrayList<>(List.of(ProcessHandle.current().info().command().orElse("java"), "-Xmx64m",
                "-XX:TieredStopAtLevel=1", "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                MemberProcess.class.getName(), group, topic, name, Boolean.toString(automatic)));
        servers.forEach(url -> command.add(url.toString()));
        return new ProcessBuilder(command).redirectOutput(Redirect.appendTo(output.toFile()))
                .redirectError(Redirect.appendTo(output.resolveSibling("errors").toFile())).start();
    }

    public static void main(String[] arguments) throws Exception {
        List<URI> servers = new ArrayList<>();
        for (int i = 4; i < arguments.length; i++) {
            servers.add(URI.create(arguments[i]));
        }
        MemberProcess member = new MemberProcess(servers, arguments[0], arguments[1], arguments[2],
                Boolean.parseBoolean(arguments[3]));
        member.join();
        while (System.in.available() == 0) {
            member.step();
        }
        while (!member.isGone()) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(200));
        }
    }

    private void join() {
        while (true) {
            HttpResponse<String> created = send("POST", "/consumers/" + group, "{\"name\":\"" + name + "\",\"format\":\"text\","
                    + "\"auto.offset.reset\":\"earliest\",\"enable.auto.commit\":" + automatic
                    + ",\"session.timeout.ms\":6000}");
            if (created != null && created.statusCode() == 200) {
                instance = path(created.body());
            }
            if (created != null && (created.statusCode() == 200 || created.statusCode() == 409) && status("POST", instance() + "/subscription",
                    "{\"topics\":[\"" + topic + "\"]}") == 204) {
                return;
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(200));
        }
    }

    private void step() {
        HttpResponse<String> polled = send("GET", instance() + "/records?timeout=1000", null);
        if (polled == null || polled.statusCode() != 200) {
            if (polled != null && polled.statusCode() == 404) {
                join();
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(100));
            return;
        }
        List<JsonObject> records = records(polled.body());
        for (JsonObject record : records) {
            out.println(record.getInt("partition") + " " + record.getJsonNumber("offset") + " " + record.getString("value"));
        }
        if (!automatic && !records.isEmpty()) {
            commit();
        }
    }

    private static String path(String created) {
        try (JsonReader reader = Json.createReader(new StringReader(created))) {
            return URI.create(reader.readObject().getString("base_uri")).getRawPath();
        }
    }

    private static List<JsonObject> records(String body) {
        try (JsonReader reader = Json.createReader(new StringReader(body))) {
            JsonArray records = reader.readArray();
            return records.getValuesAs(JsonObject.class);
        }
    }

    /** Until it is done, or refused: then the records are delivered again. */
    private void commit() {
        for (int tries = 0; tries < 20; tries++) {
            int status = status("POST", instance() + "/offsets", "");
            if (status >= 200 && status < 500) {
                return;
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(200));
        }
    }

    private boolean isGone() {
        int status = status("DELETE", instance(), null);
        return status == 204 || status == 404;
    }

    private String instance() {
        return instance;
    }

    private int status(String method, String path, String body) {
        HttpResponse<String> answer = send(method, path, body);
        return answer == null ? -1 : answer.statusCode();
    }

    /** Null when there was no answer: the next request goes to another server. */
    private HttpResponse<String> send(String method, String path, String body) {
        HttpRequest.Builder request = HttpRequest.newBuilder(servers.get(server).resolve(path)).timeout(PATIENCE)
                .header("Accept", path.contains("/records") ? TEXT : DIALECT)
                .method(method, body == null ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(body));
        if (body != null) {
            request.header("Content-Type", DIALECT);
        }
        try {
            return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
        } catch (IOException unreachable) {
            server = (server + 1) % servers.size();
            return null;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
