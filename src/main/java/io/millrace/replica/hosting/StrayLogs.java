package io.millrace.replica.hosting;

import io.millrace.log.Stray;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Logs that belong to no topic that is known, set aside under another name. They stay until their owner moves them away,
 * or a register turns up that they belong to.
 */
public final class StrayLogs {
    private static final System.Logger LOG = System.getLogger(StrayLogs.class.getName());

    private final List<Stray> strays = new CopyOnWriteArrayList<>();

    public void add(Stray stray) {
        LOG.log(Level.WARNING, sentence(stray));
        strays.add(stray);
    }

    /** A sentence for each that is still there. */
    public List<String> all() {
        return strays.stream().filter(stray -> Files.exists(stray.folder())).map(StrayLogs::sentence).sorted().toList();
    }

    private static String sentence(Stray stray) {
        return ("the log in %s, of topic '%s', partition %d, %s, belongs to no topic that the registers know here, and was"
                + " set aside: it is taken back at a start at which they do; move it away if it is not needed").formatted(
                stray.folder(), stray.topic(), stray.partition(),
                stray.topicId() == null ? "whose topic id cannot be read" : "topic id " + stray.topicId());
    }
}
