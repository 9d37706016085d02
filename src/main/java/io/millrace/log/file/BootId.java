package io.millrace.log.file;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Which run of the operating system this is: what was written and not forced outlives the process, but not this. */
public interface BootId {
    /** As Linux says it; not known elsewhere. */
    BootId SYSTEM = () -> read(Path.of("/proc/sys/kernel/random/boot_id"));

    /** Another one after each start of the operating system; empty when it is not known. */
    Optional<String> read();

    private static Optional<String> read(Path file) {
        try {
            return Optional.of(Files.readString(file).strip()).filter(id -> !id.isEmpty());
        } catch (IOException notThere) {
            return Optional.empty(); // another system, or one that hides it: then each unclean stop may have been a power loss
        }
    }
}
