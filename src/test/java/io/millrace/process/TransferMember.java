package io.millrace.process;

import jakarta.json.Json;
import jakarta.json.JsonArray;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import java.net.URI;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * A consumer of a group that reads what was committed. It is given up, and another one created in its place, wherever it is
 * not certain how far it has read: a new one begins at what the group has committed. One thread.
 */
final class TransferMember {
    private static final long BETWEEN_MS = 100;
    private static final String NO_MEMBER = "";

    private final AnyServer servers;
    private final String group;
    private final String topic;
    private final String instanceId;
    private final int sessionMs;
    /** Path of its base_uri; {@link #NO_MEMBER} until there is one. */
    private String instance = NO_MEMBER;
    private String name;
    private String lastPoll;

    /** What a poll gave. @param epoch of the member */
    record Polled(long epoch, SortedMap<Integer, List<String>> values, SortedMap<Integer, Long> next) { }

    /** @param instanceId a new one takes the place of the last one with it; null: the group shares its partitions out anew */
    TransferMember(AnyServer servers, String group, String topic, String instanceId, int sessionMs) {
        this.servers = servers;
        this.group = group;
        this.topic = topic;
        this.instanceId = instanceId;
        this.sessionMs = sessionMs;
    }

    String name() {
        return name;
    }

    /** @return null when it was given nothing, for whatever reason */
    Polled poll() throws InterruptedException {
        if (instance.equals(NO_MEMBER) && !join()) {
            TimeUnit.MILLISECONDS.sleep(BETWEEN_MS);
            return null;
        }
        // an answer that was lost on the way is given again, where else its records would be passed over
        HttpResponse<String> answer = servers.ask("GET", instance + "/records?timeout=500", Map.of("Millrace-Poll", lastPoll), null);
        if (answer == null) {
            return null;
        } else if (answer.statusCode() == 200) {
            return polled(answer);
        } else if (answer.statusCode() == 503) {
            servers.turnAway();
            TimeUnit.MILLISECONDS.sleep(BETWEEN_MS);
            return null;
        } else if (answer.statusCode() == 404 || answer.statusCode() == 409) {
            instance = NO_MEMBER;
            return null;
        }
        throw new IllegalStateException("a poll was answered with " + answer.statusCode() + ": " + answer.body());
    }

    private Polled polled(HttpResponse<String> answer) {
        List<JsonObject> records = ((JsonArray) ClusterClient.parse(answer.body())).getValuesAs(JsonObject.class);
        if (records.isEmpty()) {
            return null;
        }
        lastPoll = answer.headers().firstValue("Millrace-Poll").orElseThrow();
        SortedMap<Integer, List<String>> values = new TreeMap<>();
        SortedMap<Integer, Long> next = new TreeMap<>();
        for (JsonObject each : records) {
            values.computeIfAbsent(each.getInt("partition"), partition -> new ArrayList<>()).add(each.getString("value"));
            next.put(each.getInt("partition"), each.getJsonNumber("offset").longValueExact() + 1);
        }
        long epoch = answer.headers().firstValueAsLong("Millrace-Member-Epoch").orElseThrow();
        return new Polled(epoch, values, next);
    }

    private boolean join() throws InterruptedException {
        JsonObjectBuilder wanted = Json.createObjectBuilder().add("format", "text").add("auto.offset.reset", "earliest")
                .add("enable.auto.commit", false).add("isolation.level", "read_committed").add("max.poll.records", 40)
                .add("session.timeout.ms", sessionMs);
        if (instanceId != null) {
            wanted.add("group.instance.id", instanceId);
        }
        HttpResponse<String> created = servers.ask("POST", "/consumers/" + group, Map.of(), wanted.build().toString());
        if (created == null || created.statusCode() != 200) {
            return false;
        }
        JsonObject answer = (JsonObject) ClusterClient.parse(created.body());
        String path = URI.create(answer.getString("base_uri")).getRawPath();
        HttpResponse<String> subscribed = servers.ask("POST", path + "/subscription", Map.of(), "{\"topics\":[\"" + topic + "\"]}");
        if (subscribed == null || subscribed.statusCode() != 204) {
            return false; // it reads nothing, and is forgotten with its session
        }
        instance = path;
        name = answer.getString("instance_id");
        lastPoll = "0";
        return true;
    }

    /** The next poll is that of another one. */
    void leave() throws InterruptedException {
        if (!instance.equals(NO_MEMBER) && instanceId == null) {
            servers.ask("DELETE", instance, Map.of(), null); // without an answer its session ends by itself
        }
        instance = NO_MEMBER;
    }
}
