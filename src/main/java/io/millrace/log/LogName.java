package io.millrace.log;

import java.util.Optional;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Which partition of which topic, and the name of its folder. */
public record LogName(String topic, int partition) {
    private static final Pattern LEGAL_TOPIC = Pattern.compile("[a-zA-Z0-9._-]{1,249}");
    private static final Pattern FOLDER = Pattern.compile("([a-zA-Z0-9._-]{1,249})-(0|[1-9][0-9]{0,9})");
    private static final Pattern DELETED_FOLDER = Pattern.compile(".+-[0-9]+\\.[0-9a-f]{32}-delete");
    private static final Pattern STRAY_FOLDER = Pattern.compile("(.+-[0-9]+)\\.[0-9]{1,9}-stray");
    private static final String STRAY_SUFFIX = "-stray";
    private static final String DELETED_SUFFIX = "-delete";
    private static final int MAX_FILE_NAME = 255;

    public LogName {
        if (!LEGAL_TOPIC.matcher(topic).matches() || topic.equals(".") || topic.equals("..")) {
            throw new IllegalArgumentException("illegal topic name '" + topic
                + "': use 1 to 249 letters, digits, '.', '_' and '-', and not '.' or '..'");
        }
        if (partition < 0) {
            throw new IllegalArgumentException("illegal partition " + partition + ": use 0 and above");
        }
    }

    /** The log whose folder has this name; empty when no log's folder is called so. */
    public static Optional<LogName> ofFolder(String folder) {
        Matcher matcher = FOLDER.matcher(folder);
        if (!matcher.matches() || Long.parseLong(matcher.group(2)) > Integer.MAX_VALUE
                || matcher.group(1).equals(".") || matcher.group(1).equals("..")) {
            return Optional.empty();
        }
        return Optional.of(new LogName(matcher.group(1), Integer.parseInt(matcher.group(2))));
    }

    public String folder() {
        return topic + "-" + partition;
    }

    /** What the folder is called while the log is being removed; no log's folder is ever called so. */
    public String deletedFolder() {
        String suffix = "-" + partition + "." + UUID.randomUUID().toString().replace("-", "") + DELETED_SUFFIX;
        int room = MAX_FILE_NAME - suffix.length();
        return topic.substring(0, Math.min(topic.length(), room)) + suffix;
    }

    /**
     * What the folder is called once it is set aside, the number telling several apart; no log's folder is ever called
     * so. A topic's name that is too long for that is cut.
     */
    public String strayFolder(int number) {
        String suffix = "-" + partition + "." + number + STRAY_SUFFIX;
        return topic.substring(0, Math.min(topic.length(), MAX_FILE_NAME - suffix.length())) + suffix;
    }

    /** The log whose folder was set aside under this name; empty when none was. */
    public static Optional<LogName> ofStrayFolder(String folder) {
        Matcher matcher = STRAY_FOLDER.matcher(folder);
        return matcher.matches() ? ofFolder(matcher.group(1)) : Optional.empty();
    }

    public static boolean isDeletedFolder(String folder) {
        return DELETED_FOLDER.matcher(folder).matches();
    }

    @Override
    public String toString() {
        return "topic " + topic + ", partition " + partition;
    }
}
