package io.millrace.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.process.TransferAudit.Stored;
import jakarta.json.JsonNumber;
import jakarta.json.JsonObject;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReference;

/** Whether servers that have been asked to transfer have done that, as seen from outside. Failures say what differs. */
final class TransferVerdict {
    private static final int SHOWN = 20;
    private static final Set<String> OVER = Set.of("Empty", "CompleteCommit", "CompleteAbort");

    private final ClusterClient client;
    private final CommittedReader reader;
    private final String group;
    private final int partitions;
    private final int patienceSeconds;
    private final String run;

    /** @param run what to say of it in every failure */
    TransferVerdict(ClusterClient client, int servers, String group, int partitions, int patienceSeconds, String run) {
        this.client = client;
        this.reader = new CommittedReader(client, servers, patienceSeconds);
        this.group = group;
        this.partitions = partitions;
        this.patienceSeconds = patienceSeconds;
        this.run = run;
    }

    /** Without anybody's help: what was left open is aborted when its time is up. */
    void awaitAllEnded() {
        ClusterClient.await("every transaction has ended; " + run, patienceSeconds, () -> {
            JsonObject listed = client.json(0, "/transactions");
            return listed != null && listed.getJsonArray("transactions").getValuesAs(JsonObject.class).stream()
                    .allMatch(each -> OVER.contains(each.getString("state")));
        });
    }

    /** @param meanwhile again and again */
    void awaitAllTransferred(Runnable meanwhile) throws InterruptedException {
        Map<Integer, List<Stored>> input = reader.read(TransferApplication.INPUT, partitions);
        ClusterClient.await("all is transferred; " + run, patienceSeconds, () -> {
            meanwhile.run();
            Map<Integer, Long> committed = committedOffsets();
            return committed != null && new TransferAudit(input, committed).offsetDifferences(true).isEmpty();
        });
    }

    /** Null when the group is not described now. */
    private Map<Integer, Long> committedOffsets() {
        JsonObject described = client.json(0, "/admin/groups/" + group);
        if (described == null) {
            return null;
        }
        Map<Integer, Long> committed = new HashMap<>();
        for (JsonObject each : described.getJsonArray("partitions").getValuesAs(JsonObject.class)) {
            if (each.get("committed_offset") instanceof JsonNumber offset) {
                committed.put(each.getInt("partition"), offset.longValueExact());
            }
        }
        return committed;
    }

    /**
     * While nobody writes.
     *
     * @param fed      what was committed to the input
     * @param complete whether all of it must be transferred
     */
    void requireAgreement(Map<Integer, List<String>> fed, boolean complete) throws InterruptedException {
        Map<Integer, List<Stored>> input = reader.read(TransferApplication.INPUT, partitions);
        Map<Integer, List<String>> values = new TreeMap<>();
        input.forEach((partition, records) -> values.put(partition, records.stream().map(Stored::value).toList()));
        assertThat(values).as("the input is what was committed, in its order; %s", run).isEqualTo(new TreeMap<>(fed));

        AtomicReference<Map<Integer, Long>> committed = new AtomicReference<>();
        ClusterClient.await("the group is described; " + run, patienceSeconds, () -> {
            committed.set(committedOffsets());
            return committed.get() != null;
        });
        TransferAudit audit = new TransferAudit(input, committed.get());
        List<String> differences = new ArrayList<>(audit.offsetDifferences(complete));
        for (TransferOutput output : TransferOutput.values()) {
            differences.addAll(audit.differences(output, reader.values(output.label(), partitions)));
        }
        assertThat(differences.stream().limit(SHOWN)).as("%d differences between input, outputs and committed offsets, the first %d;"
                + " %s", differences.size(), SHOWN, run).isEmpty();
    }
}
