package io.millrace.bench;

import java.io.PrintStream;
import java.time.Duration;
import java.time.Instant;

/** One line a step, with the time since the start, so that a long run is seen to move. */
final class Progress {
    private final PrintStream out;
    private final Instant start = Instant.now();

    Progress(PrintStream out) {
        this.out = out;
    }

    void say(String step) {
        Duration since = Duration.between(start, Instant.now());
        out.printf("[bench %02d:%02d] %s%n", since.toMinutes(), since.toSecondsPart(), step);
        out.flush();
    }
}
