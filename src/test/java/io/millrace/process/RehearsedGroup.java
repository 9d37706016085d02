package io.millrace.process;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** A consumer group of the rehearsal: who has which partition of the input since which epoch. Used under one lock. */
final class RehearsedGroup {
    private static final int RECORDS = 10;

    private final RehearsedLogs logs;
    private final int partitions;
    private final SortedMap<String, Member> members = new TreeMap<>();
    private final Map<Integer, String> owners = new HashMap<>();
    private final Map<Integer, Long> since = new HashMap<>();
    private long epoch;
    private final Map<String, String> instances = new HashMap<>();
    private int made;

    /** Positions are of those partitions that it has. */
    private static final class Member {
        private final int sessionMs;
        private final Map<Integer, Long> positions = new TreeMap<>();
        private long seenMs;
        private long polls;
        private List<Given> last = List.of();

        Member(int sessionMs, long nowMs) {
            this.sessionMs = sessionMs;
            this.seenMs = nowMs;
        }
    }

    /** A record in an answer. */
    record Given(int partition, long offset, String value) { }

    /** An answer. @param poll its number */
    record Polled(long poll, long epoch, List<Given> records) { }

    RehearsedGroup(RehearsedLogs logs, int partitions) {
        this.logs = logs;
        this.partitions = partitions;
    }

    /** @param instance takes the place of the member that has it; null: it has none */
    String join(String instance, int sessionMs, long nowMs) {
        String name = "m" + made++;
        members.put(name, new Member(sessionMs, nowMs));
        String before = instance == null ? null : instances.put(instance, name);
        if (before != null && members.remove(before) != null) {
            owners.replaceAll((partition, owner) -> owner.equals(before) ? give(partition, name) : owner);
        }
        assign();
        return name;
    }

    void leave(String name) {
        if (members.remove(name) != null) {
            assign();
        }
    }

    void expire(long nowMs) {
        if (members.values().removeIf(each -> nowMs - each.seenMs > each.sessionMs)) {
            assign();
        }
    }

    /** Each keeps what it has as long as no other one has two less. */
    private void assign() {
        owners.values().removeIf(owner -> !members.containsKey(owner));
        for (int partition = 0; partition < partitions && !members.isEmpty(); partition++) {
            String poorest = Collections.min(members.keySet(), Comparator.comparingLong(this::count));
            String owner = owners.get(partition);
            if (owner == null || count(owner) > count(poorest) + 1) {
                owners.put(partition, give(partition, poorest));
            }
        }
        epoch++;
    }

    private long count(String name) {
        return owners.values().stream().filter(name::equals).count();
    }

    /** It begins at what is committed. */
    private String give(int partition, String to) {
        since.put(partition, epoch + 1);
        members.values().forEach(each -> each.positions.remove(partition));
        return to;
    }

    /** @param received number of the last poll whose answer it got @return null: there is no such member */
    Polled poll(String name, long received, long nowMs) {
        Member member = members.get(name);
        if (member == null) {
            return null;
        }
        member.seenMs = nowMs;
        if (received < member.polls) {
            for (Given each : member.last) { // it was lost on the way
                member.positions.computeIfPresent(each.partition(), (partition, position) -> Math.min(position, each.offset()));
            }
        }
        List<Given> given = new ArrayList<>();
        for (int partition = 0; partition < partitions; partition++) {
            if (name.equals(owners.get(partition))) {
                give(member, partition, given);
            }
        }
        member.last = given;
        member.polls += given.isEmpty() ? 0 : 1;
        return new Polled(member.polls, epoch, given);
    }

    private void give(Member member, int partition, List<Given> given) {
        if (!member.positions.containsKey(partition)) {
            if (logs.isPending(partition)) {
                return; // nobody knows yet where it goes on
            }
            member.positions.put(partition, logs.committed().getOrDefault(partition, 0L));
        }
        for (RehearsedLogs.Entry each : logs.committed(TransferApplication.INPUT + "/" + partition, member.positions.get(partition), RECORDS)) {
            given.add(new Given(partition, each.offset(), each.value()));
            member.positions.put(partition, each.offset() + 1);
        }
    }

    /** Whether it has had these partitions since an epoch. */
    boolean owns(String name, long memberEpoch, Iterable<Integer> named) {
        for (int partition : named) {
            if (!name.equals(owners.get(partition)) || since.get(partition) > memberEpoch) {
                return false;
            }
        }
        return members.containsKey(name);
    }
}
