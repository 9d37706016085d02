package io.millrace.broker;

import io.millrace.agreement.Member;
import io.millrace.broker.SimulatedCluster.PlantedBug;
import io.millrace.metadata.TopicPartition;
import io.millrace.record.RecordBatch;
import io.millrace.replica.core.ReplicaFetchRequest;
import io.millrace.replica.core.ReplicaFetchResponse;
import io.millrace.replica.core.ReplicaFetchResponse.EpochEnd;
import io.millrace.replica.core.ReplicaFetchResponse.Outcome;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;

/** What a planted bug makes of the fetches between the brokers of a {@link SimulatedCluster}, at their leaders. */
final class PlantedFetches {
    private final PlantedBug bug;
    /** What was sent last. */
    private final Map<Way, Sent> sent = new HashMap<>();

    /** From one run of a leader to one of a follower. */
    private record Way(String leader, String follower, TopicPartition partition) {
    }

    /** In which epoch of the leader, and the end of what it was. */
    private record Sent(int leaderEpoch, EpochEnd end) {
    }

    PlantedFetches(PlantedBug bug) {
        this.bug = bug;
    }

    /** What a leader takes a request for. */
    ReplicaFetchRequest asked(Member leader, ReplicaFetchRequest request) {
        if (bug != PlantedBug.TAKE_SENT_FOR_FETCHED) {
            return request;
        }
        return new ReplicaFetchRequest(request.replica(), request.session(), request.maxWaitMs(), request.maxBytes(),
                request.fetchSession(), request.partitions().stream().map(said -> furthest(said,
                        sent.get(new Way(leader.session(), request.session(), said.id())))).toList(), request.forgotten());
    }

    private static ReplicaFetchRequest.Partition furthest(ReplicaFetchRequest.Partition said, Sent sent) {
        boolean further = sent != null && sent.leaderEpoch() == said.leaderEpoch()
                && sent.end().endOffset() > said.fetchOffset();
        return !further ? said : new ReplicaFetchRequest.Partition(said.id(), said.topicId(), said.leaderEpoch(),
                sent.end().endOffset(), sent.end().epoch());
    }

    /** What a leader answers, before it is sent. */
    ReplicaFetchResponse answered(Member leader, ReplicaFetchRequest request, ReplicaFetchResponse answer) {
        return new ReplicaFetchResponse(answer.sessionLost(), answer.partitions().stream().map(one -> {
            if (bug == PlantedBug.TAKE_SENT_FOR_FETCHED) {
                noteSent(new Way(leader.session(), request.session(), one.id()), one);
            }
            return bug == PlantedBug.DIVERGE_WITHOUT_EPOCH && isWithoutEpoch(request, one.id()) ? diverged(one) : one;
        }).toList());
    }

    private void noteSent(Way way, ReplicaFetchResponse.Partition answer) {
        for (RecordBatch batch : RecordBatch.in(answer.batches())) {
            sent.put(way, new Sent(answer.leaderEpoch(), new EpochEnd(batch.leaderEpoch(), batch.lastOffset() + 1)));
        }
    }

    private static boolean isWithoutEpoch(ReplicaFetchRequest request, TopicPartition id) {
        return request.partitions().stream()
                .anyMatch(said -> said.id().equals(id) && said.lastFetchedEpoch() < 0 && said.fetchOffset() > 0);
    }

    private static ReplicaFetchResponse.Partition diverged(ReplicaFetchResponse.Partition one) {
        return one.outcome() != Outcome.OK ? one : new ReplicaFetchResponse.Partition(one.id(), Outcome.DIVERGED,
                one.leaderEpoch(), one.highWatermark(), one.logStartOffset(), new EpochEnd(-1, one.logStartOffset()),
                ByteBuffer.allocate(0));
    }
}
