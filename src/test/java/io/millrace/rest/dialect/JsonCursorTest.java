package io.millrace.rest.dialect;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonCursorTest {
    private final JsonCursor cursor = new JsonCursor();

    @ParameterizedTest
    @ValueSource(strings = {"0", "-0", "12", "1.5", "1e5", "1E+5", "-1.25e-10", "true", "false", "null", "\"\"",
        "\"aé😀\"",
        "\"\\u00e9\\n\\/\\\"\"", "[]", "{}", " [ 1 , 2 ] ", "{\"a\":{\"b\":[{}]},\"c\":null}", "\n1\t"})
    void valuesAreRecognised(String json) {
        assertThat(valid(json)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "01", "-", "+1", ".5", "1.", "1e", "1e+", "tru", "True", "nul", "\"", "\"a",
        "\"\\", "\"\\x\"",
        "\"\\u12\"", "\"\\u12g4\"", "\"\n\"", "[", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "{", "{\"a\"", "{\"a\":",
        "{\"a\":1",
        "{\"a\":1,", "{\"a\":1,}", "{a:1}", "{1:1}", "{\"a\" 1}", "1 2", "[]]", "{}}", "'a'", "NaN", "// x", "\ufeff1"})
    void everythingElseIsNot(String json) {
        assertThat(valid(json)).isFalse();
    }

    @Test
    void nestingEndsAtTheLimit() {
        assertThat(valid("[".repeat(JsonCursor.MAX_NESTING) + "]".repeat(JsonCursor.MAX_NESTING))).isTrue();
        assertThat(valid("[".repeat(JsonCursor.MAX_NESTING + 1) + "]".repeat(JsonCursor.MAX_NESTING + 1))).isFalse();
        assertThat(valid("[".repeat(1_000_000))).isFalse();
    }

    @Test
    void onlyTheGivenRangeIsLookedAt() {
        byte[] bytes = "x[1,2]x".getBytes(StandardCharsets.US_ASCII);

        assertThat(cursor.isValue(bytes, 1, 6)).isTrue();
        assertThat(cursor.isValue(bytes, 1, 5)).isFalse();
        assertThat(cursor.isValue(bytes, 2, 5)).isFalse();
    }

    @Test
    void itAgreesWithTheParserAndThePlatformsUtf8OnMutatedDocuments() {
        JsonFactory factory = JsonFactory.builder().disable(JsonFactory.Feature.CHARSET_DETECTION).build();
        Random random = new Random(8259);
        byte[] seed = " {\"a\":[1,-2.5e-3,true,null,{\"b\":\"é\\u00e9\\n\"}],\"\":{}} ".getBytes(
                StandardCharsets.UTF_8);
        byte[] alphabet = "{}[]\",:\\u0e+-. n\u00e9".getBytes(StandardCharsets.UTF_8);
        for (int round = 0; round < 50_000; round++) {
            byte[] json = seed.clone();
            for (int changes = random.nextInt(3); changes >= 0; changes--) {
                json[random.nextInt(json.length)] = alphabet[random.nextInt(alphabet.length)];
            }
            assertThat(cursor.isValue(json, 0, json.length)).as(new String(json, StandardCharsets.UTF_8))
                    .isEqualTo(isUtf8(json) && parses(factory, json));
        }
    }

    private boolean valid(String json) {
        byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
        return cursor.isValue(bytes, 0, bytes.length);
    }

    private static boolean isUtf8(byte[] bytes) {
        try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
            return true;
        } catch (CharacterCodingException e) {
            return false;
        }
    }

    private static boolean parses(JsonFactory factory, byte[] json) {
        try (JsonParser parser = factory.createParser(json)) {
            JsonToken first = parser.nextToken();
            if (first == null) {
                return false;
            }
            int depth = first.isStructStart() ? 1 : 0;
            while (depth > 0) {
                JsonToken token = parser.nextToken();
                depth += token.isStructStart() ? 1 : token.isStructEnd() ? -1 : 0;
                parser.getText();
            }
            parser.getText();
            return parser.nextToken() == null;
        } catch (IOException e) {
            return false;
        }
    }
}
