package io.millrace.process;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What a transfer must have left when no transaction is open: of each record of the input before the committed offset one
 * record in each output, in its place, and nothing of any other. Names whatever is lost, doubled, out of order, made of
 * nothing, or not where its offset is. A plain object over what was read.
 */
final class TransferAudit {
    private final SortedMap<Integer, List<Stored>> input;
    private final Map<Integer, Long> committed;
    private final int partitions;

    /** A record of the input. */
    record Stored(long offset, String value) { }

    /** Where what was made of a record belongs. */
    private record Home(int source, Stored made, int partition) { }

    /**
     * @param input     by partition, from 0 on without gaps, in the order of the log: what a reader of committed records gets
     * @param committed offsets of the group that transfers, by partition; it has none in those that are missing
     */
    TransferAudit(Map<Integer, List<Stored>> input, Map<Integer, Long> committed) {
        this.input = new TreeMap<>(input);
        this.committed = Map.copyOf(committed);
        this.partitions = input.size();
    }

    /** @param found the values of that output, by partition, in the order of the log @return what differs, nothing when all agrees */
    List<String> differences(TransferOutput output, Map<Integer, List<String>> found) {
        Map<String, Home> homes = homes(output);
        List<String> differences = new ArrayList<>();
        Set<String> there = new HashSet<>();
        found.forEach((partition, values) -> inspect(output.label() + "-" + partition, partition, values, homes, there, differences));
        homes.forEach((value, home) -> {
            if (isTransferred(home.source, home.made) && !there.contains(value)) {
                differences.add("lost: %s is not in %s-%d, and the group has committed %d of input-%d, where it was made of offset %d"
                        .formatted(value, output.label(), home.partition, committed(home.source), home.source, home.made.offset));
            }
        });
        return differences;
    }

    private Map<String, Home> homes(TransferOutput output) {
        Map<String, Home> homes = new HashMap<>();
        input.forEach((source, records) -> records.forEach(each -> homes.put(output.value(each.value),
                new Home(source, each, output.partition(each.value, partitions)))));
        return homes;
    }

    private void inspect(String name, int partition, List<String> values, Map<String, Home> homes, Set<String> there,
                         List<String> differences) {
        Map<Integer, Home> last = new HashMap<>();
        for (int place = 0; place < values.size(); place++) {
            String value = values.get(place);
            String what = "%s, the record %d of %s,".formatted(value, place, name);
            Home home = homes.get(value);
            if (home == null) {
                differences.add("made of nothing: " + what + " has no committed record in the input");
            } else if (home.partition != partition) {
                differences.add("misplaced: " + what + " belongs in partition " + home.partition);
            } else if (!there.add(value)) {
                differences.add("doubled: " + what + " is there for a second time");
            } else {
                if (!isTransferred(home.source, home.made)) {
                    differences.add("without its offset: %s is made of offset %d of input-%d, of which the group has committed %d"
                            .formatted(what, home.made.offset, home.source, committed(home.source)));
                }
                Home before = last.put(home.source, home);
                if (before != null && before.made.offset > home.made.offset) {
                    differences.add("out of order: %s is made of offset %d of input-%d, and the one before of %d"
                            .formatted(what, home.made.offset, home.source, before.made.offset));
                }
            }
        }
    }

    /** @param complete whether all of the input must be transferred @return what is wrong with the committed offsets */
    List<String> offsetDifferences(boolean complete) {
        List<String> differences = new ArrayList<>();
        input.forEach((partition, records) -> {
            long offset = committed(partition);
            long end = records.isEmpty() ? 0 : records.get(records.size() - 1).offset + 1;
            if (offset != 0 && records.stream().noneMatch(each -> each.offset + 1 == offset)) {
                differences.add("committed offset %d of input-%d is not behind one of its records, the last of which ends at %d"
                        .formatted(offset, partition, end));
            } else if (complete && offset < end) {
                differences.add("committed offset %d of input-%d is before its end, %d".formatted(offset, partition, end));
            }
        });
        return differences;
    }

    private boolean isTransferred(int source, Stored record) {
        return record.offset < committed(source);
    }

    private long committed(int source) {
        return committed.getOrDefault(source, 0L);
    }
}
