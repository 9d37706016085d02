package io.millrace.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What a process holds of the machine's memory, in MiB, as the kernel tells it. */
record ResidentSet(double rss, double pss) {
    static ResidentSet of(long pid) throws IOException {
        return new ResidentSet(field(Path.of("/proc", Long.toString(pid), "status"), "VmRSS:"),
                field(Path.of("/proc", Long.toString(pid), "smaps_rollup"), "Pss:"));
    }

    private static double field(Path file, String name) throws IOException {
        for (String line : Files.readAllLines(file)) {
            if (line.startsWith(name)) {
                String kib = line.substring(name.length()).replace("kB", "").trim();
                return Long.parseLong(kib) / 1024.0;
            }
        }
        throw new IOException(file + " has no " + name);
    }
}
