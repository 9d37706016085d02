package io.millrace.bench;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Writes figures, and what they were measured on, as JSON. */
final class FigureJson {
    private final Path file;

    FigureJson(Path file) {
        this.file = file;
    }

    void write(Map<String, String> environment, List<Figure> figures) throws IOException {
        Files.createDirectories(file.getParent());
        try (JsonGenerator json = new JsonFactory().createGenerator(Files.newBufferedWriter(file))) {
            json.useDefaultPrettyPrinter();
            json.writeStartObject();
            json.writeObjectFieldStart("environment");
            for (Map.Entry<String, String> entry : environment.entrySet()) {
                json.writeStringField(entry.getKey(), entry.getValue());
            }
            json.writeEndObject();
            json.writeArrayFieldStart("figures");
            for (Figure figure : figures) {
                write(json, figure);
            }
            json.writeEndArray();
            json.writeEndObject();
        }
    }

    private static void write(JsonGenerator json, Figure figure) throws IOException {
        json.writeStartObject();
        json.writeStringField("name", figure.name());
        json.writeStringField("unit", figure.unit());
        writeSamples(json, figure.reached());
        if (figure.limit() != null) {
            json.writeObjectFieldStart("limit");
            json.writeStringField("name", figure.limitName());
            writeSamples(json, figure.limit());
            json.writeEndObject();
            json.writeNumberField("ratio", figure.ratio().median());
        }
        if (!(figure.target() instanceof Target.None)) {
            json.writeStringField("target", figure.target().toString());
            json.writeBooleanField("met", figure.met());
        }
        if (!figure.details().isEmpty()) {
            json.writeObjectFieldStart("details");
            for (Map.Entry<String, Double> detail : figure.details().entrySet()) {
                json.writeNumberField(detail.getKey(), detail.getValue());
            }
            json.writeEndObject();
        }
        json.writeEndObject();
    }

    private static void writeSamples(JsonGenerator json, Samples samples) throws IOException {
        json.writeNumberField("median", samples.median());
        json.writeNumberField("min", samples.min());
        json.writeNumberField("max", samples.max());
        json.writeArrayFieldStart("rounds");
        for (double value : samples.rounds()) {
            json.writeNumber(value);
        }
        json.writeEndArray();
    }
}
