package io.millrace.rest.guard;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The segments of a request's path, decoded, as the resources will see them. */
final class RequestPath {
    private static final int INCARNATIONS = 4;

    private RequestPath() {
    }

    /**
     * @param path as it is written, from the slash after the application's own path on
     * @return empty when others could read it otherwise
     */
    static Optional<List<String>> segments(String path) {
        List<String> segments = new ArrayList<>();
        if (!path.isEmpty() && path.charAt(0) != '/') {
            return Optional.empty();
        }
        String trimmed = path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
        for (String segment : trimmed.isEmpty() ? new String[0] : trimmed.substring(1).split("/", -1)) {
            String text = URLDecoder.decode(segment.replace("+", "%2B"), StandardCharsets.UTF_8);
            if (text.isEmpty() || text.equals(".") || text.equals("..") || segment.indexOf(';') >= 0) {
                return Optional.empty();
            }
            segments.add(text);
        }
        return Optional.of(withoutIncarnation(segments));
    }

    /** It says which consumer of a name is meant, and not what is done. */
    private static List<String> withoutIncarnation(List<String> segments) {
        boolean has = segments.size() > INCARNATIONS + 1 && segments.get(0).equals("consumers")
                && segments.get(INCARNATIONS - 2).equals("instances") && segments.get(INCARNATIONS).equals("incarnations");
        if (has) {
            segments.subList(INCARNATIONS, INCARNATIONS + 2).clear();
        }
        return List.copyOf(segments);
    }
}
