package io.millrace.rest.dialect;

/** What a body that should be JSON is, where its first bytes say that it cannot be: a parser would only point at byte 1. */
public final class JsonEncoding {
    private JsonEncoding() {
    }

    /** @throws RequestException 400 when the body is empty, begins with a byte order mark, or is UTF-16 or UTF-32 */
    public static void require(byte[] body) {
        String problem = problem(body);
        if (problem != null) {
            throw RequestException.invalidBody(problem);
        }
    }

    private static String problem(byte[] body) {
        if (isBlank(body)) {
            return "it is empty, and a JSON object is expected";
        }
        int first = at(body, 0);
        int second = at(body, 1);
        if (first == 0xEF && second == 0xBB && at(body, 2) == 0xBF) {
            return "it begins with a byte order mark (BOM): send UTF-8 without one";
        }
        // in UTF-8 no JSON text has a zero there
        boolean marked = first == 0xFE && second == 0xFF || first == 0xFF && second == 0xFE;
        if (marked || first == 0 || second == 0) {
            boolean wide = first == 0 && second == 0 || at(body, 2) == 0 && at(body, 3) == 0;
            return "it is " + (wide ? "UTF-32" : "UTF-16") + ": send UTF-8";
        }
        return null;
    }

    private static int at(byte[] body, int index) {
        return index < body.length ? body[index] & 0xff : -1;
    }

    private static boolean isBlank(byte[] body) {
        for (byte each : body) {
            if (each != ' ' && each != '\n' && each != '\r' && each != '\t') {
                return false;
            }
        }
        return true;
    }
}
