package io.millrace.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.GZIPInputStream;

/** An open stream, as a client reads it. To be closed. */
final class OpenStream implements AutoCloseable {
    private final HttpResponse<InputStream> response;
    private final InputStream body;

    private OpenStream(HttpResponse<InputStream> response, InputStream body) {
        this.response = response;
        this.body = body;
    }

    /** The server must begin it. @param headers names and values in turn */
    static OpenStream of(HttpClient.Version version, URI from, String... headers) throws IOException, InterruptedException {
        HttpClient client = HttpClient.newBuilder().version(version).build();
        HttpRequest request = HttpRequest.newBuilder(from).headers(headers).build();
        HttpResponse<InputStream> response = client.send(request, HttpResponse.BodyHandlers.ofInputStream());
        assertThat(response.statusCode()).isEqualTo(200);
        boolean compressed = response.headers().firstValue("Content-Encoding").orElse("").equals("gzip");
        return new OpenStream(response, compressed ? new GZIPInputStream(response.body()) : response.body());
    }

    /** Of the answer; null when there is none. */
    String header(String name) {
        return response.headers().firstValue(name).orElse(null);
    }

    /**
     * The next line, whatever it says; null: the stream has ended. Readers of the JDK read on when they have a line: they take an inflating
     * stream to have more at any time.
     */
    String anyLine() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int next = body.read(); next != '\n'; next = body.read()) {
            if (next < 0) {
                return null;
            }
            line.write(next);
        }
        return line.toString(StandardCharsets.UTF_8);
    }

    /** The next event's fields; what only says that the stream goes on is passed over. Null: the stream has ended. */
    Map<String, String> event() throws IOException {
        Map<String, String> fields = new LinkedHashMap<>();
        for (String line = anyLine(); line != null; line = anyLine()) {
            if (line.isEmpty() && !fields.isEmpty()) {
                return fields;
            } else if (!line.isEmpty() && !line.startsWith(":")) {
                int colon = line.indexOf(": ");
                fields.put(line.substring(0, colon), line.substring(colon + 2));
            }
        }
        return null;
    }

    /** The next line that is not empty. Null: the stream has ended. */
    String line() throws IOException {
        String line = anyLine();
        while (line != null && line.isEmpty()) {
            line = anyLine();
        }
        return line;
    }

    @Override
    public void close() throws IOException {
        response.body().close();
    }
}
