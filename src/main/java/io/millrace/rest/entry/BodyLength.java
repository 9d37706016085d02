package io.millrace.rest.entry;

import io.millrace.rest.dialect.RequestException;
import java.util.List;

/** How long a request says that its body is. */
final class BodyLength {
    /** It does not say. */
    static final long UNTOLD = -1;

    private BodyLength() {
    }

    /**
     * @param lengths   the values of Content-Length: HTTP/2 and proxies may give the same one twice, in one header or two
     * @param encodings the values of Transfer-Encoding
     * @throws RequestException 400 when it is no number, when it says different things, or when the body is also sent in chunks: who
     *                          reads such a request otherwise than we do would see another request in what follows
     */
    static long of(List<String> lengths, List<String> encodings) {
        for (String encoding : encodings) {
            if (!encoding.strip().equalsIgnoreCase("chunked")) {
                throw RequestException.badRequest("the header Transfer-Encoding must be chunked, or left out");
            }
        }
        long told = UNTOLD;
        for (String header : lengths) {
            for (String value : header.split(",", -1)) {
                long length = parse(value.strip());
                if (told != UNTOLD && length != told) {
                    throw RequestException.badRequest("the header Content-Length is there with different values: send it once");
                }
                told = length;
            }
        }
        if (told != UNTOLD && !encodings.isEmpty()) {
            throw RequestException.badRequest("the request has both Content-Length and Transfer-Encoding: send one of them");
        }
        return told;
    }

    private static long parse(String text) {
        if (!text.isEmpty() && text.chars().allMatch(c -> c >= '0' && c <= '9')) {
            try {
                return Long.parseLong(text);
            } catch (NumberFormatException e) {
                // only digits, so it is too large
                throw RequestException.tooLarge("the header Content-Length tells more bytes than any request may have");
            }
        }
        throw RequestException.badRequest("the header Content-Length is not a number of bytes");
    }
}
