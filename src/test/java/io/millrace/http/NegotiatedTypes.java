package io.millrace.http;

import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * What headers say of media types, and what comes of it: by RFC 9110 (sections 8.3, 12.5.1, 12.5.3) and {@code docs/api.md}. The
 * outcome is a type, or the status of a refusal.
 */
final class NegotiatedTypes {
    static final String EVENTS = "text/event-stream";
    static final String LINES = "application/x-ndjson";
    static final String PLAIN = "application/json";

    private static final String SEVERAL = " && ";
    private static final Map<String, String> TYPES = Map.of("DIALECT", HttpApi.DIALECT, "PLAIN", PLAIN, "JSON", HttpApi.JSON,
            "BINARY", HttpApi.BINARY, "TEXT", HttpApi.TEXT, "BATCH", HttpApi.BATCH, "EVENTS", EVENTS, "LINES", LINES);

    private static final String ACCEPTED = """
            # Accept | JSON | the version | records | lines in a body | a consumer of JSON
            (none) | DIALECT | PLAIN | JSON | DIALECT | JSON
            (empty) | DIALECT | PLAIN | JSON | DIALECT | JSON
            */* | DIALECT | PLAIN | JSON | DIALECT | JSON
            application/* | DIALECT | PLAIN | JSON | DIALECT | JSON
            APPLICATION/*;Q=0.1 | DIALECT | PLAIN | JSON | DIALECT | JSON
            text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.8 | DIALECT | PLAIN | JSON | DIALECT | JSON
            text/html, image/gif, *; q=.2, */*; q=.2 | DIALECT | PLAIN | JSON | DIALECT | JSON
            application/json | PLAIN | PLAIN | PLAIN | PLAIN | JSON
            APPLICATION/JSON | PLAIN | PLAIN | PLAIN | PLAIN | JSON
            Application/Json; Charset=UTF-8 | PLAIN | PLAIN | PLAIN | PLAIN | JSON
            application/json;profile="a,b;q=0" | PLAIN | PLAIN | PLAIN | PLAIN | JSON
            text/html, application/json;q=0.001 | PLAIN | PLAIN | PLAIN | PLAIN | JSON
            , ,application/json ;q=1.000 , | PLAIN | PLAIN | PLAIN | PLAIN | JSON
            text/html && application/json | PLAIN | PLAIN | PLAIN | PLAIN | JSON
            application/vnd.kafka.v2+json | DIALECT | DIALECT | DIALECT | DIALECT | JSON
            application/vnd.kafka.json.v2+json | DIALECT | DIALECT | JSON | DIALECT | JSON
            application/vnd.kafka.binary.v2+json | DIALECT | DIALECT | BINARY | DIALECT | 406
            APPLICATION/VND.Kafka.Text.V2+JSON; charset=utf-8; q=0.3 | DIALECT | DIALECT | TEXT | DIALECT | 406
            application/vnd.millrace.batch | DIALECT | DIALECT | BATCH | DIALECT | 406
            application/vnd.kafka.text.v2+json;q=0.2, application/json;q=0.9 | PLAIN | PLAIN | PLAIN | PLAIN | JSON
            application/json;q=0.5, application/vnd.kafka.text.v2+json;q=0.6 | DIALECT | DIALECT | TEXT | DIALECT | JSON
            application/vnd.kafka.text.v2+json, application/*;q=0.1 | DIALECT | DIALECT | TEXT | DIALECT | JSON
            */*;q=0.1, application/json;q=0 | DIALECT | DIALECT | JSON | DIALECT | JSON
            */*, application/vnd.kafka.v2+json;q=0 | PLAIN | PLAIN | JSON | PLAIN | JSON
            application/*;q=0.9, application/vnd.kafka.v2+json;q=0.1 | PLAIN | PLAIN | JSON | PLAIN | JSON
            */*, application/vnd.kafka.json.v2+json;q=0 | DIALECT | PLAIN | BINARY | DIALECT | 406
            text/event-stream, application/json;q=0.5 | PLAIN | PLAIN | EVENTS | PLAIN | EVENTS
            text/event-stream;q=0.5, application/json | PLAIN | PLAIN | PLAIN | PLAIN | JSON
            application/x-ndjson;q=0.1, application/vnd.kafka.binary.v2+json | DIALECT | DIALECT | BINARY | DIALECT | 406
            text/event-stream | 406 | 406 | EVENTS | 406 | EVENTS
            application/x-ndjson | 406 | 406 | LINES | LINES | LINES
            Application/X-NDJSON;q=0.5 | 406 | 406 | LINES | LINES | LINES
            text/* | 406 | 406 | 406 | 406 | 406
            text/html | 406 | 406 | 406 | 406 | 406
            application/xml, text/html;level=1, image/* | 406 | 406 | 406 | 406 | 406
            application/vnd.kafka.avro.v2+json | 406 | 406 | 406 | 406 | 406
            application/json;q=0 | 406 | 406 | 406 | 406 | 406
            application/vnd.kafka.v2+json;q=0.000 | 406 | 406 | 406 | 406 | 406
            */*;q=0 | 406 | 406 | 406 | 406 | 406
            */*, application/*;q=0 | 406 | 406 | 406 | 406 | 406
            application | 400 | 400 | 400 | 400 | 400
            */json | 400 | 400 | 400 | 400 | 400
            application/json;q=2 | 400 | 400 | 400 | 400 | 400
            application/json;q=high | 400 | 400 | 400 | 400 | 400
            application/json;x="y | 400 | 400 | 400 | 400 | 400
            application/json && application | 400 | 400 | 400 | 400 | 400
            """;

    private static final String SENT = """
            # Content-Type | JSON | records | records or batches
            (none) | 415 | 415 | 415
            application/vnd.kafka.v2+json | taken | 415 | 415
            application/vnd.kafka.json.v2+json | taken | taken | taken
            application/vnd.kafka.binary.v2+json | 415 | taken | taken
            application/vnd.kafka.text.v2+json | 415 | taken | taken
            application/json | taken | taken | taken
            application/x-ndjson | 415 | taken | taken
            application/vnd.millrace.batch | 415 | 415 | taken
            APPLICATION/JSON | taken | taken | taken
            Application/Vnd.Kafka.Json.V2+Json | taken | taken | taken
            application/json; charset=utf-8 | taken | taken | taken
            application/json;charset="UTF-8" | taken | taken | taken
            application/json ; x="a;b" | taken | taken | taken
            application/json; | taken | taken | taken
            Application/X-NDJSON; charset=utf-8 | 415 | taken | taken
            application/json; charset=iso-8859-1 | 415 | 415 | 415
            application/vnd.kafka.json.v2+json; charset=utf-16 | 415 | 415 | 415
            application/x-ndjson; charset=utf-16 | 415 | 415 | 415
            application/octet-stream | 415 | 415 | 415
            application/problem+json | 415 | 415 | 415
            application/x-ndjson-more | 415 | 415 | 415
            application/vnd.kafka.avro.v2+json | 415 | 415 | 415
            text/plain | 415 | 415 | 415
            text/plain;charset=utf-8 | 415 | 415 | 415
            Application/X-WWW-Form-Urlencoded | 415 | 415 | 415
            multipart/form-data; boundary=x | 415 | 415 | 415
            application | 415 | 415 | 415
            /json | 415 | 415 | 415
            application/ | 415 | 415 | 415
            */* | 415 | 415 | 415
            application/* | 415 | 415 | 415
            application/json, application/json | 415 | 415 | 415
            application/json; charset="utf-8 | 415 | 415 | 415
            application/json && application/json | 400 | 400 | 400
            """;

    private static final String CODINGS = """
            # Accept-Encoding | JSON of some bytes | of a KiB, and streams
            (none) | plain | plain
            (empty) | plain | plain
            gzip | plain | gzip
            GZIP;Q=0.5 | plain | gzip
            x-gzip | plain | gzip
            * | plain | gzip
            br, gzip;q=0.2 | plain | gzip
            br && gzip | plain | gzip
            gzip;q=0.9, identity;q=0.5 | plain | gzip
            gzip;q=0.5, identity;q=0.9 | plain | plain
            gzip, identity;q=0 | gzip | gzip
            *;q=0.5, identity;q=0.000 | gzip | gzip
            identity;q=0, *;q=0 | plain | plain
            gzip;q=0, identity;q=0 | plain | plain
            gzip;q=0, * | plain | plain
            *;q=0 | plain | plain
            gzip;q=0 | plain | plain
            identity | plain | plain
            br, deflate | plain | plain
            gzip;q=much | plain | plain
            ;;, =, | plain | plain
            """;

    /** @param version of {@code GET /}; each is a type or a number */
    record Accepted(List<String> values, String json, String version, String records, String lines, String polled) {
    }

    /** Each is {@code taken} or a number. */
    record Sent(List<String> values, String json, String records, String batches) {
    }

    /** Each is {@code plain} or {@code gzip}. */
    record Coded(List<String> values, String small, String large) {
    }

    private NegotiatedTypes() {
    }

    static List<Accepted> accepted() {
        return rows(ACCEPTED).map(row -> new Accepted(values(row[0]), type(row[1]), type(row[2]), type(row[3]), type(row[4]), type(row[5])))
                .toList();
    }

    static List<Sent> sent() {
        return rows(SENT).map(row -> new Sent(values(row[0]), row[1], row[2], row[3])).toList();
    }

    static List<Coded> codings() {
        return rows(CODINGS).map(row -> new Coded(values(row[0]), row[1], row[2])).toList();
    }

    private static Stream<String[]> rows(String table) {
        return table.lines().filter(line -> !line.startsWith("#")).map(line -> line.split("\\s*\\|\\s*"));
    }

    private static List<String> values(String cell) {
        return switch (cell) {
            case "(none)" -> List.of();
            case "(empty)" -> List.of("");
            default -> List.of(cell.split(SEVERAL));
        };
    }

    private static String type(String cell) {
        return TYPES.getOrDefault(cell, cell);
    }
}
