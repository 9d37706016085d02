package io.millrace.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What {@code docs/api.md} says of the types that each request takes and gives: the table with the columns request, body, answer. */
final class TypesPage {
    private static final Path PAGE = Path.of(System.getProperty("basedir", ""), "docs", "api.md");
    private static final String HEAD = "| request | body | answer |";
    private static final Pattern REQUEST = Pattern.compile("`([A-Z]+) ([^`]*)`");
    private static final String CONSUMER = "/consumers/{groupid}/instances/{name}";
    private static final Map<String, Body> BODIES = Map.of("none", Body.NONE, "JSON", Body.JSON, "JSON, or none", Body.JSON_OR_NONE,
            "records, lines", Body.RECORDS, "records, lines, batches", Body.RECORDS_AND_BATCHES);
    private static final Map<String, Given> GIVEN = Map.of("JSON", Given.JSON, "JSON, or no content", Given.JSON,
            "JSON; of lines: lines as well", Given.JSON,
            "JSON, as `application/json` unless the other one is wanted more", Given.VERSION,
            "records, batches, streams", Given.RECORDS,
            "records or batches, as the consumer was created for, or streams", Given.POLLED);

    /** What a request may have as its body. */
    enum Body {
        NONE, JSON, JSON_OR_NONE, RECORDS, RECORDS_AND_BATCHES
    }

    /** What is answered with. */
    enum Given {
        JSON, VERSION, RECORDS, POLLED
    }

    /** Of one request. */
    record Types(Body body, Given given) {
    }

    private TypesPage() {
    }

    /** By method and path, as the description of the API has them. */
    static Map<String, Types> read() {
        List<String> lines;
        try {
            lines = Files.readAllLines(PAGE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        assertThat(lines).contains(HEAD);
        Map<String, Types> found = new TreeMap<>();
        for (String line : lines.subList(lines.indexOf(HEAD) + 2, lines.size())) {
            if (line.isEmpty()) {
                break;
            }
            String[] cells = line.split("\\|");
            Types types = new Types(named(BODIES, cells[2]), named(GIVEN, cells[3]));
            Matcher request = REQUEST.matcher(cells[1]);
            while (request.find()) {
                String path = request.group(2).replaceFirst("^C(?=/|$)", Matcher.quoteReplacement(CONSUMER));
                assertThat(found.put(request.group(1) + " " + path, types)).as("%s is there twice", request.group()).isNull();
            }
        }
        return found;
    }

    private static <T> T named(Map<String, T> all, String cell) {
        assertThat(all).containsKey(cell.strip());
        return all.get(cell.strip());
    }
}
