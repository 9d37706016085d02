package io.millrace.group;

import io.millrace.broker.Broker;
import io.millrace.broker.FetchAllRequest;
import io.millrace.broker.FetchAllResult;
import io.millrace.broker.TopicInfo;
import io.millrace.cluster.Member;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** What groups need, from a real broker. */
record BrokerSide(Broker broker) implements GroupLog, Coordination {
    @Override
    public Map<String, TopicInfo> topics() {
        return broker.topics().all();
    }

    @Override
    public long revision() {
        return broker.topics().revision();
    }

    @Override
    public CompletableFuture<FetchAllResult> fetch(FetchAllRequest request) {
        return broker.fetchAll(request);
    }

    @Override
    public Member self() {
        return broker.coordinators().self();
    }

    @Override
    public boolean isHere(String group) {
        return broker.coordinators().isHere(group);
    }

    @Override
    public Optional<Member> remote(String group) {
        return broker.coordinators().remote(group);
    }

    @Override
    public boolean isLive(int brokerId, String session) {
        return broker.coordinators().isLive(brokerId, session);
    }

    @Override
    public Optional<Member> member(int brokerId) {
        return broker.coordinators().member(brokerId);
    }

    @Override
    public AutoCloseable listen(Runnable changed) {
        return broker.coordinators().listen(changed);
    }
}
