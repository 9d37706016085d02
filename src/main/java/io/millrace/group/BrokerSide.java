package io.millrace.group;

import io.millrace.agreement.Member;
import io.millrace.broker.Broker;
import io.millrace.broker.fetch.FetchAllRequest;
import io.millrace.broker.fetch.FetchAllResult;
import io.millrace.group.offsets.GroupLog;
import io.millrace.metadata.TopicInfo;
import io.millrace.replica.hosting.ReadMemory;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** What groups need, from a real broker. Thread-safe. */
final class BrokerSide implements GroupLog, Coordination {
    private final Broker broker;
    private final String offsets;
    /** Made anew only when topics have changed: it is asked for with every commit. */
    private volatile Topics seen = new Topics(-1, Map.of());

    private record Topics(long revision, Map<String, TopicInfo> all) {
    }

    /** @param offsets the name of the offsets topic */
    BrokerSide(Broker broker, String offsets) {
        this.broker = broker;
        this.offsets = offsets;
    }

    @Override
    public Map<String, TopicInfo> topics() {
        long now = revision();
        Topics known = seen;
        if (known.revision() != now) {
            known = new Topics(now, broker.topics().all()); // as of now or later
            seen = known;
        }
        return known.all();
    }

    @Override
    public long revision() {
        return broker.topics().revision();
    }

    @Override
    public void refresh(String topic) {
        broker.topics().refresh(topic);
    }

    @Override
    public CompletableFuture<FetchAllResult> fetch(FetchAllRequest request, ReadMemory memory) {
        return broker.fetchAll(request, memory);
    }

    @Override
    public Member self() {
        return broker.brokers().membership().self();
    }

    @Override
    public Optional<Member> member(int brokerId) {
        return broker.brokers().member(brokerId);
    }

    @Override
    public Collection<Member> others() {
        return broker.brokers().others();
    }

    @Override
    public boolean isBorrowed(int partition) {
        return broker.leaderships().isBorrowed(offsets, partition);
    }

    @Override
    public void giveBack(int partition) {
        broker.leaderships().giveBack(offsets, partition);
    }

    @Override
    public boolean isInUse() {
        return broker.leaderships().partitionCount(offsets) > 0;
    }
}
