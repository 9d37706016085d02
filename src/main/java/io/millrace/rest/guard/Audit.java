package io.millrace.rest.guard;

import io.millrace.security.Caller;
import java.lang.System.Logger.Level;
import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Writes who did which administrative act to what, allowed or refused: one line of JSON an event, to the logger {@value #LOGGER}. In it
 * there are printable ASCII characters only, others are escaped as JSON has it, so that no name can begin a line of its own or
 * turn the direction of what follows.
 */
public final class Audit {
    public static final String LOGGER = "io.millrace.audit";
    /** Longer texts are cut off, in characters. */
    private static final int MAX_TEXT = 512;

    private final System.Logger log;
    private final Clock clock;

    public Audit(System.Logger log, Clock clock) {
        this.log = log;
        this.clock = clock;
    }

    /**
     * @param address of the caller, as far as this server sees it
     * @param act     method and path, or what of a body it was
     * @param what    for example an operation and a resource
     */
    public void write(Caller caller, String address, String act, String what, boolean allowed) {
        Map<String, String> event = new LinkedHashMap<>();
        event.put("time", clock.instant().toString());
        event.put("principal", caller.principal());
        event.put("address", address);
        event.put("act", act);
        event.put("what", what);
        event.put("outcome", allowed ? "allowed" : "refused");
        log.log(Level.INFO, json(event));
    }

    private static String json(Map<String, String> event) {
        StringBuilder json = new StringBuilder("{");
        event.forEach((name, value) -> {
            json.append(json.length() == 1 ? "\"" : ",\"").append(name).append("\":");
            if (value == null) {
                json.append("null");
            } else {
                escaped(value, json.append('"')).append('"');
            }
        });
        return json.append('}').toString();
    }

    private static StringBuilder escaped(String text, StringBuilder json) {
        for (int i = 0; i < Math.min(text.length(), MAX_TEXT); i++) {
            char c = text.charAt(i);
            if (c >= ' ' && c <= '~' && c != '"' && c != '\\') {
                json.append(c);
            } else {
                json.append("\\u%04x".formatted((int) c));
            }
        }
        return json;
    }
}
