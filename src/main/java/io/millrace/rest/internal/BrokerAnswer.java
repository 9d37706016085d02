package io.millrace.rest.internal;

import io.millrace.agreement.Member;
import io.millrace.log.AppendResult;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.rest.dialect.ErrorStatus;
import jakarta.json.Json;
import jakarta.json.JsonException;
import jakarta.json.JsonObject;
import jakarta.json.JsonReader;
import java.io.ByteArrayInputStream;
import java.net.http.HttpResponse;

/**
 * What another broker answered to a request of ours, in the broker's own words.
 *
 * @param kindName what stands in {@link ErrorStatus#KIND_HEADER}, or null
 * @param content  the body, whatever the status
 */
record BrokerAnswer(Member from, int status, String kindName, byte[] content) {
    private static final int MAX_MESSAGE = 1000;
    private static final long NO_TIME = -1;

    static BrokerAnswer of(Member from, HttpResponse<byte[]> response) {
        return new BrokerAnswer(from, response.statusCode(),
                response.headers().firstValue(ErrorStatus.KIND_HEADER).orElse(null), response.body());
    }

    /** The body of an answer that went well. */
    byte[] body() {
        if (status / 100 != 2) {
            throw new BrokerException(kind(), message());
        }
        return content;
    }

    /** Where an append went; -1 when it was only queued. */
    AppendResult appended() {
        byte[] body = body();
        if (status == 204) {
            return new AppendResult(-1, -1, NO_TIME);
        }
        try {
            JsonObject offsets = json(body);
            return new AppendResult(offsets.getJsonNumber("base_offset").longValueExact(),
                    offsets.getJsonNumber("last_offset").longValueExact(), NO_TIME);
        } catch (JsonException | ClassCastException | ArithmeticException | NullPointerException e) {
            throw new BrokerException(ErrorKind.UNAVAILABLE, "broker " + from.brokerId() + " at " + from.url()
                    + " answered an append with what is no pair of offsets: it may have been done", e);
        }
    }

    private ErrorKind kind() {
        for (ErrorKind kind : ErrorKind.values()) {
            if (kind.name().equals(kindName)) {
                return kind;
            }
        }
        return switch (status) {
            case 400 -> ErrorKind.INVALID_REQUEST;
            case 404 -> ErrorKind.UNKNOWN_PARTITION;
            case 413 -> ErrorKind.RECORD_TOO_LARGE;
            case 416 -> ErrorKind.OFFSET_OUT_OF_RANGE;
            case 422 -> ErrorKind.INVALID_BATCH;
            default -> ErrorKind.UNAVAILABLE;
        };
    }

    private String message() {
        String told;
        try {
            told = json(content).getString("message");
        } catch (JsonException | ClassCastException | NullPointerException e) {
            // not of the shape of our errors: something between the brokers, most likely
            return "broker " + from.brokerId() + " at " + from.url() + " answered with status " + status;
        }
        return told.length() <= MAX_MESSAGE ? told : told.substring(0, MAX_MESSAGE);
    }

    private static JsonObject json(byte[] body) {
        try (JsonReader reader = Json.createReader(new ByteArrayInputStream(body))) {
            return reader.readObject();
        }
    }
}
