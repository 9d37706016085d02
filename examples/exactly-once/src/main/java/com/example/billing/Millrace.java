package com.example.billing;

import jakarta.json.Json;
import jakarta.json.JsonArray;
import jakarta.json.JsonObject;
import jakarta.json.JsonReader;
import jakarta.json.JsonStructure;
import jakarta.json.JsonValue;
import jakarta.ws.rs.ProcessingException;
import jakarta.ws.rs.client.Client;
import jakarta.ws.rs.client.Entity;
import jakarta.ws.rs.client.Invocation;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.Response.Status.Family;
import java.io.StringReader;
import java.util.List;

/** The servers of a cluster, of which any one answers for all; the next one is asked when one does not. One thread. */
final class Millrace {
    private static final String DIALECT = "application/vnd.kafka.v2+json";
    private static final String RECORDS = "application/vnd.kafka.json.v2+json";
    private static final String TRANSACTION = "Millrace-Transaction";

    private final Client client;
    private final List<String> servers;
    private int current;

    /** @param servers base URLs, one at least */
    Millrace(Client client, List<String> servers) {
        this.client = client;
        this.servers = List.copyOf(servers);
    }

    /** What was answered. @param body null without content */
    record Answer(JsonStructure body, Response response) {
        JsonObject object() {
            return body.asJsonObject();
        }

        JsonArray array() {
            return body.asJsonArray();
        }

        long number(String header) {
            return Long.parseLong(response.getHeaderString(header));
        }
    }

    Answer post(String path, JsonObject body) throws NotDoneException {
        return ask(path, request(path, DIALECT).buildPost(Entity.entity(body.toString(), DIALECT)));
    }

    /** Records of a transaction, as {@code id;epoch=n}. */
    Answer produce(String path, String transaction, JsonObject body) throws NotDoneException {
        return ask(path, request(path, DIALECT).header(TRANSACTION, transaction).buildPost(Entity.entity(body.toString(), RECORDS)));
    }

    Answer poll(String path) throws NotDoneException {
        return ask(path, request(path, RECORDS).buildGet());
    }

    private Invocation.Builder request(String path, String accept) {
        return client.target(servers.get(current) + path).request(accept);
    }

    private Answer ask(String path, Invocation request) throws NotDoneException {
        try (Response response = request.invoke()) {
            String text = response.hasEntity() ? response.readEntity(String.class) : "";
            if (response.getStatusInfo().getFamily() != Family.SUCCESSFUL) {
                throw new NotDoneException(path + " was answered with " + response.getStatus() + ": " + text);
            }
            Answer answer = new Answer(text.isEmpty() ? null : parse(text), response);
            requireAllWritten(path, answer.body());
            return answer;
        } catch (ProcessingException unreachable) {
            throw new NotDoneException(path + " was not answered: " + unreachable.getMessage(), unreachable);
        }
    }

    /** Of records that go to several partitions some may be refused. */
    private static void requireAllWritten(String path, JsonStructure body) throws NotDoneException {
        if (body instanceof JsonObject object && object.get("offsets") instanceof JsonArray offsets) {
            for (JsonValue each : offsets) {
                if (each.asJsonObject().containsKey("error_code")) {
                    throw new NotDoneException(path + " was answered with " + each);
                }
            }
        }
    }

    private static JsonStructure parse(String text) {
        try (JsonReader reader = Json.createReader(new StringReader(text))) {
            return reader.read();
        }
    }

    /** Requests go to another server from now on. */
    void turnAway() {
        current = (current + 1) % servers.size();
    }
}
