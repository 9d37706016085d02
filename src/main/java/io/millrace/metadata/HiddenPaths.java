package io.millrace.metadata;

import java.util.regex.Pattern;

/** What the file system says, as clients may hear it: where a server keeps its files is for its log and its health. */
final class HiddenPaths {
    /** An absolute path of two names or more, at the beginning of a word. */
    private static final Pattern ABSOLUTE = Pattern.compile("(?<![^\\s('\"=])/(?:[^\\s:,;()'\"/]+/)+([^\\s:,;()'\"/]*)");

    private HiddenPaths() {
    }

    /** The message with the last name of each absolute path only. */
    static String in(String message) {
        return message == null ? null : ABSOLUTE.matcher(message).replaceAll("$1");
    }
}
