package io.millrace.bench;

import java.io.IOException;
import java.time.Duration;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Asks a server what a group is like, whoever coordinates it. */
final class GroupQueries {
    private static final Pattern COORDINATOR = Pattern.compile("\"coordinator\":(\\d+)");
    private static final Pattern PARTITION = Pattern.compile(
            "\"partition\":(\\d+),\"owner\":(null|\"[^\"]*\"),\"committed_offset\":(null|\\d+)");
    private static final long BETWEEN_MILLIS = 200;

    private final GroupConsumers server;

    GroupQueries(GroupConsumers server) {
        this.server = server;
    }

    private String describe(String group) throws IOException, InterruptedException {
        return server.send("GET", "/admin/groups/" + group, "");
    }

    /** The broker id of its coordinator. */
    int coordinator(String group) throws IOException, InterruptedException {
        Matcher found = COORDINATOR.matcher(describe(group));
        if (!found.find()) {
            throw new IOException("nobody is said to coordinate " + group);
        }
        return Integer.parseInt(found.group(1));
    }

    /** The committed offset of each partition of its one topic that has one. */
    SortedMap<Integer, Long> committed(String group) throws IOException, InterruptedException {
        SortedMap<Integer, Long> offsets = new TreeMap<>();
        Matcher partition = PARTITION.matcher(describe(group));
        while (partition.find()) {
            if (!partition.group(3).equals("null")) {
                offsets.put(Integer.valueOf(partition.group(1)), Long.valueOf(partition.group(3)));
            }
        }
        return offsets;
    }

    /** Until so many partitions have an owner, and none is on its way to another one. */
    void awaitStable(String group, int partitions, Duration patience) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + patience.toNanos();
        int owned = 0;
        String said = "";
        while (owned != partitions || !said.contains("\"state\":\"stable\"")) {
            if (System.nanoTime() > deadline) {
                throw new IOException("after %d s %d of %d partitions of %s have an owner: %s".formatted(patience.toSeconds(), owned,
                        partitions, group, said.substring(0, Math.min(400, said.length()))));
            }
            TimeUnit.MILLISECONDS.sleep(BETWEEN_MILLIS);
            said = describe(group);
            owned = (int) PARTITION.matcher(said).results().filter(found -> !found.group(2).equals("null")).count();
        }
    }
}
